"""The exact objective at the point that an engine reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from harness.concordance.covariance_steps import covariance_steps
from harness.design import FloatArray
from harness.glmm.boundary import cone_gain
from harness.glmm.groups import Q
from harness.glmm.laplace import Objective, cone_score
from harness.glmm.optimise import inverse_information, newton_step
from harness.glmm.parameters import semidefinite_cholesky
from harness.result import FitResult

# A log-likelihood further than this from the exact one at the same point is that of another
# objective; lme4's inner iterations leave up to 8e-4 at their default tolerance.
LLF_SLACK = 1e-3
# Log-likelihoods no further apart than this are one: the limit of ``identical``.
SAME_LLF = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class ExactPoint:
    """What the exact log-likelihood of a fit's own method says at one point.

    Attributes
    ----------
    llf : float
    decrement : float
        Newton decrement: the distance still to go, in standard errors.
    definite : bool
        Whether -H has no negative eigenvalue.
    bse : ndarray, shape (p,)
        Standard errors from the exact Hessian there.
    steps_se : mapping of str to float
        Newton step of every parameter in its own standard errors.
    cone : float
        At a singular covariance, the most that the log-likelihood gains per unit of variance
        (in the scale of the linear predictor): above zero, the point is no maximum. Else 0.
    slack : float or None
        At a singular covariance, the largest entry of S G, S = dl/dG, which vanishes at a
        maximum (log-likelihood per unit of log variance). None inside and by quadrature.
    smallest_sd : float
        Root of the smallest eigenvalue of the covariance, in the scale of the linear predictor.
    """

    llf: float
    decrement: float
    definite: bool
    bse: FloatArray
    steps_se: Mapping[str, float]
    cone: float
    slack: float | None
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


def remember(fit: FitResult, point: ExactPoint | None) -> FitResult:
    """Keep what was evaluated elsewhere, in a worker or for the same numbers, with this fit."""
    if point is not None:
        _POINTS[fit] = point
    return fit


def remembered(fit: FitResult) -> ExactPoint | None:
    """Return what was evaluated at this fit, None where nothing was yet."""
    return _POINTS.get(fit)


def _evaluated(fit: FitResult) -> ExactPoint:
    objective = objective_of(fit)
    psi = psi_of(objective, fit)
    point, flat = objective.at(psi, 2), objective.smooth().flat
    p, z_scale = len(fit.params), objective.z_scale
    step, decrement, definite = newton_step(point.gradient, point.hessian, flat)
    covariance = inverse_information(point.hessian)
    bse = np.sqrt(np.maximum(np.diag(covariance)[:p], 0.0))
    scaled = np.linalg.eigvalsh(fit.cov_re * np.outer(z_scale, z_scale))
    on_boundary = fit.singular and len(z_scale) > 0
    return ExactPoint(
        llf=point.value,
        decrement=decrement,
        definite=definite,
        bse=bse,
        steps_se={
            **in_standard_errors(fit.design.exog_names, step[:p], bse),
            **covariance_steps(fit.design, objective.layout, psi, step, covariance, on_boundary),
        },
        cone=cone_gain(objective, psi) if on_boundary else 0.0,
        slack=_slack(objective, psi, fit.cov_re) if on_boundary else None,
        smallest_sd=float(np.sqrt(max(np.min(scaled, initial=np.inf), 0.0))),
    )


def in_standard_errors(
    names: tuple[str, ...], step: FloatArray, se: FloatArray
) -> dict[str, float]:
    """Steps by name in standard errors; what has no standard error has no step to speak of."""
    return {name: float(step[k] / se[k]) for k, name in enumerate(names) if 0.0 < se[k] < np.inf}


def _slack(objective: Objective, psi: FloatArray, cov_re: FloatArray) -> float | None:
    """Largest entry of S G in the scale of the linear predictor."""
    if objective.nodes is not None:
        return None
    score = cone_score(objective, psi)
    scale = np.outer(objective.z_scale, objective.z_scale)
    return float(np.max(np.abs(score @ (cov_re * scale))))


def objective_of(fit: FitResult) -> Objective:
    """Return the log-likelihood of a fit's own method."""
    return Objective.of(fit.design, fit.n_quadrature or 1)


def psi_of(objective: Objective, fit: FitResult) -> FloatArray:
    """Return a fit's estimates as the parameter vector of an objective."""
    return objective.layout.join(
        np.asarray(fit.params, dtype=np.float64),
        semidefinite_cholesky(fit.cov_re),
        fit.variance_parameter,
    )


def laplace_llf(fit: FitResult) -> float:
    """Laplace log-likelihood at a fit's estimates, whatever the fit itself maximised."""
    objective = Objective.of(fit.design)
    return objective.value(psi_of(objective, fit))


def llf_of_another(fit: FitResult, other: FitResult) -> float:
    """Log-likelihood by a fit's own method at another fit's estimates."""
    objective = objective_of(fit)
    return objective.value(psi_of(objective, other))


def exact_modes(fit: FitResult) -> FloatArray:
    """Conditional modes of the random effects at a fit's estimates, shape (J, q)."""
    objective = objective_of(fit)
    return objective.modes(psi_of(objective, fit))


def exact_bse(fit: FitResult) -> FloatArray:
    """Standard errors of the exact Hessian at a maximum-likelihood fit, its own otherwise."""
    if fit.estimator == "maximum likelihood" and has_exact_objective(fit):
        return exact_point(fit).bse
    return np.asarray(fit.bse, dtype=np.float64)
