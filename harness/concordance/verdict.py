"""Verdicts: from differences to one word."""

from __future__ import annotations

from dataclasses import dataclass

from harness.choices import Verdict
from harness.concordance.exact import SAME_LLF
from harness.concordance.metrics import PairMetrics

__all__ = [
    "CONCORDANT", "IDENTICAL", "ORDER", "Limits", "Verdict", "crossings", "negligible", "reaches",
    "verdict", "within",
]  # fmt: skip

ORDER: tuple[Verdict, ...] = (
    "identical", "concordant", "equivalent", "discordant", "not comparable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest differences of a verdict; the last three hold for fits of the same objective."""

    diff_se: float
    rel_se: float
    llf: float
    sd_re: float
    re: float


# A thousandth of a standard error moves no printed digit of an estimate with its interval; a
# ten-thousandth is what two optimisers reach when both are pushed to their end.
IDENTICAL = Limits(diff_se=1e-4, rel_se=1e-4, llf=SAME_LLF, sd_re=1e-4, re=1e-3)
# Random effects move with all parameters at once, those of extreme units three times as far; a
# hundredth of their standard deviation is far below what tells two units apart.
CONCORDANT = Limits(diff_se=1e-3, rel_se=2e-3, llf=1e-3, sd_re=1e-3, re=1e-2)
# A twentieth of a standard error is less than the width of a line in any forest plot.
EQUIVALENT_DIFF_SE = 0.05
EQUIVALENT_REL_SE = 0.05


def within(metrics: PairMetrics, limits: Limits) -> bool:
    """Whether a pair lies within the limits of a verdict."""
    if metrics.max_diff_se > limits.diff_se or metrics.max_rel_se > limits.rel_se:
        return False
    if not metrics.same_objective:
        return True
    return (
        abs(metrics.llf_diff or 0.0) <= limits.llf
        and metrics.sd_re_diff <= limits.sd_re
        and metrics.re_diff <= limits.re
    )


def crossings(metrics: PairMetrics) -> tuple[bool, bool]:
    """Return (conclusion changes, knife edge).

    A term whose significance or direction differs is a changed conclusion, unless the two
    differ on it by no more than concordant fits do: then the p-value itself sits on 0.05.
    The intercept is a level, not a conclusion.
    """
    terms = metrics.terms.drop(index="intercept", errors="ignore")
    crossed = terms[terms["state_a"] != terms["state_b"]]
    edge = [negligible(d, s) for d, s in zip(crossed["diff_se"], crossed["rel_se"], strict=True)]
    return not all(edge), any(edge)


def negligible(diff_se: float, rel_se: float) -> bool:
    """Whether a term differs by no more than concordant fits do."""
    return abs(diff_se) <= CONCORDANT.diff_se and abs(rel_se) <= CONCORDANT.rel_se


def verdict(metrics: PairMetrics) -> Verdict:
    """Return the verdict of a pair that has answers (DESIGN 7)."""
    if within(metrics, IDENTICAL):
        return "identical"
    if within(metrics, CONCORDANT):
        return "concordant"
    near = metrics.max_diff_se <= EQUIVALENT_DIFF_SE and metrics.max_rel_se <= EQUIVALENT_REL_SE
    return "equivalent" if near and not crossings(metrics)[0] else "discordant"


def reaches(found: Verdict, level: Verdict) -> bool:
    """Whether a verdict is at least as good as a level."""
    return ORDER.index(found) <= ORDER.index(level)
