"""The exact objective at the point that an engine reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from harness.design import FloatArray
from harness.glmm.laplace import Objective
from harness.glmm.optimise import inverse_information, newton_step
from harness.glmm.parameters import semidefinite_cholesky
from harness.result import FitResult


@dataclass(frozen=True, slots=True, eq=False)
class ExactPoint:
    """What the exact log-likelihood of a fit's own method says at one point.

    Attributes
    ----------
    llf : float
    decrement : float
        Newton decrement: the distance still to go, in standard errors.
    bse : ndarray, shape (p,)
        Standard errors from the exact Hessian there.
    """

    llf: float
    decrement: float
    bse: FloatArray


def has_exact_objective(fit: FitResult) -> bool:
    """Whether PoissonGLMM knows the likelihood that this fit is about."""
    return fit.failure is None and fit.method in {"laplace", "agq"}


@lru_cache(maxsize=4096)
def exact_point(fit: FitResult) -> ExactPoint:
    """Evaluate the log-likelihood and its derivatives at a fit's estimates."""
    objective = Objective.of(fit.design, fit.n_quadrature or 1)
    psi = objective.layout.join(
        np.asarray(fit.params, dtype=np.float64),
        semidefinite_cholesky(fit.cov_re),
        fit.variance_parameter,
    )
    point, flat = objective.at(psi, 2), objective.smooth().flat
    p = len(fit.params)
    bse = np.sqrt(np.maximum(np.diag(inverse_information(point.hessian))[:p], 0.0))
    _, decrement, _ = newton_step(point.gradient, point.hessian, flat)
    return ExactPoint(point.value, decrement, bse)


def exact_bse(fit: FitResult) -> FloatArray:
    """Standard errors of the exact Hessian at a maximum-likelihood fit, its own otherwise."""
    if fit.estimator == "maximum likelihood" and has_exact_objective(fit):
        return exact_point(fit).bse
    return np.asarray(fit.bse, dtype=np.float64)
