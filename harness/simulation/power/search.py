"""The smallest design, or effect, that reaches a power: few evaluations, and an interval.

Near the answer the power of a test is close to a normal distribution function of the root of the
number of units, of the effect, or of the logarithm of a count (Chow, Shao and Wang 2008, Sample
Size Calculations in Clinical Research, chapter 3). So a probit regression of the rejections on
that x is fitted to all that was evaluated, the next evaluation is near where it says the answer is,
and the search ends when the answer's interval is narrow enough and, of whole numbers, the answer
was evaluated. The interval is Fieller's: the x at which the regression's power may be the target.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from harness.design import FloatArray
from harness.errors import ConfigError

# Rejections added to either side of an evaluation: 0 % and 100 % have a probit then (Agresti and
# Coull 1998, Am Stat 52:119, add as many).
ADDED = 0.5
Z = float(scipy.stats.norm.ppf(0.975))
# Probits from the target at which an evaluation counts 1/e as much as there are 1 / sqrt(LOCAL);
# the next evaluation is so many probits from it, below, above and at it in turn.
LOCAL, ASIDE, TURNS = 2.0, 0.4, (1, -1, 0)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Power at one value of what is searched over."""

    value: float
    tested: int
    rejected: int

    @property
    def power(self) -> float | None:
        """Share rejected; None where nothing was tested."""
        return self.rejected / self.tested if self.tested else None

    def reaches(self, target: float) -> bool:
        """Whether the power is known and not below the target."""
        return self.power is not None and self.power >= target


@dataclass(frozen=True, slots=True)
class Scale:
    """How what is searched over goes into the probit: ``to`` x and ``back``, whole or not."""

    to: Callable[[float], float]
    back: Callable[[float], float]
    whole: bool = True

    def up(self, x: float, bounds: tuple[float, float]) -> float:
        """The smallest value within bounds that is not below x on the scale."""
        low, high = map(self.to, bounds)
        if not low < x < high:
            return bounds[0] if x <= low else bounds[1]
        value = self.back(x)
        return float(math.ceil(value - 1e-9)) if self.whole else value

    def width(self, low: float, high: float) -> float:
        """Width of an interval on the scale, relative to its middle in values."""
        if not np.isfinite(high - low) or abs(high) > FAR or abs(low) > FAR:
            return math.inf
        a, b = self.back(low), self.back(high)
        return abs(b - a) / max(abs(a + b) / 2, 1e-300)


# On every scale, a value that nobody searches for; its exponential is still a number.
FAR = 500.0
SCALES = {
    "units": Scale(math.sqrt, lambda x: x * x),
    "before": Scale(float, float),
    "after": Scale(float, float),
    "baseline": Scale(math.log, math.exp),
    "percent": Scale(
        lambda p: math.log1p(p / 100), lambda x: 100 * math.expm1(x), whole=False
    ),
    # Of an effect that lowers the rate: the larger, the further below 0.
    "fall": Scale(
        lambda p: -math.log1p(p / 100), lambda x: 100 * math.expm1(-x), whole=False
    ),
}  # fmt: skip


def scale_of(over: str, bounds: tuple[float, float]) -> Scale:
    """Return the scale of what is searched over, between these values.

    Raises
    ------
    ConfigError
        If they are not two values, the nearer to 0 first, between which power can only rise.
    """
    low, high = bounds
    said = f"between [{low:g}, {high:g}]"
    if over == "percent":
        if min(bounds) <= -100 or low * high < 0 or not abs(low) < abs(high) < math.inf:
            raise ConfigError(
                f"{said}: give two effects above -100 %, both rises or both falls, the smaller"
                " effect first"
            )
        return SCALES["percent" if high > 0 else "fall"]
    if not 0 < low < high < math.inf:
        raise ConfigError(f"{said}: give two numbers above 0, the smaller one first")
    return SCALES[over]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found.

    Attributes
    ----------
    value, low, high : float or None
        The smallest value that reaches the target, with a 95 % interval; None where there is none
        between the bounds (of an interval: where it is open on that side).
    evaluations : tuple of Evaluation
        In the order in which they were made.
    reason : str or None
        Why there is no value.
    """

    value: float | None
    low: float | None
    high: float | None
    evaluations: tuple[Evaluation, ...]
    reason: str | None = None


def search(
    evaluate: Callable[[float], Evaluation], scale: Scale, bounds: tuple[float, float],
    target: float, most: int = 12, width: float = 0.1,
) -> Answer:  # fmt: skip
    """Find the smallest value at which the power reaches a target.

    Parameters
    ----------
    evaluate : callable
        Power at a value.
    bounds : (float, float)
        Values to search between.
    target : float
        Between 0 and 1.
    most : int
        Evaluations.
    width : float
        Of the interval relative to its middle, in values, at which the search ends.
    """
    low, high = bounds
    made = [evaluate(high)]
    if made[0].power is None:
        return Answer(None, None, None, tuple(made), f"nothing could be tested at {high:g}")
    if not made[0].reaches(target):
        reason = f"the power at {high:g} is {made[0].power:.3f}, below {target:g}: search further"
        return Answer(None, None, None, tuple(made), reason)
    made.append(evaluate(low))
    if made[1].reaches(target):
        return Answer(low, None, low, tuple(made))
    goal = float(scipy.stats.norm.ppf(target))
    while True:
        line, seen = regression(made, scale, goal), {e.value for e in made}
        x, (a, b) = line.where(goal), line.interval(goal)
        value, narrow = scale.up(x, bounds), scale.width(a, b) <= width
        if len(made) >= most or (narrow and (value in seen or not scale.whole)):
            break
        # On either side too: at the answer itself nothing is learnt of the line's slope.
        near = line.where(goal + TURNS[len(made) % len(TURNS)] * ASIDE)
        near = near if np.isfinite(near) else _halfway(made, scale, target)
        following = _unseen(value if narrow else scale.up(near, bounds), made, scale, bounds)
        if following is None:
            break
        made.append(evaluate(following))
    if not np.isfinite(x):
        reason = "the power does not rise between the evaluations: ask for more replicates"
        return Answer(None, None, None, tuple(made), reason)
    ends = [scale.up(at, bounds) if np.isfinite(at) else None for at in (a, b)]
    return Answer(value, ends[0], ends[1], tuple(made))


def _halfway(made: Sequence[Evaluation], scale: Scale, target: float) -> float:
    """Return the middle, on the scale, of the last value below the target and the next one."""
    below = max(scale.to(e.value) for e in made if not e.reaches(target))
    above = [x for e in made if (x := scale.to(e.value)) > below]
    return (below + min(above)) / 2 if above else below


def _unseen(
    value: float, made: Sequence[Evaluation], scale: Scale, bounds: tuple[float, float]
) -> float | None:
    """Return the value, or one near it where it was evaluated: its draws would be the same.

    The nearest whole number; else the middle between it and its nearer neighbour on the scale.
    None where there is no other.
    """
    seen = {e.value for e in made}
    if value not in seen:
        return value
    if not scale.whole:
        x = scale.to(value)
        gaps = [scale.to(other) - x for other in seen if other != value]
        return scale.back(x + min(gaps, key=abs) / 2)
    for away in range(1, int(bounds[1] - bounds[0]) + 1):
        for near in (value - away, value + away):
            if near not in seen and bounds[0] <= near <= bounds[1]:
                return float(near)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A probit regression on the scale's x: intercept and slope, with their covariance (2, 2)."""

    intercept: float
    slope: float
    covariance: FloatArray

    def where(self, goal: float) -> float:
        """The x at which the probit is ``goal``; infinite where there is no rise to be seen."""
        return (goal - self.intercept) / self.slope if self.slope > 0 else math.inf

    def interval(self, goal: float) -> tuple[float, float]:
        """The x at which |a + b x - goal| is at most 1.96 standard errors of it.

        Fieller (1954, J R Stat Soc B 16:175); infinite where b is not surely positive.
        """
        a, b, V = self.intercept - goal, self.slope, self.covariance
        # Roots of (a + b x)^2 = Z^2 (V00 + 2 V01 x + V11 x^2).
        A = b**2 - Z**2 * V[1, 1]
        B = 2 * (a * b - Z**2 * V[0, 1])
        C = a**2 - Z**2 * V[0, 0]
        inside = B**2 - 4 * A * C
        if not (A > 0 and inside >= 0 and b > 0):
            return -math.inf, math.inf
        root = math.sqrt(inside)
        return (-B - root) / (2 * A), (-B + root) / (2 * A)


def regression(made: Sequence[Evaluation], scale: Scale, goal: float) -> Line:
    """Fit a probit regression to what was evaluated, for where it reaches the probit ``goal``.

    By minimum chi2 (Berkson 1955, J Am Stat Assoc 50:130): least squares of the observed probits,
    weighted by n phi(z)^2 / (p (1 - p)). A power curve is a straight probit near the target only,
    so evaluations count less the further their power is from it, and standard errors grow by the
    root of chi2 over its degrees of freedom where the line does not fit. Evaluations where nothing
    was tested say nothing.
    """
    made = [e for e in made if e.tested]
    if len({e.value for e in made}) < 2:
        return Line(0.0, 0.0, np.zeros((2, 2)))
    n = np.array([e.tested for e in made]) + 2 * ADDED
    p = (np.array([e.rejected for e in made]) + ADDED) / n
    z = scipy.stats.norm.ppf(p)
    near = np.exp(-LOCAL * (z - goal) ** 2)
    w = near * n * scipy.stats.norm.pdf(z) ** 2 / (p * (1.0 - p))
    X = np.column_stack([np.ones(len(made)), [scale.to(e.value) for e in made]])
    V = np.linalg.pinv(X.T @ (w[:, None] * X), hermitian=True)
    a, b = V @ X.T @ (w * z)
    chi2 = float(w @ (z - a - b * X[:, 1]) ** 2)
    return Line(float(a), float(b), max(1.0, chi2 / max(near.sum() - 2.0, 1.0)) * V)
