"""Who is the odd one out, analysis by analysis, from the records of ``results.json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.concordance.agreement.odd_one_out import FEWEST, odd_one_out
from harness.report.reading import answered

Record = Mapping[str, Any]
QUESTION = (
    "indicator", "stratum", "variant", "settings", "estimator", "method", "n_quadrature",
    "se_method",
)  # fmt: skip


def odd_ones(fits: Sequence[Record], comparisons: Sequence[Record]) -> Iterator[dict[str, Any]]:
    """Yield one record a question that three or more fits answer with standard errors.

    The same question: the same analysis, estimator, method and settings.
    """
    apart = {frozenset((c["fit_a"], c["fit_b"])): c for c in comparisons}
    whole = [f for f in fits if answered(f) and all(p["se"] for p in f["params"].values())]
    groups: dict[tuple[str, ...], list[Record]] = {}
    for fit in whole:
        groups.setdefault(tuple(str(fit[key]) for key in QUESTION), []).append(fit)
    for own in (group for group in groups.values() if len(group) >= FEWEST):
        table = np.array([[_distance(apart, f["id"], g["id"]) for g in own] for f in own])
        if not np.isfinite(table).all():
            continue
        found = odd_one_out(table)
        yield {
            **{key: own[0][key] for key in ("indicator", "stratum", "variant", "settings")},
            "engines": [fit["engine"] for fit in own],
            "outcome": found.outcome,
            "odd": None if found.odd is None else own[found.odd]["engine"],
            "nearest": found.nearest,
            "others": found.others,
            "largest": float(table.max()),
        }


def _distance(apart: Mapping[frozenset[str], Record], a: str, b: str) -> float:
    pair = apart.get(frozenset((a, b)))
    if a == b:
        return 0.0
    if pair is None or pair["max_diff_se"] is None or pair["max_rel_se"] is None:
        return float("nan")
    return max(abs(pair["max_diff_se"]), abs(pair["max_rel_se"]))
