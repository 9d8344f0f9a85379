"""The exact objective at the point that an engine reports."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from harness.design import FloatArray
from harness.glmm.groups import Q
from harness.glmm.laplace import Objective, cone_gain
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
    cone : float
        At a singular covariance, the most that the log-likelihood gains per unit of variance
        (in the scale of the linear predictor): above zero, the point is no maximum. Else 0.
    smallest_sd : float
        Root of the smallest eigenvalue of the covariance, in the scale of the linear predictor.
    """

    llf: float
    decrement: float
    bse: FloatArray
    cone: float
    smallest_sd: float


_POINTS: WeakKeyDictionary[FitResult, ExactPoint] = WeakKeyDictionary()


def has_exact_objective(fit: FitResult) -> bool:
    """Whether PoissonGLMM knows the likelihood that this fit is about."""
    return (
        fit.failure is None
        and fit.method in {"laplace", "agq"}
        and fit.design.exog_re.shape[1] <= Q
    )


def exact_point(fit: FitResult) -> ExactPoint:
    """Evaluate the log-likelihood and its derivatives at a fit's estimates, once a fit."""
    if fit not in _POINTS:
        _POINTS[fit] = _evaluated(fit)
    return _POINTS[fit]


def _evaluated(fit: FitResult) -> ExactPoint:
    objective = Objective.of(fit.design, fit.n_quadrature or 1)
    psi = _psi(objective, fit)
    point, flat = objective.at(psi, 2), objective.smooth().flat
    p, z_scale = len(fit.params), objective.z_scale
    _, decrement, _ = newton_step(point.gradient, point.hessian, flat)
    scaled = np.linalg.eigvalsh(fit.cov_re * np.outer(z_scale, z_scale))
    return ExactPoint(
        llf=point.value,
        decrement=decrement,
        bse=np.sqrt(np.maximum(np.diag(inverse_information(point.hessian))[:p], 0.0)),
        cone=cone_gain(objective, psi) if fit.singular and len(z_scale) else 0.0,
        smallest_sd=float(np.sqrt(max(np.min(scaled, initial=np.inf), 0.0))),
    )


def _psi(objective: Objective, fit: FitResult) -> FloatArray:
    return objective.layout.join(
        np.asarray(fit.params, dtype=np.float64),
        semidefinite_cholesky(fit.cov_re),
        fit.variance_parameter,
    )


def laplace_llf(fit: FitResult) -> float:
    """Laplace log-likelihood at a fit's estimates, whatever the fit itself maximised."""
    objective = Objective.of(fit.design)
    return objective.value(_psi(objective, fit))


def llf_of_another(fit: FitResult, other: FitResult) -> float:
    """Log-likelihood by a fit's own method at another fit's estimates."""
    objective = Objective.of(fit.design, fit.n_quadrature or 1)
    return objective.value(_psi(objective, other))


def exact_bse(fit: FitResult) -> FloatArray:
    """Standard errors of the exact Hessian at a maximum-likelihood fit, its own otherwise."""
    if fit.estimator == "maximum likelihood" and has_exact_objective(fit):
        return exact_point(fit).bse
    return np.asarray(fit.bse, dtype=np.float64)
