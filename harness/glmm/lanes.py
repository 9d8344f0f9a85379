"""The data of a model turned so that the innermost loop of every sum runs over groups.

Groups lie side by side in strips, a lane each: element (i, g) of a strip is row i of its group g.
Such loops are long and plain, so the compiler uses vector units; groups that are shorter than
their strip are padded with rows that add nothing to any sum.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from harness.glmm.arrays import Rows

# Lanes of a strip at most: its sums then stay in the second-level cache.
LANES = 192
# Linear predictor of a padded row: its mean is zero, and so is every product with it.
NOWHERE = -1e4


class Lanes(NamedTuple):
    """S strips, N elements in all, padding included.

    Attributes
    ----------
    y, offset : ndarray, shape (N,)
    x, z : ndarray, shapes (p N,), (q N,)
        Strip after strip, column after column.
    place : ndarray of int, shape (N,)
        Row of the data, -1 for padding.
    first : ndarray of int, shape (S + 1,)
        First element of each strip, and the end of the last.
    lane : ndarray of int, shape (S + 1,)
        First lane of each strip, and the end of the last.
    group : ndarray of int, shape (J,)
        Group in each lane: longest first, so that a strip needs little padding.
    p, q : int
    row, column : ndarray of int
        Places of theta in L.
    extra : int
        1 where the family has a variance parameter, else 0.
    family, sums : int
        As in ``Rows``.
    """

    y: Any
    offset: Any
    x: Any
    z: Any
    place: Any
    first: Any
    lane: Any
    group: Any
    p: int
    q: int
    row: Any
    column: Any
    extra: int
    family: int
    sums: int


def lanes_of(rows: Rows) -> Lanes:
    """Return the data of a model in lanes."""
    p, q = rows.x.shape[1], rows.z.shape[1]
    # Longest first; the order of equals is kept.
    group = np.argsort(rows.starts[:-1] - rows.starts[1:], kind="stable")
    lane, first, place = arrange(rows.starts, group, LANES)
    n = len(place)
    y, offset, x, z = np.empty(n), np.empty(n), np.empty(p * n), np.empty(q * n)
    spread(rows.y, place, 0.0, y)
    spread(rows.offset, place, NOWHERE, offset)
    spread_columns(rows.x, place, first, x)
    spread_columns(rows.z, place, first, z)
    return Lanes(
        y, offset, x, z, place, first, lane, group, p, q, rows.row, rows.column, len(rows.kind),
        rows.family, rows.sums,
    )  # fmt: skip


@njit(cache=True, inline="always")
def strip_of(lanes: Lanes, s: int) -> tuple[Any, Any, Any, Any, Any, Any]:
    """y, place and offset, shape (m, G), x (p, m, G), z (q, m, G) and group (G,) of a strip."""
    lo, hi, p, q = lanes.first[s], lanes.first[s + 1], lanes.p, lanes.q
    G = lanes.lane[s + 1] - lanes.lane[s]
    m = (hi - lo) // G
    return (
        lanes.y[lo:hi].reshape((m, G)), lanes.place[lo:hi].reshape((m, G)),
        lanes.offset[lo:hi].reshape((m, G)), lanes.x[p * lo : p * hi].reshape((p, m, G)),
        lanes.z[q * lo : q * hi].reshape((q, m, G)), lanes.group[lanes.lane[s] : lanes.lane[s + 1]],
    )  # fmt: skip


@njit(cache=True, inline="always")
def elements_of(lanes: Lanes, s: int, values: Any) -> Any:
    """Elements of a strip, shape (m, G)."""
    lo, hi = lanes.first[s], lanes.first[s + 1]
    G = lanes.lane[s + 1] - lanes.lane[s]
    return values[lo:hi].reshape(((hi - lo) // G, G))


@njit(cache=True)
def arrange(starts: Any, group: Any, most: int) -> tuple[Any, Any, Any]:
    """``lane``, ``first`` and ``place``, with ``most`` lanes a strip at most."""
    J = starts.shape[0] - 1
    sizes = starts[1:] - starts[:-1]
    strips = (J + most - 1) // most
    lane, first = np.zeros(strips + 1, np.int64), np.zeros(strips + 1, np.int64)
    for s in range(strips):
        lane[s + 1] = (s + 1) * J // strips
        first[s + 1] = first[s] + sizes[group[lane[s]]] * (lane[s + 1] - lane[s])
    place = np.full(first[-1], -1)
    for s in range(strips):
        G = lane[s + 1] - lane[s]
        for g in range(G):
            j = group[lane[s] + g]
            for i in range(sizes[j]):
                place[first[s] + i * G + g] = starts[j] + i
    return lane, first, place


@njit(cache=True)
def spread(values: Any, place: Any, padding: float, out: Any) -> None:
    """Put one value a row into lanes."""
    for k in range(place.shape[0]):
        out[k] = values[place[k]] if place[k] >= 0 else padding


@njit(cache=True)
def spread_columns(columns: Any, place: Any, first: Any, out: Any) -> None:
    """Put columns, shape (n, c), into lanes."""
    c = columns.shape[1]
    for s in range(first.shape[0] - 1):
        n = first[s + 1] - first[s]
        for b in range(c):
            for k in range(n):
                at = place[first[s] + k]
                out[c * first[s] + b * n + k] = columns[at, b] if at >= 0 else 0.0


@njit(cache=True)
def gather(lanes: Lanes, values: Any, out: Any) -> None:
    """Put lanes back into rows."""
    for k in range(lanes.place.shape[0]):
        if lanes.place[k] >= 0:
            out[lanes.place[k]] = values[k]
