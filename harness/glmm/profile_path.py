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
from harness.glmm.lanes import lanes_of
from harness.glmm.laplace import Objective
from harness.glmm.optimise import Optimum, Smooth, maximise

# A standard deviation whose logarithm an ascent may start from.
SMALLEST_SD = 1e-3


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
    positive : tuple of int
        Places in phi of standard deviations whose signs must agree for the quantity to be v.
    """

    objective: Objective
    start: FloatArray
    lift: Callable[[float], tuple[FloatArray, FloatArray]]
    drop: Callable[[FloatArray, float], FloatArray]
    floor: Callable[[], float]
    positive: tuple[int, ...]


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
    start = path.drop(near, value)
    found = _maximum(path.objective, A, b, start)
    if np.prod(found.x[list(path.positive)]) < 0:
        return _on_the_branch(path, A, b, [start, path.drop(path.start, value)])
    if not found.converged:
        raise FloatingPointError(f"no maximum is found where it is held at {value:g}")
    # A maximum inside may lie below the edge, where the quantity no longer matters.
    return max(found.value, path.floor()), A @ found.x + b


def _maximum(objective: Objective, A: FloatArray, b: FloatArray, start: FloatArray) -> Optimum:
    def gradient(x: FloatArray) -> FloatArray:
        return np.asarray(A.T @ objective.gradient(A @ x + b))

    def hessian(x: FloatArray) -> FloatArray:
        return np.asarray(A.T @ objective.hessian(A @ x + b) @ A)

    def value(x: FloatArray) -> float:
        return objective.value(A @ x + b)

    return maximise(start, Smooth(value, gradient, hessian, objective.smooth().flat))


def _on_the_branch(
    path: Path, A: FloatArray, b: FloatArray, starts: list[FloatArray]
) -> tuple[float, FloatArray]:
    """Return the highest value where the standard deviations stay positive, and its psi.

    An ascent through zero ends at a correlation of the other sign. In their logarithms it cannot
    pass; where it runs towards zero, the value without the effect is the highest.
    """
    places = list(path.positive)
    best, at = path.floor(), path.start
    for start in starts:
        w = start.copy()
        w[places] = np.log(np.maximum(np.abs(start[places]), SMALLEST_SD))
        objective = path.objective
        found = _maximum_in_logs(objective, A, b, w, places)
        if found.value > best:
            best, at = found.value, A @ _exponentiated(found.x, places) + b
    return best, at


def _exponentiated(w: FloatArray, places: list[int]) -> FloatArray:
    phi = w.copy()
    phi[places] = np.exp(w[places])
    return phi


def _maximum_in_logs(
    objective: Objective, A: FloatArray, b: FloatArray, start: FloatArray, places: list[int]
) -> Optimum:
    """Maximise over w with phi = w but for exp(w) at ``places``."""

    def scale(w: FloatArray) -> FloatArray:
        return np.where(np.isin(np.arange(len(w)), places), _exponentiated(w, places), 1.0)

    def gradient(w: FloatArray) -> FloatArray:
        return scale(w) * (A.T @ objective.gradient(A @ _exponentiated(w, places) + b))

    def hessian(w: FloatArray) -> FloatArray:
        H = A.T @ objective.hessian(A @ _exponentiated(w, places) + b) @ A
        H = H * np.outer(scale(w), scale(w))
        H[places, places] += gradient(w)[places]
        return H

    def value(w: FloatArray) -> float:
        return objective.value(A @ _exponentiated(w, places) + b)

    return maximise(start, Smooth(value, gradient, hessian, objective.smooth().flat))


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
        positive=(),
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
        psi = maximise(psi, objective.smooth()).x
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
    rows = objective.rows._replace(z=z)
    return replace(objective, rows=rows, lanes=lanes_of(rows)), turned


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

    return Path(objective, psi, lift, drop, floor, (first, column))


def _without(objective: Objective, psi: FloatArray, places: list[int]) -> float:
    """Highest log-likelihood with some coordinates of psi at zero."""
    A = np.delete(np.eye(len(psi)), places, axis=1)
    return _maximum(objective, A, np.zeros(len(psi)), np.delete(psi, places)).value
