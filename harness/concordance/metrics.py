"""How far two fits of one design lie apart, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from harness.concordance.exact import exact_bse
from harness.design import FloatArray
from harness.result import FitResult

# Random effects whose contribution to the linear predictor varies by less than one per cent
# (standard deviation) are compared by absolute difference in that unit: a relative difference of
# two zeros has no meaning.
SD_FLOOR = 0.01
MAX_DIGITS = 15.0
Z_5_PERCENT = float(scipy.stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True, eq=False)
class PairMetrics:
    """Differences b minus a.

    Attributes
    ----------
    terms : DataFrame
        By term: ``diff_se`` (difference in standard errors), ``rel_se`` (relative difference of
        standard errors), ``digits``, ``state_a`` and ``state_b`` (-1, 0, 1: significantly down,
        not significant, significantly up, at 5 %).
    max_diff_se, max_rel_se : float
        Largest absolute entries of ``diff_se`` and ``rel_se``.
    digits : float
        Fewest digits of agreement over the terms.
    llf_diff : float or None
        Difference of log-likelihoods; None where the two maximise different objectives.
    re_diff : float
        Largest difference of a unit's random effects, in their standard deviations; 0 where the
        two maximise different objectives.
    same_objective : bool
        Whether the two claim to maximise the same function of the same data.
    sd_re_diff : float
        Largest relative difference of random-effect standard deviations; of the entries of G
        where either fit is singular.
    """

    terms: pd.DataFrame
    max_diff_se: float
    max_rel_se: float
    digits: float
    llf_diff: float | None
    sd_re_diff: float
    same_objective: bool
    re_diff: float = 0.0


def same_objective(a: FitResult, b: FitResult) -> bool:
    """Whether two fits claim to maximise the same function of the same data."""
    return (
        a.design.sha256 == b.design.sha256
        and a.estimator == b.estimator
        and a.method == b.method
        and a.n_quadrature == b.n_quadrature
    )


def log_relative_error(x: FloatArray, c: FloatArray, se: FloatArray) -> FloatArray:
    """McCullough's digits of agreement, -log10(|x - c| / max(|c|, SE)), between 0 and 15.

    McCullough (1998), Am Stat 52:358; the standard error keeps an estimate near zero from
    looking bad for its size alone.
    """
    error = _quotient(np.abs(x - c), np.maximum(np.abs(c), se))
    digits = np.full(error.shape, MAX_DIGITS)
    np.log10(error, out=digits, where=error > 0.0)
    return np.clip(np.where(error > 0.0, -digits, digits), 0.0, MAX_DIGITS)


def _quotient(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Quotients; infinite where the lower number is not positive, so that they never pass."""
    found = np.full(np.shape(top), np.inf)
    np.divide(top, bottom, out=found, where=bottom > 0.0)
    return found


def relative_difference(b: FloatArray, a: FloatArray) -> FloatArray:
    """Relative difference b / a - 1 of standard errors; infinite unless both are positive."""
    return np.where((a > 0.0) & (b > 0.0), _quotient(b, a) - 1.0, np.inf)


def reported_errors(reported: pd.Series[float], exact: FloatArray | None) -> dict[str, float]:
    """Relative error of reported standard errors by term; a term that lacks either is left out."""
    if exact is None:
        return {}
    errors = relative_difference(np.asarray(reported, dtype=np.float64), exact)
    return {
        str(term): float(error)
        for term, error in zip(reported.index, errors, strict=True)
        if np.isfinite(error)
    }


def significance_state(
    params: FloatArray, bse: FloatArray, critical: FloatArray | float = Z_5_PERCENT
) -> FloatArray:
    """Sign of the estimates whose 95 % Wald interval excludes zero, 0 for the others.

    Parameters
    ----------
    critical : float or ndarray, shape (p,)
        Half the length of the interval in standard errors: another one where it is that of t.
    """
    return np.where(np.abs(params) > critical * bse, np.sign(params), 0.0)


def variance_difference(a: FitResult, b: FitResult) -> float:
    """Largest relative difference of variance components; absolute, in SD_FLOOR, near zero."""
    if a.cov_re.size == 0:
        return 0.0
    sd = _common_sd(a, b)
    if a.singular or b.singular:
        # Near a zero variance the likelihood is flat in its root, not in itself.
        return float(np.max(np.abs(b.cov_re - a.cov_re) / np.outer(sd, sd)))
    return float(np.max(np.abs(b.sd_re - a.sd_re) / sd))


def _common_sd(a: FitResult, b: FitResult) -> FloatArray:
    """Larger standard deviation of each random effect, shape (q,), above a floor.

    The floor is one of the linear predictor: the unit in which a slope's variable is written is
    nobody's concern.
    """
    floor = SD_FLOOR / np.sqrt(np.mean(a.design.exog_re**2, axis=0))
    return np.maximum(np.maximum(a.sd_re, b.sd_re), floor)


def random_effects_difference(a: FitResult, b: FitResult) -> float:
    """Largest difference of a unit's random effects, in their standard deviations.

    Two fits agree in everything else where one of them gives its units' effects in another order.
    """
    if a.cov_re.size == 0:
        return 0.0
    apart = b.random_effects.to_numpy() - a.random_effects.to_numpy()
    return float(np.max(np.abs(apart) / _common_sd(a, b)))


def pair_metrics(a: FitResult, b: FitResult) -> PairMetrics:
    """Compare two fits that have answers.

    Differences are in units of the standard errors from the exact Hessian at the point of the
    two with the higher log-likelihood.
    """
    best = b if np.nan_to_num(b.llf, nan=-np.inf) > np.nan_to_num(a.llf, nan=-np.inf) else a
    se = exact_bse(best)
    pa, pb, sa, sb = (
        np.asarray(values, dtype=np.float64) for values in (a.params, b.params, a.bse, b.bse)
    )
    terms = pd.DataFrame(
        {
            "diff_se": _quotient(pb - pa, se),
            "rel_se": relative_difference(sb, sa),
            "digits": log_relative_error(pb, pa, se),
            "state_a": significance_state(pa, sa, a.critical_values()),
            "state_b": significance_state(pb, sb, b.critical_values()),
        },
        index=a.params.index,
    )
    same = same_objective(a, b)
    return PairMetrics(
        terms=terms,
        max_diff_se=_largest(terms["diff_se"]),
        max_rel_se=_largest(terms["rel_se"]),
        digits=float(terms["digits"].min()),
        llf_diff=b.llf - a.llf if same and np.isfinite(a.llf + b.llf) else None,
        sd_re_diff=variance_difference(a, b),
        same_objective=same,
        re_diff=random_effects_difference(a, b) if same else 0.0,
    )


def _largest(values: pd.Series[float]) -> float:
    """Largest absolute value; infinite where one is missing, so that it never passes."""
    array = np.abs(values.to_numpy(dtype=float))
    return float(array.max()) if np.isfinite(array).all() else float("inf")
