"""What the Pearson dispersion would be if the fitted Poisson model were true.

At the conditional modes it lies below 1 even then, because the modes follow the noise; so the
observed figure is held against a parametric bootstrap, not against 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.design import Design
from harness.engines.assembly import pearson_dispersion
from harness.errors import FitFailure
from harness.glmm.batch import Batch, fit_batch
from harness.glmm.drawing import draw_replicates


@dataclass(frozen=True, slots=True)
class DispersionNull:
    """Observed dispersion and its distribution under the fitted Poisson model.

    Attributes
    ----------
    low, median, high : float
        2.5 %, 50 % and 97.5 % points over the replicates.
    p_value : float
        (1 + replicates at or above the observed) / (1 + replicates).
    replicates, failures : int
        Replicates fitted, and those that could not be.
    failure : str or None
        Why there is no null distribution; every number is NaN then.
    """

    observed: float
    low: float
    median: float
    high: float
    p_value: float
    replicates: int
    failures: int
    failure: str | None = None

    @classmethod
    def lost(cls, reason: str) -> DispersionNull:
        """Return what is left of a null distribution that could not be had: the reason."""
        nothing = float("nan")
        return cls(nothing, nothing, nothing, nothing, nothing, 0, 0, failure=reason)


def dispersion_null(design: Design, replicates: int, seed: int) -> DispersionNull:
    """Fit a Poisson design, draw from the fit, refit, and compare the dispersions.

    Parameters
    ----------
    replicates : int
        Draws; every one has its own stream, spawned from ``seed``.

    Raises
    ------
    FitFailure
        If no replicate can be fitted.
    """
    fit = fit_batch(design, design.endog[None, :], threads=1)
    if fit.failed[0]:
        raise FitFailure("the Poisson model itself could not be fitted")
    counts = draw_replicates(design, fit.params[0], fit.cov_re[0], replicates, seed)
    drawn = fit_batch(design, counts, threads=1)
    fitted = [k for k in range(replicates) if not drawn.failed[k]]
    null = np.array([_dispersion(design.with_counts(counts[k]), drawn, k) for k in fitted])
    if not null.size:
        raise FitFailure("no replicate of the dispersion's null distribution could be fitted")
    observed = _dispersion(design, fit, 0)
    low, median, high = np.quantile(null, [0.025, 0.5, 0.975])
    return DispersionNull(
        observed=observed, low=float(low), median=float(median), high=float(high),
        p_value=float((1 + np.sum(null >= observed)) / (1 + null.size)),
        replicates=null.size, failures=replicates - null.size,
    )  # fmt: skip


def _dispersion(design: Design, batch: Batch, k: int) -> float:
    return pearson_dispersion(design, batch.params[k], batch.random_effects[k])
