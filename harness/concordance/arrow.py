"""Newton's method where units meet only in a few shared parameters: an arrow-shaped Hessian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.design import FloatArray

CLIMB_STEPS = 60
SMALLEST_STEP = 1e-6
# A climb ends where a quadratic model says what is left.
CLIMBED = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class ArrowPoint:
    """A function of shared parameters and of k more a unit, with its first two derivatives.

    Attributes
    ----------
    value : float
    gradient : ndarray, shape (B,)
        By the shared parameters.
    gradients : ndarray, shape (J, k)
        By the units' own.
    shared : ndarray, shape (B, B)
        Block of -H.
    cross : ndarray, shape (J, B, k)
    own : ndarray, shape (J, k, k)
    """

    value: float
    gradient: FloatArray
    gradients: FloatArray
    shared: FloatArray
    cross: FloatArray
    own: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ArrowStep:
    """The Newton step and what it says.

    Attributes
    ----------
    step : ndarray, shape (B,)
    steps : ndarray, shape (J, k)
    decrement : float
    definite : bool
        Whether -H is positive definite; where it is not, curvatures count by their size.
    covariance : ndarray, shape (B, B)
        Block of the inverse of -H.
    """

    step: FloatArray
    steps: FloatArray
    decrement: float
    definite: bool
    covariance: FloatArray


def arrow_step(at: ArrowPoint) -> ArrowStep:
    """Solve by the Schur complement of the units' blocks: no matrix is larger than the border."""
    inverses, own_definite = _inverse(at.own)
    weighted = at.cross @ inverses
    schur = at.shared - np.einsum("jbk,jck->bc", weighted, at.cross)
    covariance, shared_definite = _inverse(schur)
    right = at.gradient - np.einsum("jbk,jk->b", weighted, at.gradients)
    step = covariance @ right
    left = at.gradients - np.einsum("jbk,b->jk", at.cross, step)
    steps = np.einsum("jkl,jl->jk", inverses, left)
    along = right @ step + np.einsum("jk,jkl,jl->", at.gradients, inverses, at.gradients)
    return ArrowStep(
        step, steps, float(np.sqrt(max(along, 0.0))), own_definite and shared_definite, covariance
    )


def _inverse(matrices: FloatArray) -> tuple[FloatArray, bool]:
    """Inverse by the sizes of the eigenvalues after scaling, and whether all are positive."""
    diagonal = np.abs(np.diagonal(matrices, axis1=-2, axis2=-1))
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    outer = scale[..., :, None] * scale[..., None, :]
    values, vectors = np.linalg.eigh(matrices * outer)
    sizes = np.maximum(np.abs(values), np.finfo(float).eps)
    inverse = (vectors / sizes[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return np.asarray(inverse * outer), bool(np.all(values > 0.0))


State = tuple[FloatArray, FloatArray]


def climb(start: State, at: Callable[[FloatArray, FloatArray], ArrowPoint]) -> float:
    """Height that Newton steps, halved until they rise, reach from a start."""
    (shared, own), here = start, at(*start)
    for _ in range(CLIMB_STEPS):
        newton = arrow_step(here)
        if newton.definite and newton.decrement < CLIMBED:
            break
        size, there = 1.0, None
        while size > SMALLEST_STEP:
            there = at(shared + size * newton.step, own + size * newton.steps)
            if there.value > here.value:
                break
            size *= 0.5
        if there is None or not there.value > here.value:
            break
        shared, own, here = shared + size * newton.step, own + size * newton.steps, there
    return here.value
