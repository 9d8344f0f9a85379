"""The maximum of a log-likelihood where one quantity is held at a value.

Every quantity is held by a linear condition on psi, so that exact derivatives carry over without
a Lagrangian. A fixed effect is a coordinate of psi. A standard deviation is one too once its
random effect stands first: the first row of L is (sd, 0, 0). A correlation rho once its two
effects stand first: the second row of L is s (rho, sqrt(1 - rho^2)), s its standard deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.design import FloatArray
from harness.glmm.coordinates import Component
from harness.glmm.laplace import Objective
from harness.glmm.optimise import Optimum, maximise

# A standard deviation that the ascent enters from this far inside where it met a saddle at zero.
INSIDE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A quantity of psi and how to hold it at a value.

    Attributes
    ----------
    objective : Objective
        With the random effects in the order that makes the condition linear.
    start : ndarray, shape (K,)
        Its maximum.
    lift : callable
        From a value v to A, shape (K, k), and b, shape (K,): psi = A phi + b.
    drop : callable
        From psi and the value v to a phi to start from.
    floor : callable
        The log-likelihood that is reached whatever v is: a correlation means nothing where one of
        its standard deviations is zero.
    valid : callable
        Whether phi lies on the branch where the quantity has the sign that v says.
    """

    objective: Objective
    start: FloatArray
    lift: Callable[[float], tuple[FloatArray, FloatArray]]
    drop: Callable[[FloatArray, float], FloatArray]
    floor: Callable[[], float]
    valid: Callable[[FloatArray], bool]


def held(path: Path, value: float, near: FloatArray) -> tuple[float, FloatArray]:
    """Return the highest log-likelihood with the quantity at ``value``, and its psi.

    Parameters
    ----------
    near : ndarray, shape (K,)
        Where to start.

    Raises
    ------
    FloatingPointError
        If no maximum is found there.
    """
    A, b = path.lift(value)
    found = _maximum(path.objective, A, b, path.drop(near, value))
    psi = A @ found.x + b
    if path.valid(found.x):
        if not found.converged:
            raise FloatingPointError(f"no maximum is found where it is held at {value:g}")
        return max(found.value, path.floor()), psi
    return path.floor(), near


def _maximum(objective: Objective, A: FloatArray, b: FloatArray, start: FloatArray) -> Optimum:
    def ascend(phi: FloatArray) -> Optimum:
        return maximise(
            phi,
            lambda x: objective.value(A @ x + b),
            lambda x: A.T @ objective.gradient(A @ x + b),
            lambda x: A.T @ objective.hessian(A @ x + b) @ A,
        )

    found = ascend(start)
    p = objective.layout.p
    diagonal = [p + i for i, (k, m) in enumerate(_entries(objective)) if k == m]
    inward = np.zeros(len(b))
    inward[diagonal] = INSIDE / objective.z_scale
    psi = A @ found.x + b
    if not found.converged or np.any(np.abs(psi[diagonal]) < 1e-3 * inward[diagonal]):
        # A standard deviation of zero is stationary, and so where an ascent may stay too low.
        again = ascend(start + A.T @ inward)
        if again.converged and (not found.converged or again.value > found.value):
            return again
    return found


def _entries(objective: Objective) -> list[tuple[int, int]]:
    layout = objective.layout
    return list(zip(layout.row.tolist(), layout.column.tolist(), strict=True))


def coordinate(objective: Objective, start: FloatArray, index: int) -> Path:
    """Return the path of one coordinate of psi."""
    K = len(start)
    A, unit = np.delete(np.eye(K), index, axis=1), np.eye(K)[index]
    return Path(
        objective, start,
        lift=lambda v: (A, v * unit),
        drop=lambda psi, _: np.delete(psi, index),
        floor=lambda: -np.inf,
        valid=lambda _: True,
    )  # fmt: skip


def component_path(objective: Objective, psi: FloatArray, component: Component) -> Path:
    """Return the path of a standard deviation or a correlation of the random effects."""
    layout, (_, k, m) = objective.layout, component
    entries = _entries(objective)
    if len(entries) == layout.q:
        return coordinate(objective, psi, layout.p + entries.index((k, k)))
    order = [k, *([m] if m != k else []), *(i for i in range(layout.q) if i not in (k, m))]
    if order != list(range(layout.q)):
        objective, psi = reordered(objective, psi, order)
        psi = maximise(psi, objective.value, objective.gradient, objective.hessian).x
    if k == m:
        return _deviation(objective, psi)
    return _correlation(objective, psi, entries)


def _deviation(objective: Objective, psi: FloatArray) -> Path:
    """Return the path of the standard deviation of the first random effect.

    At zero the first column of L has nothing left to say that the others cannot: it is dropped.
    """
    inside, layout = coordinate(objective, psi, objective.layout.p), objective.layout
    kept = np.ones(len(psi), dtype=bool)
    kept[layout.p : layout.p + len(layout.row)] = layout.column > 0
    A = np.eye(len(psi))[:, kept]

    def drop(at: FloatArray, value: float) -> FloatArray:
        if value != 0.0:
            return inside.drop(at, value)
        _, L = layout.split(at)
        turned = at.copy()
        inner = slice(layout.p, layout.p + len(layout.row))
        # The covariance of the other effects, by the columns that are left.
        L[1:, 1:] = np.linalg.qr(L[1:].T).R.T[:, : layout.q - 1]
        turned[inner] = L[layout.row, layout.column]
        return np.asarray(turned[kept])

    return replace(
        inside, lift=lambda v: inside.lift(v) if v else (A, np.zeros(len(psi))), drop=drop
    )


def reordered(
    objective: Objective, psi: FloatArray, order: Sequence[int]
) -> tuple[Objective, FloatArray]:
    """Return the same model with its random effects in another order, and psi in it.

    Only the order of the factors changes: the Laplace value is the same to rounding; a product
    rule of quadrature changes within its error.
    """
    layout = objective.layout
    _, L = layout.split(psi)
    upper = np.linalg.qr(L[order].T).R
    signs = np.where(np.diag(upper) < 0, -1.0, 1.0)
    turned = psi.copy()
    inner = slice(layout.p, layout.p + len(layout.row))
    turned[inner] = (upper * signs[:, None]).T[layout.row, layout.column]
    z = np.ascontiguousarray(objective.rows.z[:, list(order)])
    return replace(objective, rows=objective.rows._replace(z=z)), turned


def _correlation(objective: Objective, psi: FloatArray, entries: list[tuple[int, int]]) -> Path:
    """Return the path of the correlation of the first two random effects."""
    K, p = len(psi), objective.layout.p
    first, cross, second = (p + entries.index(place) for place in [(0, 0), (1, 0), (1, 1)])
    kept = np.delete(np.eye(K), cross, axis=1)
    column = second - (cross < second)

    def lift(rho: float) -> tuple[FloatArray, FloatArray]:
        A = kept.copy()
        A[cross, column], A[second, column] = rho, np.sqrt(max(0.0, 1.0 - rho**2))
        return A, np.zeros(K)

    def drop(at: FloatArray, _: float) -> FloatArray:
        phi = np.delete(at, cross)
        phi[column] = np.hypot(at[cross], at[second])
        return phi

    floors: list[float] = []

    def floor() -> float:
        if not floors:
            floors.append(max(_without(objective, psi, x) for x in ([first], [cross, second])))
        return floors[0]

    def valid(phi: FloatArray) -> bool:
        return bool(phi[first] * phi[column] >= 0)

    return Path(objective, psi, lift, drop, floor, valid)


def _without(objective: Objective, psi: FloatArray, places: list[int]) -> float:
    """Highest log-likelihood with some coordinates of psi at zero."""
    A = np.delete(np.eye(len(psi)), places, axis=1)
    return _maximum(objective, A, np.zeros(len(psi)), np.delete(psi, places)).value
