"""Fits with known differences, made from an exact one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

import harness
from harness.glmm.boundary import singular_covariance
from harness.glmm.laplace import Objective
from harness.glmm.parameters import semidefinite_cholesky
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


def at(fit: FitResult, cov_re: np.ndarray, *, engine: str = "other") -> FitResult:
    """Return another engine's fit with a given covariance, the rest at its best beside it."""
    objective = Objective.of(fit.design)
    layout = objective.layout
    L = semidefinite_cholesky(cov_re)
    p, beta = layout.p, fit.params.to_numpy()
    for _ in range(30):
        point = objective.at(layout.join(beta, L), 2)
        beta = beta - np.linalg.solve(point.hessian[:p, :p], point.gradient[:p])
    return replace(
        fit, engine=engine, params=pd.Series(beta, fit.params.index),
        variance=VarianceComponents(cov_re, fit.variance.names),
        llf=objective.value(layout.join(beta, L)),
        singular=singular_covariance(cov_re, fit.design.exog_re),
    )  # fmt: skip
