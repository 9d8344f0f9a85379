"""Concordance: every pair of fits, its verdict and its cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from harness.concordance.cause import explain, explain_failure
from harness.concordance.explanation import Explanation
from harness.concordance.metrics import pair_metrics, same_objective
from harness.concordance.pair import Pair
from harness.concordance.sentences import told
from harness.concordance.verdict import ORDER, Verdict, crossings, verdict
from harness.errors import ConfigError
from harness.result import FitResult


def compare_pair(a: FitResult, b: FitResult) -> Pair:
    """Compare two fits of one design."""
    alike = _like_for_like(a, b)
    if a.failure or b.failure:
        return Pair(a, b, None, "not comparable", False, False, explain_failure(a, b), alike)
    if not a.params.index.equals(b.params.index):
        terms = (", ".join(map(str, fit.params.index)) for fit in (a, b))
        other = Explanation("data", f"the models have other terms: {' beside '.join(terms)}")
        return Pair(a, b, None, "not comparable", False, False, other, alike)
    metrics = pair_metrics(a, b)
    found = verdict(metrics)
    changes, edge = crossings(metrics)
    why = None if found == "identical" else explain(a, b, metrics)
    return Pair(a, b, metrics, found, changes, edge, why, alike)


def _like_for_like(a: FitResult, b: FitResult) -> bool:
    return (
        same_objective(a, b)
        and a.engine != b.engine
        and a.se_method == b.se_method
        and a.settings == b.settings == "tight"
    )


@dataclass(frozen=True, slots=True, eq=False)
class Concordance:
    """All pairs of a list of fits."""

    comparisons: tuple[Pair, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict among like-for-like pairs; among all where there is none."""
        alike = [pair for pair in self.comparisons if pair.like_for_like]
        return max((pair.verdict for pair in alike or self.comparisons), key=ORDER.index)

    @property
    def pairs(self) -> pd.DataFrame:
        """One row a pair: engines, differences, verdict, cause and evidence."""
        return pd.DataFrame([_row(pair) for pair in self.comparisons])

    def explain(self) -> str:
        """Say how far the fits agree, why not further, and what to do about it.

        One line for all identical pairs, then one a pair, of two sentences.
        """
        return told(self.comparisons)


def _row(pair: Pair) -> dict[str, object]:
    m = pair.metrics
    return {
        "engine_a": pair.a.engine,
        "engine_b": pair.b.engine,
        "settings_a": pair.a.settings,
        "settings_b": pair.b.settings,
        "max_diff_se": m.max_diff_se if m else None,
        "max_rel_se": m.max_rel_se if m else None,
        "llf_diff": m.llf_diff if m else None,
        "sd_re_diff": m.sd_re_diff if m else None,
        "digits": m.digits if m else None,
        "conclusion_changes": pair.conclusion_changes,
        "knife_edge": pair.knife_edge,
        "like_for_like": pair.like_for_like,
        "verdict": pair.verdict,
        "cause": pair.explanation.cause if pair.explanation else None,
        "evidence": pair.explanation.evidence if pair.explanation else None,
    }


def compare(fits: Sequence[FitResult]) -> Concordance:
    """Compare every pair of fits of one design.

    Raises
    ------
    ConfigError
        For fewer than two fits.
    """
    if len(fits) < 2:
        raise ConfigError("compare needs at least two fits")
    return Concordance(tuple(compare_pair(a, b) for a, b in combinations(fits, 2)))
