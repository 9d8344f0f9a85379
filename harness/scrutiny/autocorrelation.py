"""Lag-1 autocorrelation of the residuals within units, against what the model itself gives.

The Pearson residuals at the conditional modes have a negative autocorrelation even where the
observations are independent, because each unit's own intercept and slope were fitted to a few
periods; the expected value depends on the design. So the observed figure is held against a
parametric bootstrap: counts drawn from the fitted model, in which nothing but the random effects
ties the periods of a unit together, and refitted (Davison & Hinkley 1997, Bootstrap Methods and
their Application, section 4.2).

An observed figure above that range says that neighbouring periods go together: shocks that last
longer than a period, or paths of units that no straight line and common steps follow.

r = sum e_i e_(i+1) / sqrt(sum e_i^2 sum e_(i+1)^2) over all pairs of neighbouring periods of one
unit; residuals are not centred, since those of a unit have mean zero under the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.design import Design, FloatArray
from harness.errors import DesignError, FitFailure
from harness.glmm.batch import Batch, fit_batch
from harness.glmm.drawing import draw_replicates
from harness.glmm.prediction import excess_variance, linear_predictor, pearson_residuals

Pairs = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Autocorrelation:
    """Observed autocorrelation and its distribution under the fitted model.

    Attributes
    ----------
    low, median, high : float
        2.5 %, 50 % and 97.5 % points over the replicates.
    p_value : float
        Two-sided: twice the smaller tail, each (1 + #) / (1 + R), at most 1.
    pairs : int
        Pairs of neighbouring periods.
    replicates, failures : int
        Replicates fitted, and those that could not be.
    """

    observed: float
    low: float
    median: float
    high: float
    p_value: float
    pairs: int
    replicates: int
    failures: int


def residual_autocorrelation(
    design: Design, t: npt.ArrayLike, replicates: int, seed: int
) -> Autocorrelation:
    """Fit a design, draw from the fit, refit, and compare the autocorrelations.

    Parameters
    ----------
    design : Design
        Of counts.
    t : array_like, shape (n,)
        Period of each row, in the design's order; neighbours are one apart.
    replicates : int
        Draws; every one has its own stream, spawned from ``seed``.

    Raises
    ------
    ConfigError
        For a family that cannot be drawn.
    DesignError
        If no unit has two neighbouring periods.
    FitFailure
        If the model, or every replicate, cannot be fitted.
    """
    pairs = neighbours(design, np.asarray(t))
    fit = fit_batch(design, design.endog[None, :], threads=1)
    if fit.failed[0]:
        raise FitFailure("the model could not be fitted")
    counts = draw_replicates(
        design, fit.params[0], fit.cov_re[0], replicates, seed, float(fit.variance[0])
    )
    drawn = fit_batch(design, counts, threads=1)
    fitted = [k for k in range(replicates) if not drawn.failed[k]]
    if not fitted:
        raise FitFailure("no replicate of the autocorrelation's null distribution was fitted")
    null = np.array([_of_fit(design, counts[k].astype(float), drawn, k, pairs) for k in fitted])
    observed = _of_fit(design, design.endog, fit, 0, pairs)
    low, median, high = np.quantile(null, [0.025, 0.5, 0.975])
    tail = min(np.sum(null >= observed), np.sum(null <= observed))
    return Autocorrelation(
        observed, float(low), float(median), float(high),
        p_value=min(1.0, float(2 * (1 + tail) / (1 + null.size))),
        pairs=len(pairs), replicates=null.size, failures=replicates - null.size,
    )  # fmt: skip


def neighbours(design: Design, t: npt.NDArray[np.float64]) -> Pairs:
    """Return the rows of neighbouring periods of one unit, shape (m, 2).

    Raises
    ------
    DesignError
        If ``t`` has another length than the design, or there is no such pair.
    """
    if t.shape != design.endog.shape:
        raise DesignError(f"t has shape {t.shape}, expected ({design.nobs},)")
    order = np.lexsort((t, design.groups))
    near = (np.diff(t[order]) == 1) & (np.diff(design.groups[order]) == 0)
    if not near.any():
        raise DesignError("no unit has two neighbouring periods")
    return np.column_stack([order[:-1][near], order[1:][near]])


def lag_one(residuals: FloatArray, pairs: Pairs) -> float:
    """Return the autocorrelation over pairs of rows, shape (m, 2)."""
    first, second = residuals[pairs[:, 0]], residuals[pairs[:, 1]]
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _of_fit(design: Design, endog: FloatArray, fit: Batch, k: int, pairs: Pairs) -> float:
    mu = np.exp(linear_predictor(design, fit.params[k], fit.random_effects[k]))
    excess = excess_variance(design.family, float(fit.variance[k]))
    return lag_one(pearson_residuals(endog, mu, excess), pairs)
