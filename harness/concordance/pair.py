"""Two fits compared."""

from __future__ import annotations

from dataclasses import dataclass

from harness.concordance.explanation import Explanation
from harness.concordance.metrics import PairMetrics
from harness.concordance.verdict import Verdict
from harness.result import FitResult


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two fits compared.

    Attributes
    ----------
    metrics : PairMetrics or None
        None where a fit has no answer.
    explanation : Explanation or None
        None for identical fits: there is nothing to explain.
    like_for_like : bool
        Same estimator and method, same kind of standard errors, both tight: the pairs that must
        agree.
    """

    a: FitResult
    b: FitResult
    metrics: PairMetrics | None
    verdict: Verdict
    conclusion_changes: bool
    knife_edge: bool
    explanation: Explanation | None
    like_for_like: bool
