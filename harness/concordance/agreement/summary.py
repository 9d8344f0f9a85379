"""Everything that is said of one pair of engines over many analyses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.concordance.agreement import bland_altman, deming, lin
from harness.concordance.agreement.bootstrap import (
    IntArray,
    draws,
    percentile_interval,
    why_no_interval,
)
from harness.concordance.agreement.digits import DigitsDistribution, distribution
from harness.concordance.agreement.term_pairs import Points
from harness.concordance.agreement.tost import Equivalence, equivalence
from harness.design import FloatArray

UNDEFINED = "some resamples do not vary enough for it to be defined"


@dataclass(frozen=True, slots=True)
class Estimated:
    """A number with the limits of its 95 % bootstrap interval.

    Attributes
    ----------
    value : float or None
        None where it is not defined.
    low, high : float or None
        None where there is no interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bland-Altman: bias, standard deviation, lower and upper 95 % limit of agreement."""

    mean: Estimated
    sd: Estimated
    low: Estimated
    high: Estimated


@dataclass(frozen=True, slots=True)
class PairSummary:
    """A pair of engines over many analyses.

    Attributes
    ----------
    n, clusters : int
        Differences, and the indicators that they come from.
    estimates : Limits
        Differences of the estimates in standard errors.
    errors : Limits
        Relative differences of the standard errors.
    discordance : Estimated
        1 minus Lin's concordance correlation of the log rate ratios.
    slope_minus_one, height : Estimated
        Deming regression of b on a: slope minus 1, and the line's height above the diagonal at
        the mean of a.
    equivalence : Equivalence or None
        Two one-sided tests of the mean difference; None for one indicator.
    digits : DigitsDistribution
    no_interval : str or None
        Why intervals are missing.
    """

    n: int
    clusters: int
    estimates: Limits
    errors: Limits
    discordance: Estimated
    slope_minus_one: Estimated
    height: Estimated
    equivalence: Equivalence | None
    digits: DigitsDistribution
    no_interval: str | None


def summarise(points: Points, seed: int) -> PairSummary:
    """Summarise the agreement of a pair of engines.

    Parameters
    ----------
    points : Points
    seed : int
        Of the bootstrap over indicators.
    """
    k = points.n_clusters
    drawn = None if why_no_interval(k) else draws(k, seed)
    (discordance,) = _with_interval(
        lin.parts(points.x, points.y, points.clusters),
        lambda totals: lin.discordance(totals)[..., None],
        drawn,
    )
    fitted = deming.parts(points.x, points.y, points.variance, points.clusters)
    slope, height = _with_interval(fitted, deming.line, drawn)
    found = [_limits(d, points, drawn) for d in (points.diff_se, points.rel_se)]
    missing = [part for part in (discordance, slope, height) if part.low is None]
    return PairSummary(
        n=len(points.x),
        clusters=k,
        estimates=found[0],
        errors=found[1],
        discordance=discordance,
        slope_minus_one=slope,
        height=height,
        equivalence=equivalence(points.diff_se, points.clusters),
        digits=distribution(points.digits),
        no_interval=why_no_interval(k) or (UNDEFINED if missing else None),
    )


def _limits(d: FloatArray, points: Points, drawn: IntArray | None) -> Limits:
    parts = bland_altman.parts(d, points.clusters)
    return Limits(
        *_with_interval(parts, lambda totals: bland_altman.limits(totals, points.n_clusters), drawn)
    )


def _with_interval(
    parts: FloatArray, statistic: Callable[[FloatArray], FloatArray], drawn: IntArray | None
) -> list[Estimated]:
    """Return statistics of sums over clusters, each with its interval where there is one."""
    values = statistic(parts.sum(axis=0))
    if drawn is None:
        return [Estimated(_finite(value)) for value in values]
    bounds = [percentile_interval(column, len(parts)) for column in statistic(drawn @ parts).T]
    return [
        Estimated(_finite(value), *(bound or ()))
        for value, bound in zip(values, bounds, strict=True)
    ]


def _finite(value: np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None
