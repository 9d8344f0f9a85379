"""The exact objective at the point that an engine reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from harness.design import FloatArray
from harness.glmm import PoissonGLMM
from harness.glmm.optimise import inverse_information, newton_step
from harness.result import FitResult


@dataclass(frozen=True, slots=True, eq=False)
class ExactPoint:
    """What the exact Laplace log-likelihood says at one point.

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
    return fit.failure is None and fit.family == "poisson"


@lru_cache(maxsize=4096)
def exact_point(fit: FitResult) -> ExactPoint:
    """Evaluate the Laplace log-likelihood and its derivatives at a fit's estimates."""
    model = PoissonGLMM.from_design(fit.design)
    psi = model.psi(fit.params, fit.cov_re)
    gradient = np.asarray(model.objective.gradient(psi))
    hessian = model.objective.hessian(psi)
    p = len(fit.params)
    bse = np.sqrt(np.maximum(np.diag(inverse_information(hessian))[:p], 0.0))
    _, decrement, _ = newton_step(gradient, hessian)
    return ExactPoint(model.objective.value(psi), decrement, bse)


def exact_bse(fit: FitResult) -> FloatArray:
    """Standard errors of the exact Hessian at a maximum-likelihood fit, its own otherwise."""
    if fit.estimator == "maximum likelihood" and has_exact_objective(fit):
        return exact_point(fit).bse
    return np.asarray(fit.bse, dtype=np.float64)
