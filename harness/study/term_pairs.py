"""From the records of ``results.json`` to term pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy.stats

from harness.concordance.agreement.term_pairs import Asked, Kind, Side, TermPair
from harness.concordance.cause import MAXIMISES
from harness.concordance.metrics import Z_5_PERCENT, significance_state

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
            _kind(comparison, a, b), _side(a, term), _side(b, term),
            found["diff_se"], found["rel_se"], found["digits"],
        )  # fmt: skip


def asked(fit: Record) -> Asked:
    """Return the engine, settings and variant of a fit."""
    return Asked(fit["engine"], fit["settings"], fit["variant"])


def _side(fit: Record, term: str) -> Side:
    estimate, se = fit["params"][term]["estimate"], fit["params"][term]["se"]
    df = (fit.get("df") or {}).get(term)
    critical = Z_5_PERCENT if df is None else float(scipy.stats.t.ppf(0.975, df))
    (state,) = significance_state(np.array([estimate]), np.array([se]), critical)
    return Side(estimate, se, int(state))


def _kind(comparison: Record, a: Record, b: Record) -> Kind:
    if comparison["like_for_like"]:
        return "like for like"
    if not a["estimator"] == b["estimator"] == MAXIMISES:
        return "estimator"
    return "settings" if a["engine"] == b["engine"] else "maximum likelihood"
