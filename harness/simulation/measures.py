"""Performance measures, each with its Monte Carlo standard error.

Formulas of Morris, White and Crowther (2019), Stat Med 38:2074, Table 6, unless another source is
named; n replicates have an answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from statsmodels.stats.proportion import proportion_confint

NO_ANSWER = "no replicate has an answer"
NO_SPREAD = "one replicate has no spread"


@dataclass(frozen=True, slots=True)
class Moment:
    """Of n numbers their mean and the sum of their squares about it."""

    n: int
    mean: float
    squares: float

    @property
    def count(self) -> int:
        """How many are 1, where each is 0 or 1."""
        return round(self.n * self.mean) if self.n else 0

    @property
    def variance(self) -> float:
        """Sample variance; at least two numbers."""
        return self.squares / (self.n - 1)


@dataclass(frozen=True, slots=True)
class Measure:
    """A performance measure.

    Attributes
    ----------
    value, mcse : float or None
        With its Monte Carlo standard error; None where it cannot be had.
    n : int
        Replicates it rests on.
    low, high : float or None
        Wilson's 95 % interval of a proportion.
    reason : str or None
        Why ``value`` or ``mcse`` is None.
    """

    value: float | None
    mcse: float | None
    n: int
    low: float | None = None
    high: float | None = None
    reason: str | None = None

    @classmethod
    def missing(cls, n: int, reason: str) -> Measure:
        """Return a measure that cannot be had."""
        return cls(None, None, n, reason=reason)

    def times(self, factor: float) -> Measure:
        """Return the measure in another unit."""
        value = None if self.value is None else factor * self.value
        mcse = None if self.mcse is None else abs(factor) * self.mcse
        return Measure(value, mcse, self.n, reason=self.reason)


def average(x: Moment, nothing: str = NO_ANSWER) -> Measure:
    """Mean with the standard error of a mean: of errors the bias, of squared errors the MSE.

    MCSE of the bias: sqrt(sum (theta_i - mean theta)^2 / (n (n - 1))); of the MSE likewise with
    (theta_i - theta)^2.

    Parameters
    ----------
    nothing : str
        The reason where there is no number.
    """
    if x.n == 0:
        return Measure.missing(0, nothing)
    if x.n == 1:
        return Measure(x.mean, None, 1, reason=NO_SPREAD)
    return Measure(x.mean, math.sqrt(x.variance / x.n), x.n)


def empirical_se(error: Moment) -> Measure:
    """Standard deviation of the estimates, EmpSE; MCSE EmpSE / sqrt(2 (n - 1))."""
    if error.n < 2:
        return Measure.missing(error.n, NO_SPREAD if error.n else NO_ANSWER)
    value = math.sqrt(error.variance)
    return Measure(value, value / math.sqrt(2 * (error.n - 1)), error.n)


def model_se(variance: Moment) -> Measure:
    """Root of the mean squared standard error, ModSE; MCSE sqrt(Var(se^2) / (4 n ModSE^2))."""
    if variance.n == 0:
        return Measure.missing(0, NO_ANSWER)
    value = math.sqrt(variance.mean)
    if variance.n == 1:
        return Measure(value, None, 1, reason=NO_SPREAD)
    mcse = math.sqrt(variance.variance / variance.n) / (2 * value)
    return Measure(value, mcse, variance.n)


def relative_error(error: Moment, variance: Moment) -> Measure:
    """Relative error of the model SE in percent, 100 (ModSE / EmpSE - 1).

    MCSE 100 (ModSE / EmpSE) sqrt(Var(se^2) / (4 n ModSE^4) + 1 / (2 (n - 1))): estimates and
    standard errors are taken to be independent, estimates to be normal.
    """
    n = error.n
    if n < 2:
        return Measure.missing(n, NO_SPREAD if n else NO_ANSWER)
    if error.squares == 0.0:
        return Measure.missing(n, "the estimates do not vary")
    ratio = math.sqrt(variance.mean / error.variance)
    relative = math.sqrt(variance.variance / n) / (2 * variance.mean)
    mcse = ratio * math.hypot(relative, 1 / math.sqrt(2 * (n - 1)))
    return Measure(100 * (ratio - 1), 100 * mcse, n)


def root(mse: Measure) -> Measure:
    """Root mean squared error; MCSE by the delta method, MCSE(MSE) / (2 RMSE)."""
    if mse.value is None:
        return mse
    value = math.sqrt(mse.value)
    if mse.mcse is None:
        return Measure(value, None, mse.n, reason=mse.reason)
    if value == 0.0:
        return Measure(value, None, mse.n, reason="no estimate differs from the truth")
    return Measure(value, mse.mcse / (2 * value), mse.n)


def proportion(count: int, n: int, nothing: str = NO_ANSWER) -> Measure:
    """Share p of n, MCSE sqrt(p (1 - p) / n), with Wilson's 95 % interval.

    The interval stays honest at 0 and 1, where the MCSE is 0.

    Parameters
    ----------
    nothing : str
        The reason where n is 0.
    """
    if n == 0:
        return Measure.missing(0, nothing)
    p = count / n
    low, high = proportion_confint(count, n, alpha=0.05, method="wilson")
    return Measure(p, math.sqrt(p * (1 - p) / n), n, float(low), float(high))
