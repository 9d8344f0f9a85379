"""Maximise a smooth objective with its exact gradient and Hessian, to rounding error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from harness.design import FloatArray

# Converged: the quadratic model promises no more than half the square of this, in
# log-likelihood units; equally, no estimate lies further than this many standard errors away.
DECREMENT_TOLERANCE = 1e-8
POLISH_STEPS = 20
# Steps that may lose ground before one gains it: near the boundary a full Newton step leaves the
# curved ridge, and the next one returns to it further along.
PATIENCE = 2
UPHILL_STEPS = 50
SMALLEST_STEP = 1e-6
# Within this many standard errors of the top, the value's own rounding begins to matter.
NEAR = 1e-3
# Eigenvalues of the scaled information below this are directions in which nothing is known
# (the rotation of a covariance whose first column vanished).
FLAT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """A stationary point and the evidence for it.

    Attributes
    ----------
    x : ndarray, shape (k,)
    value : float
    gradient : ndarray, shape (k,)
    hessian : ndarray, shape (k, k)
    decrement : float
        Newton decrement sqrt(g' (-H)^-1 g) over the directions that carry information.
    definite : bool
        Whether -H has no negative eigenvalue.
    """

    x: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray
    decrement: float
    definite: bool

    @property
    def converged(self) -> bool:
        """Whether this is a maximum to rounding error."""
        return self.definite and self.decrement <= DECREMENT_TOLERANCE


def _scaled(information: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Eigenvalues and vectors of D I D with unit diagonal, and the scale D."""
    diagonal = np.abs(np.diag(information))
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    return values, vectors, scale


def newton_step(
    gradient: FloatArray, hessian: FloatArray, flat: float = FLAT
) -> tuple[FloatArray, float, bool]:
    """Return the Newton step of a maximisation, its decrement and whether -H is definite.

    Parameters
    ----------
    flat : float
        Eigenvalues of the scaled information up to this are taken for zero.
    """
    values, vectors, scale = _scaled(-hessian)
    along = vectors.T @ (scale * gradient)
    known = values > flat
    decrement = float(np.sqrt(np.sum(along[known] ** 2 / values[known])))
    step = scale * (vectors[:, known] @ (along[known] / values[known]))
    return step, decrement, bool(values.min() > -flat)


def inverse_information(hessian: FloatArray) -> FloatArray:
    """Inverse of -H over the directions that carry information (pseudo-inverse otherwise)."""
    values, vectors, scale = _scaled(-hessian)
    known = values > FLAT
    half = scale[:, None] * vectors[:, known]
    return np.asarray((half / values[known]) @ half.T)


def whitening(information: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Directions one standard error long along the principal axes (in columns), and the inverse.

    Flat directions count as if they carried the least information that is told from none.
    """
    values, vectors, scale = _scaled(information)
    root = np.sqrt(np.maximum(np.abs(values), FLAT))
    return scale[:, None] * vectors / root, (root * vectors).T / scale


@dataclass(frozen=True, slots=True)
class Smooth:
    """A function of x, shape (k,), with its first two derivatives.

    Attributes
    ----------
    value, gradient, hessian : callable
        ``value`` returns -inf outside the domain.
    flat : float
        What is rounding in the Hessian, relative to its diagonal.
    """

    value: Callable[[FloatArray], float]
    gradient: Callable[[FloatArray], FloatArray]
    hessian: Callable[[FloatArray], FloatArray]
    flat: float = FLAT


def maximise(start: FloatArray, objective: Smooth) -> Optimum:
    """Newton steps where the objective is concave, a trust region where it is not."""
    near = polish(_uphill(start, objective), objective)
    if near.converged:
        return near
    return polish(_trust_region(start, objective), objective)


def _uphill(x: FloatArray, objective: Smooth) -> FloatArray:
    """Newton steps, halved until the value rises, as long as -H is definite."""
    value = objective.value(x)
    for _ in range(UPHILL_STEPS):
        step, decrement, definite = newton_step(
            objective.gradient(x), objective.hessian(x), objective.flat
        )
        if not definite or decrement < NEAR:
            return x
        size = 1.0
        while not (trial := objective.value(x + size * step)) > value:
            size *= 0.5
            if size < SMALLEST_STEP:
                return x
        x, value = x + size * step, trial
    return x


def _trust_region(start: FloatArray, objective: Smooth) -> FloatArray:
    _, _, scale = _scaled(-objective.hessian(start))
    found = minimize(  # type: ignore[call-overload]  # the stubs want arrays of known rank
        lambda v: -objective.value(v * scale),
        start / scale,
        jac=lambda v: -objective.gradient(v * scale) * scale,
        hess=lambda v: -objective.hessian(v * scale) * np.outer(scale, scale),
        method="trust-exact",
        options={"gtol": 1e-9, "maxiter": 500},
    )
    return np.asarray(found.x) * scale


def polish(x: FloatArray, objective: Smooth) -> Optimum:
    """Full Newton steps as long as they shorten the distance still to go.

    The value itself no longer tells: its rounding hides any further gain.
    """
    best, step = look(x, objective)
    here, lost = best, 0
    for _ in range(POLISH_STEPS):
        if not here.definite or here.decrement == 0.0:
            break
        here, step = look(here.x + step, objective)
        gained = here.definite and here.decrement < best.decrement
        gained_a_digit = gained and here.decrement < 0.1 * best.decrement
        best, lost = (here, 0) if gained else (best, lost + 1)
        if lost > PATIENCE or (best.converged and not gained_a_digit):
            break
    return best


def look(x: FloatArray, objective: Smooth) -> tuple[Optimum, FloatArray]:
    """What is known at x, and the Newton step from there."""
    g, H = objective.gradient(x), objective.hessian(x)
    step, decrement, definite = newton_step(g, H, objective.flat)
    return Optimum(x, objective.value(x), g, H, decrement, definite), step
