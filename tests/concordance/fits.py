"""Fits with known differences, made from an exact one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import harness
from harness.result import FitResult, VarianceComponents
from tests.glmm.panels import simulated


def exact_fit(**design: object) -> FitResult:
    """Return the laplace engine's fit of a simulated design."""
    (fit,) = harness.fit(simulated(**design), engines=["laplace"])  # type: ignore[arg-type]
    return fit


def moved(
    fit: FitResult, *, by_se: float = 0.0, se_by: float = 0.0, **changes: object
) -> FitResult:
    """Return another engine's fit that lies ``by_se`` standard errors away in ``step0``.

    The likelihood falls as it must: by half the squared distance over the conditional variance.
    """
    params, bse = fit.params.copy(), fit.bse.copy()
    params["step0"] += by_se * bse["step0"]
    bse *= 1.0 + se_by
    precision = np.linalg.inv(fit.covariance)
    k = list(fit.params.index).index("step0")
    drop = 0.5 * (by_se * fit.bse["step0"]) ** 2 * precision[k, k]
    values = {"engine": "other", "params": params, "bse": bse, "llf": fit.llf - drop}
    return replace(fit, **{**values, **changes})


def with_sd(fit: FitResult, factor: float) -> VarianceComponents:
    """Return the variance components with every standard deviation multiplied."""
    return VarianceComponents(fit.cov_re * factor**2, fit.variance.names)
