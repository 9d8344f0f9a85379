"""Maximum likelihood of a Poisson mixed model: starts, optimum, boundary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.design import Design, FloatArray
from harness.glmm import compiled, kernel
from harness.glmm.laplace import Objective, cone_score
from harness.glmm.optimise import Optimum, maximise

# First standard deviations of the random effects, in units of 1 / rms(z): all alike, then each one
# large beside small others. The likelihood may have several maxima, inside and on different faces
# of the boundary, so no single ascent is believed: of 1000 panels of 2 to 30 units the best
# single start ends below the highest in 3.
ALIKE_SDS = (0.3, 1.0, 0.01)
LARGE_SD, SMALL_SD = 0.3, 0.01
# From so many units on, an interior maximum met first is believed: twice the number up to which a
# second one was ever seen.
MANY_UNITS = 60
# Log-likelihoods this close, relative to their size, are the same but for rounding.
SAME_VALUE = 1e-11
# A random effect whose contribution to the linear predictor varies by less than this (standard
# deviation, log scale) is absent; lme4 has the same figure for its theta.
SINGULAR_TOLERANCE = 1e-4
# Log-likelihood gained per unit of scaled variance that still counts as rounding.
CONE_TOLERANCE = 1e-5


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


def singular_covariance(cov_re: FloatArray, z: FloatArray) -> bool:
    """Whether a covariance of random effects is singular in the scale of the linear predictor."""
    if cov_re.size == 0:
        return False
    scale = np.sqrt(np.mean(z**2, axis=0))
    smallest = np.linalg.eigvalsh(cov_re * np.outer(scale, scale))[0]
    return bool(smallest < SINGULAR_TOLERANCE**2)


def is_singular(objective: Objective, psi: FloatArray) -> bool:
    """Whether the covariance at psi is singular in the scale of the linear predictor."""
    _, L = objective.layout.split(psi)
    return singular_covariance(L @ L.T, objective.rows.z)


def fit_laplace(design: Design) -> Maximum:
    """Maximise the Laplace log-likelihood of a design.

    Raises
    ------
    FloatingPointError
        If no start leads to a finite log-likelihood.
    """
    objective = Objective.of(design)
    best = _regular(objective)
    if best is not None and (objective.layout.q == 0 or design.n_groups >= MANY_UNITS):
        return best
    for tried, psi in enumerate(_starts(objective), start=1 if best is None else 2):
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


def _start_sds(q: int) -> list[FloatArray]:
    large = np.where(np.eye(q, dtype=bool), LARGE_SD, SMALL_SD)
    return [np.full(q, sd) for sd in ALIKE_SDS] + (list(large) if q > 1 else [])


def _regular(objective: Objective) -> Maximum | None:
    """The compiled road: an interior maximum in a few Newton steps, or None."""
    K = objective.layout.size
    psi, gradient, hessian = np.zeros(K), np.zeros(K), np.zeros((K, K))
    u = np.zeros((len(objective.rows.starts) - 1, objective.layout.q))
    work = kernel.workspace(objective.rows, True)
    value, decrement, status = compiled.fit(objective.rows, work, psi, u, gradient, hessian)
    if status != compiled.REGULAR or is_singular(objective, psi):
        return None
    H = 0.5 * (hessian + hessian.T)
    optimum = Optimum(psi, value + objective.constant, gradient, H, decrement, definite=True)
    return Maximum(optimum, singular=False, cone=0.0, starts=1)


def _starts(objective: Objective) -> Iterator[FloatArray]:
    rows, layout = objective.rows, objective.layout
    beta = np.zeros(layout.p)
    if not compiled.glm(rows.y, rows.x, rows.offset, beta, np.zeros(len(rows.y))):
        raise FloatingPointError(
            "the regression without random effects has no maximum: is an effect separated (all"
            " counts zero on one side)?"
        )
    for sd in _start_sds(layout.q) if layout.q else [np.zeros(0)]:
        yield layout.join(beta, np.diag(sd / objective.z_scale))


def _climb(objective: Objective, start: FloatArray, tried: int) -> Maximum:
    """One ascent; once more from inside where the cone still gains at the boundary it met."""
    found = _ascend(objective, start, tried)
    if found.singular and found.cone > CONE_TOLERANCE:
        beta, L = objective.layout.split(found.optimum.x)
        inside = L + np.diag(SMALL_SD / objective.z_scale)
        return _ascend(objective, objective.layout.join(beta, inside), tried)
    return found


def _ascend(objective: Objective, start: FloatArray, tried: int) -> Maximum:
    optimum = maximise(start, objective.value, objective.gradient, objective.hessian)
    singular = is_singular(objective, optimum.x)
    S = cone_score(objective, optimum.x) if singular else np.zeros((0, 0))
    return Maximum(optimum, singular, float(np.linalg.eigvalsh(S)[-1]) if S.size else 0.0, tried)
