"""Standard errors of each kind, exact at the estimates that a fit reports."""

from __future__ import annotations

import numpy as np

from harness.concordance.exact import exact_point, objective_of, psi_of
from harness.design import FloatArray
from harness.glmm.laplace import conditional_information
from harness.glmm.optimise import inverse_information
from harness.glmm.sandwich import sandwich
from harness.glmm.scores import group_informations
from harness.glmm.wald import FLAT_STEP
from harness.result import FitResult

# What standard errors of a method are taken from.
EXACT_ERRORS = {
    "observed": "the exact Hessian",
    "rx": "the exact RX form",
    "cluster": "the exact sandwich (CR2)",
}


def exact_errors(fit: FitResult) -> FloatArray | None:
    """Exact standard errors of the kind that a fit reports, shape (p,); None for another kind."""
    kinds = {"observed": _observed, "rx": rx_errors, "cluster": cluster_errors}
    return kinds[fit.se_method](fit) if fit.se_method in kinds else None


def _observed(fit: FitResult) -> FloatArray:
    return exact_point(fit).bse


def rx_errors(fit: FitResult) -> FloatArray:
    """Standard errors conditional on the covariance parameters; NaN where there are none."""
    objective = objective_of(fit).laplace()
    information = conditional_information(objective, psi_of(objective, fit))
    try:
        return np.sqrt(np.diag(np.linalg.inv(information)))
    except np.linalg.LinAlgError:
        return np.full(len(fit.params), np.nan)


def cluster_errors(fit: FitResult) -> FloatArray:
    """Cluster-robust standard errors, the units being the clusters (CR2)."""
    objective = objective_of(fit)
    psi = psi_of(objective, fit)
    bread = inverse_information(objective.at(psi, 2).hessian)
    se = np.sqrt(np.maximum(np.diag(bread), 0.0))
    steps = np.where(se > 0.0, se, FLAT_STEP)
    informations = group_informations(objective.scores, psi, steps)
    robust = sandwich(objective.scores(psi), informations, bread, "CR2").covariance
    return np.sqrt(np.diag(robust)[: len(fit.params)])
