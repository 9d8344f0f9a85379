"""The highest point known of the likelihood that a fit claims to maximise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from harness.concordance.covariance_steps import covariance_distances
from harness.concordance.exact import ExactPoint, in_standard_errors, objective_of, psi_of
from harness.design import Design, FloatArray
from harness.glmm.boundary import CONE_TOLERANCE, is_singular
from harness.glmm.fitting import SMALL_SD, fit_laplace
from harness.glmm.laplace import Objective
from harness.glmm.optimise import inverse_information, maximise
from harness.result import FitResult

# Standard errors within which a quadratic model says what is still to gain; from further away, and
# where there is no maximum nearby, the objective itself is climbed.
QUADRATIC = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Higher:
    """A point above a fit's: its log-likelihood, the way there, and whether it is singular too."""

    llf: float
    singular: bool
    steps_se: dict[str, float]


def higher_point(fit: FitResult, point: ExactPoint) -> Higher | None:
    """Climb from the fit's answer, and from elsewhere; None where nothing lies higher.

    From elsewhere for engines in R: PoissonGLMM's own search is what another start would repeat.
    """
    objective = objective_of(fit)
    best, top = None, point.llf
    for psi in _candidates(fit, objective, point):
        value = objective.value(psi)
        if value > top:
            best, top = psi, value
    if best is None:
        return None
    return Higher(top, is_singular(objective, best), _way(fit, objective, best))


def _candidates(fit: FitResult, objective: Objective, point: ExactPoint) -> Iterator[FloatArray]:
    if fit.language == "R" and objective.nodes is None:
        elsewhere = _maximum(fit.design)
        if elsewhere is not None:
            yield elsewhere
    if point.definite and point.decrement <= QUADRATIC and point.cone <= CONE_TOLERANCE:
        return
    psi, smooth = psi_of(objective, fit), objective.smooth()
    yield maximise(psi, smooth).x
    if point.cone > CONE_TOLERANCE:
        beta, L = objective.layout.split(psi)
        inside = L + np.diag(SMALL_SD / objective.z_scale)
        start = objective.layout.join(beta, inside, objective.layout.variance(psi))
        yield maximise(start, smooth).x


_MAXIMA: WeakKeyDictionary[Design, FloatArray] = WeakKeyDictionary()


def _maximum(design: Design) -> FloatArray | None:
    """PoissonGLMM's maximum by Laplace, found once a design; None where it finds none."""
    if design not in _MAXIMA:
        try:
            _MAXIMA[design] = fit_laplace(design).optimum.x
        except FloatingPointError:
            return None
    return _MAXIMA[design]


def _way(fit: FitResult, objective: Objective, best: FloatArray) -> dict[str, float]:
    layout, psi = objective.layout, psi_of(objective, fit)
    covariance = inverse_information(objective.hessian(best))
    se = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    on_boundary = fit.singular or is_singular(objective, best)
    return {
        **in_standard_errors(fit.design.exog_names, (best - psi)[: layout.p], se),
        **covariance_distances(fit.design, layout, psi, best, covariance, on_boundary),
    }
