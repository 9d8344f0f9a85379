"""A statement decided from an estimate and its intervals.

Above or below: supported where the 95 % interval of the difference lies on the side that is
claimed, contradicted where it lies on the other, undecided where it includes zero. No further apart
than a margin m: two one-sided tests (Schuirmann 1987, J Pharmacokinet Biopharm 15:657), supported
where the 90 % interval lies within (-m, m), contradicted where the 95 % interval lies beyond m.

The paper's rule knows intervals of single estimates only: two differ where their 95 % intervals do
not overlap, one differs from zero where its interval excludes it, and what is not significant
counts as no effect. That two intervals do not overlap is the Wald test with the standard errors
added instead of their squares: as strict as under perfect dependence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import scipy.stats

from harness.study.claims.outcomes import Outcome
from harness.study.claims.statements import Sign

# 2 %, on the log scale.
MARGIN = math.log(1.02)
LEVELS = (0.95, 0.90)


@dataclass(frozen=True, slots=True)
class Bounds:
    """An estimate on the log scale with its 95 % and 90 % intervals."""

    estimate: float
    low: float
    high: float
    low90: float
    high90: float

    @classmethod
    def wald(cls, estimate: float, se: float, df: float = math.inf) -> Bounds:
        """Intervals from a standard error, by t where degrees of freedom are finite."""
        halves = [float(scipy.stats.t.ppf(0.5 + level / 2, df)) * se for level in LEVELS]
        return cls(
            estimate,
            estimate - halves[0],
            estimate + halves[0],
            estimate - halves[1],
            estimate + halves[1],
        )

    @property
    def mirrored(self) -> Bounds:
        """The same for minus the estimate."""
        return Bounds(-self.estimate, -self.high, -self.low, -self.high90, -self.low90)


def decide(sign: Sign, difference: Bounds) -> Outcome:
    """Return what a statement comes to by a test of the difference of its sides."""
    if sign == "<":
        return decide(">", difference.mirrored)
    if sign == ">":
        return _sided(difference.low > 0.0, difference.high < 0.0)
    below = difference.low90 > -MARGIN
    if sign == ">~":
        return _sided(below, difference.high < -MARGIN)
    beyond = difference.low > MARGIN or difference.high < -MARGIN
    return _sided(below and difference.high90 < MARGIN, beyond)


def decide_as_seen(sign: Sign, difference: Bounds) -> Outcome:
    """Return what a statement about medians comes to where they are read off a figure."""
    return decide(sign, Bounds.wald(difference.estimate, 0.0))


def decide_as_printed(sign: Sign, left: Bounds, right: Bounds | None) -> Outcome:
    """Return what it comes to by the overlap of the intervals of its sides; None is 0."""
    low, high = (right.low, right.high) if right else (0.0, 0.0)
    above, under = left.low > high, left.high < low
    if sign == ">":
        return _sided(above, under)
    if sign == "<":
        return _sided(under, above)
    # What is not significant is printed as no effect.
    differs = under or (above and sign == "~")
    return "contradicted" if differs else "supported"


def _sided(supported: bool, contradicted: bool) -> Outcome:
    return "supported" if supported else "contradicted" if contradicted else "undecided"
