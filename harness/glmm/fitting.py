"""Maximum likelihood of a Poisson mixed model: starts, optimum, boundary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from harness.design import Design, FloatArray
from harness.glmm import compiled
from harness.glmm.binomial import regression
from harness.glmm.boundary import CONE_TOLERANCE, cone_gain, is_singular, on_its_face
from harness.glmm.kernel import workspace
from harness.glmm.laplace import Objective
from harness.glmm.optimise import Optimum, inverse_information, look, maximise, newton_step, polish
from harness.glmm.start import excess as regression_excess
from harness.glmm.start import glm

# First standard deviations of the random effects, in units of 1 / rms(z): all alike, then each one
# large beside small others. The likelihood may have several maxima, inside and on different faces
# of the boundary, so no single ascent is believed.
ALIKE_SDS = (0.3, 1.0, 0.1, 0.01)
LARGE_SD, SMALL_SD = 0.3, 0.01
# From so many units on, an interior maximum met first is believed: twice the number up to which a
# second one was ever seen.
MANY_UNITS = 60
# Log-likelihoods this close, relative to their size, are the same but for rounding.
SAME_VALUE = 1e-11
# Shares of the excess over Poisson of the regression without random effects from which a family's
# variance parameter starts.
EXCESS_SHARES = (0.5, 0.02)
# Newton steps of beta at a start's covariance, and the distance at which the ascent takes over.
BETA_STEPS, BETA_DECREMENT = 8, 0.01
# Steps with the Laplace Hessian towards the maximum by quadrature: each must shorten the way to a
# half at least, and they end a tenth below what counts as converged.
NEAR_STEPS, CONTRACTION, NEAR_DECREMENT = 25, 0.5, 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """The best optimum found and whether it lies on the boundary.

    Attributes
    ----------
    cone : float
        Largest eigenvalue of dl/dG in the scale of the linear predictor: on the boundary no
        direction of the cone may still gain, so it must not exceed rounding.
    starts : int
        Ascents made.
    """

    optimum: Optimum
    singular: bool
    cone: float
    starts: int

    @property
    def converged(self) -> bool:
        """Whether the conditions of a maximum over the cone of covariances hold."""
        return self.optimum.converged and (not self.singular or self.cone <= CONE_TOLERANCE)


def fit_laplace(design: Design, objective: Objective | None = None) -> Maximum:
    """Maximise the Laplace log-likelihood of a design.

    Parameters
    ----------
    objective : Objective, optional
        That of the design, where it is at hand.

    Raises
    ------
    FloatingPointError
        If no start leads to a finite log-likelihood.
    """
    objective = Objective.of(design) if objective is None else objective
    best = _regular(objective)
    if best is not None and _believed(design):
        return best
    return _best(objective, _starts(objective), best)


def fit_quadrature(design: Design, points: int, objective: Objective | None = None) -> Maximum:
    """Maximise the log-likelihood by adaptive quadrature, from the Laplace maximum on.

    Parameters
    ----------
    points : int
        Per random effect; 1 is the Laplace approximation.
    objective : Objective, optional
        The Laplace approximation of the design, where it is at hand.

    Raises
    ------
    ConfigError
        For an even number of points, or a family that quadrature does not go with.
    FloatingPointError
        If no start leads to a finite log-likelihood.
    """
    start = fit_laplace(design, objective)
    if points == 1:
        return start
    objective = Objective.of(design, points)
    if objective.nodes is None:
        return start
    near = None if start.singular else _near(objective, start.optimum)
    if near is not None and _believed(design):
        return near
    return _best(objective, chain([start.optimum.x], _starts(objective)), near)


def _believed(design: Design) -> bool:
    """Whether an interior maximum met first is the highest."""
    return design.exog_re.shape[1] == 0 or design.n_groups >= MANY_UNITS


def _best(objective: Objective, starts: Iterable[FloatArray], best: Maximum | None) -> Maximum:
    for tried, psi in enumerate(starts, start=1 if best is None else 2):
        if not np.isfinite(objective.value(psi)):
            continue
        found = _climb(objective, psi, tried)
        best = found if best is None or _beats(found, best) else best
    if best is None or not np.isfinite(best.optimum.value):
        raise FloatingPointError("no start leads to a finite log-likelihood")
    return best


def _beats(a: Maximum, b: Maximum) -> bool:
    gain = a.optimum.value - b.optimum.value
    if abs(gain) > SAME_VALUE * (1.0 + abs(b.optimum.value)):
        return gain > 0
    return a.converged > b.converged


def _regular(objective: Objective) -> Maximum | None:
    """The short road: an interior maximum in a few Newton steps, or None; compiled for counts."""
    if objective.density is not None:
        found = _climb(objective, next(_starts(objective)), 1)
        return found if found.optimum.converged and not found.singular else None
    if objective.layout.tie is not None:
        return None
    K = objective.layout.size
    psi, gradient, hessian = np.zeros(K), np.zeros(K), np.zeros((K, K))
    u = np.zeros((objective.n_groups, objective.layout.q))
    work = workspace(objective.lanes)
    value, decrement, status = compiled.fit(objective.lanes, work, psi, u, gradient, hessian)
    if status != compiled.REGULAR or is_singular(objective, psi):
        return None
    H = 0.5 * (hessian + hessian.T)
    optimum = Optimum(psi, value + objective.constant, gradient, H, decrement, definite=True)
    return Maximum(optimum, singular=False, cone=0.0, starts=1)


def _near(objective: Objective, start: Optimum) -> Maximum | None:
    """Newton steps of the quadrature's gradient with the Laplace Hessian, or None.

    The two Hessians are so alike that every step takes most of the way; one of the quadrature
    itself, dear to compute, is needed at the end only.
    """
    inverse = inverse_information(start.hessian)
    psi, last = start.x, np.inf
    for _ in range(NEAR_STEPS):
        gradient = objective.gradient(psi)
        step = inverse @ gradient
        decrement = math.sqrt(max(float(gradient @ step), 0.0))
        if decrement < NEAR_DECREMENT:
            break
        if not decrement < CONTRACTION * last:
            return None
        psi, last = psi + step, decrement
    optimum, _ = look(psi, objective.smooth())
    if not optimum.converged or is_singular(objective, optimum.x):
        return None
    return Maximum(optimum, singular=False, cone=0.0, starts=1)


def _starts(objective: Objective) -> Iterator[FloatArray]:
    lanes, layout = objective.lanes, objective.layout
    beta, mean = np.zeros(layout.p), np.zeros(len(lanes.y))
    if objective.density is None:
        ended = glm(lanes, beta, mean)
    else:
        ended = regression(objective.rows, objective.density, beta)
    if not ended:
        raise FloatingPointError(
            "the regression without random effects has no maximum: is an effect separated (all"
            " counts zero on one side)?"
        )
    # Of the regression's excess over Poisson the random effects take a part that is not known.
    excess: float = regression_excess(lanes.y, mean, lanes.family) if layout.extra else 0.0
    shares = EXCESS_SHARES if layout.extra else (0.0,)
    for share in shares:
        for sd in _start_sds(layout.q):
            start = layout.join(beta, np.diag(sd / objective.z_scale), share * excess)
            # From either side: with two maxima, each of these leads where the other does not.
            yield start
            if layout.q:
                yield _with_best_beta(objective, start)


def _with_best_beta(objective: Objective, psi: FloatArray) -> FloatArray:
    """Move beta to its maximum given the rest, as far as Newton's method leads without loss.

    The start then lies on the ridge, in the same place however the columns are coded.
    """
    p, value = objective.layout.p, objective.value(psi)
    for _ in range(BETA_STEPS if np.isfinite(value) else 0):
        point = objective.at(psi, 2)
        step, decrement, definite = newton_step(point.gradient[:p], point.hessian[:p, :p])
        trial = psi.copy()
        trial[:p] += step
        if not definite or not (reached := objective.value(trial)) > value:
            return psi
        psi, value = trial, reached
        if decrement < BETA_DECREMENT:
            return psi
    return psi


def _start_sds(q: int) -> list[FloatArray]:
    if q == 0:
        return [np.zeros(0)]
    large = np.where(np.eye(q, dtype=bool), LARGE_SD, SMALL_SD)
    return [np.full(q, sd) for sd in ALIKE_SDS] + (list(large) if q > 1 else [])


def _climb(objective: Objective, start: FloatArray, tried: int) -> Maximum:
    """One ascent; once more from inside where the cone still gains at the boundary it met."""
    found = _ascend(objective, start, tried)
    if found.singular and found.cone > CONE_TOLERANCE:
        layout, psi = objective.layout, found.optimum.x
        beta, L = layout.split(psi)
        inside = L + np.diag(SMALL_SD / objective.z_scale)
        return _ascend(objective, layout.join(beta, inside, layout.variance(psi)), tried)
    return found


def _ascend(objective: Objective, start: FloatArray, tried: int) -> Maximum:
    optimum = maximise(start, objective.smooth())
    if not is_singular(objective, optimum.x):
        return Maximum(optimum, singular=False, cone=0.0, starts=tried)
    if not optimum.converged:
        again = polish(on_its_face(objective, optimum.x), objective.smooth())
        optimum = again if again.converged else optimum
    return Maximum(optimum, singular=True, cone=cone_gain(objective, optimum.x), starts=tried)
