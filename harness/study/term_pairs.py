"""From the records of ``results.json`` to term pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from harness.concordance.agreement.term_pairs import Asked, Kind, Side, TermPair
from harness.concordance.cause import MAXIMISES
from harness.concordance.metrics import significance_state

Record = Mapping[str, Any]


def term_pairs(comparison: Record, fits: Mapping[str, Record]) -> Iterator[TermPair]:
    """Yield the terms of one comparison for which both fits have estimate and standard error."""
    a, b = fits[comparison["fit_a"]], fits[comparison["fit_b"]]
    for term, found in comparison["terms"].items():
        p, q = a["params"][term], b["params"][term]
        numbers = (p["estimate"], p["se"], q["estimate"], q["se"], *found.values())
        # Where the likelihood has no maximum, there is no estimate to compare.
        if None in numbers or term in {*a["unbounded"], *b["unbounded"]}:
            continue
        yield TermPair(
            comparison["indicator"], comparison["stratum"], term, asked(a), asked(b),
            _kind(comparison, a, b), _side(p), _side(q), found["diff_se"], found["rel_se"],
            found["digits"],
        )  # fmt: skip


def asked(fit: Record) -> Asked:
    """Return the engine, settings and variant of a fit."""
    return Asked(fit["engine"], fit["settings"], fit["variant"])


def _side(p: Record) -> Side:
    estimate, se = p["estimate"], p["se"]
    (state,) = significance_state(np.array([estimate]), np.array([se]))
    return Side(estimate, se, int(state))


def _kind(comparison: Record, a: Record, b: Record) -> Kind:
    if comparison["like_for_like"]:
        return "like for like"
    if not a["estimator"] == b["estimator"] == MAXIMISES:
        return "estimator"
    return "settings" if a["engine"] == b["engine"] else "maximum likelihood"
