"""What a check came to, as plain data: it travels from a worker of pytest-xdist to the report."""

from __future__ import annotations

from typing import Any

from harness.concordance.compare import Concordance
from harness.concordance.pair import Pair
from harness.concordance.verdict import Verdict
from harness.result import FitResult
from harness.study.writable import number, plain
from harness.testing.assertions import shortfalls


def record_of(found: Concordance, where: str, label: str, level: Verdict) -> dict[str, Any]:
    """Return one check: where it was made, its pairs and its fits."""
    fits = {id(fit): fit for pair in found.comparisons for fit in (pair.a, pair.b)}
    design = next(iter(fits.values())).design
    return {
        "where": where,
        "label": label,
        "level": level,
        "verdict": found.verdict,
        "reaches": not shortfalls(found, level),
        "nobs": design.nobs,
        "units": design.n_groups,
        "family": design.family,
        "terms": list(design.exog_names),
        "design": design.sha256,
        "pairs": [_pair(pair) for pair in found.comparisons],
        "fits": [_fit(fit) for fit in fits.values()],
        "explanation": found.explain(),
    }


def _pair(pair: Pair) -> dict[str, Any]:
    m = pair.metrics
    return {
        "engine_a": pair.a.engine,
        "engine_b": pair.b.engine,
        "verdict": pair.verdict,
        "like_for_like": pair.like_for_like,
        "max_diff_se": None if m is None else number(m.max_diff_se),
        "max_rel_se": None if m is None else number(m.max_rel_se),
        "llf_diff": None if m is None or m.llf_diff is None else number(m.llf_diff),
        "cause": pair.explanation.cause if pair.explanation else None,
        "conclusion_changes": pair.conclusion_changes,
    }


def _fit(fit: FitResult) -> dict[str, Any]:
    terms = zip(fit.params.index, fit.params, fit.bse, strict=True)
    return plain(
        {
            "engine": fit.engine,
            "version": fit.engine_version,
            "settings": fit.settings,
            "converged": fit.converged,
            "singular": fit.singular,
            "llf": fit.llf,
            "failure": fit.failure,
            "params": {str(name): {"estimate": float(b), "se": float(se)} for name, b, se in terms},
            "reproduce": fit.reproduce,
        }
    )
