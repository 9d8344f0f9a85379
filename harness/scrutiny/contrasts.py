"""Differences and sums of stages: the Wald test, beside the rule that intervals must not overlap.

A contrast w'b of the estimates b with covariance V has variance w'Vw, so the dependence of the two
stages enters. The rule of thumb "their 95 % intervals do not overlap" asks |a - b| > z (se_a +
se_b). Since the standard error of a - b is at most se_a + se_b whatever their correlation, two
intervals that do not overlap always differ by the Wald test, and the reverse does not hold: the
rule is a Wald test with the standard errors added, at a level far below 5 % unless the estimates
are perfectly negatively correlated (Schenker & Gentleman 2001, Am Stat 55:182).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import scipy.stats

from harness.errors import ConfigError
from harness.result import FitResult

Weights = Mapping[str, float]
# What is asked of the four stages. Log rate ratios: step0 - pre is the rise in the event period
# above the trend before it, step0 + step1 the change over both periods.
STAGE_CONTRASTS: Mapping[str, Weights] = MappingProxyType(
    {
        "step0 - pre": {"step0": 1.0, "pre": -1.0},
        "step1 - step0": {"step1": 1.0, "step0": -1.0},
        "post - pre": {"post": 1.0, "pre": -1.0},
        "step0 + step1": {"step0": 1.0, "step1": 1.0},
        "step0 + step1 - 2 pre": {"step0": 1.0, "step1": 1.0, "pre": -2.0},
    }
)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A linear combination of the estimates of one fit.

    Attributes
    ----------
    estimate, se : float
        On the log scale; NaN where the fit has none.
    z : float
        ``estimate`` / ``se``; referred to t where ``df`` is finite.
    p_value : float
        Two-sided.
    low, high : float
        95 % limits.
    df : float
        Degrees of freedom; infinite for the normal distribution.
    """

    estimate: float
    se: float
    z: float
    p_value: float
    low: float
    high: float
    df: float = np.inf


@dataclass(frozen=True, slots=True)
class StageContrast:
    """A named contrast of stages by both rules.

    Attributes
    ----------
    intervals_apart : bool or None
        Whether the two 95 % intervals do not overlap; None for what is no difference of two terms.
    significant : bool or None
        By the Wald test at 5 %; None where the fit has no numbers.
    """

    name: str
    contrast: Contrast
    intervals_apart: bool | None
    significant: bool | None

    @property
    def rules_disagree(self) -> bool | None:
        """Whether the two rules disagree; None where one of them does not answer."""
        if self.intervals_apart is None or self.significant is None:
            return None
        return self.intervals_apart != self.significant


def linear_contrast(
    fit: FitResult, weights: Weights, df: float = np.inf, level: float = 0.95
) -> Contrast:
    """Return w'b with its standard error sqrt(w'Vw), Wald test and interval.

    Parameters
    ----------
    weights : mapping of term to float
        Terms that are not named have weight 0.
    df : float
        Degrees of freedom of the reference: t where finite, as for cluster-robust errors.
    level : float
        Of the interval.

    Raises
    ------
    ConfigError
        If the fit has no such term, or every weight is 0.
    """
    terms = list(fit.params.index)
    unknown = [term for term in weights if term not in terms]
    if unknown:
        raise ConfigError(f"there is no term {unknown[0]!r}: the fit has {', '.join(terms)}")
    if not any(weights.values()):
        raise ConfigError("the contrast has no weight other than 0: give one")
    w = np.array([weights.get(term, 0.0) for term in terms])
    used = w != 0  # an unusable variance elsewhere is no matter of this contrast
    part = fit.covariance[np.ix_(used, used)]
    estimate = float(w[used] @ fit.params.to_numpy()[used])
    with np.errstate(invalid="ignore"):
        se = float(np.sqrt(w[used] @ part @ w[used]))
    z = estimate / se if se > 0 else np.nan
    half = float(scipy.stats.t.ppf((1 + level) / 2, df)) * se
    p_value = float(2 * scipy.stats.t.sf(abs(z), df))
    return Contrast(estimate, se, z, p_value, estimate - half, estimate + half, df)


def stage_contrast(
    fit: FitResult, name: str, weights: Weights, df: float = np.inf
) -> StageContrast:
    """Return one contrast by the Wald test and, for a difference of two terms, by their intervals.

    Parameters
    ----------
    df : float
        As in ``linear_contrast``; of the intervals too.
    """
    found = linear_contrast(fit, weights, df)
    apart = _intervals_apart(fit, weights, df)
    significant = bool(found.p_value < 0.05) if np.isfinite(found.p_value) else None
    return StageContrast(name, found, apart, significant)


def stage_contrasts(fit: FitResult, df: float = np.inf) -> tuple[StageContrast, ...]:
    """Return the contrasts of ``STAGE_CONTRASTS`` whose terms the fit has."""
    terms = set(fit.params.index)
    return tuple(
        stage_contrast(fit, name, weights, df)
        for name, weights in STAGE_CONTRASTS.items()
        if set(weights) <= terms
    )


def _intervals_apart(fit: FitResult, weights: Weights, df: float) -> bool | None:
    if sorted(weights.values()) != [-1.0, 1.0]:
        return None
    (low_a, high_a), (low_b, high_b) = (
        (one.low, one.high) for one in (linear_contrast(fit, {term: 1.0}, df) for term in weights)
    )
    if not np.isfinite([low_a, high_a, low_b, high_b]).all():
        return None
    return bool(low_a > high_b or low_b > high_a)
