"""Compiled sums over lanes; arrays of a strip have shape (rows, lanes)."""

from __future__ import annotations

from typing import Any

from numba import njit

# Sums of products may be contracted and reordered for vector units; not-a-number and infinity
# keep their meaning, because overflow must be seen.
FAST = {"contract", "reassoc", "nsz", "arcp"}


@njit(cache=True, fastmath=FAST)
def copy(a: Any, out: Any) -> None:
    """Set to a."""
    for i in range(a.shape[0]):
        for g in range(a.shape[1]):
            out[i, g] = a[i, g]


@njit(cache=True, fastmath=FAST)
def add_scaled(t: float, a: Any, out: Any) -> None:
    """Add t a."""
    for i in range(a.shape[0]):
        for g in range(a.shape[1]):
            out[i, g] += t * a[i, g]


@njit(cache=True, fastmath=FAST)
def add_by_lane(t: Any, a: Any, out: Any) -> None:
    """Add t a, t one number a lane."""
    for i in range(a.shape[0]):
        for g in range(a.shape[1]):
            out[i, g] += t[g] * a[i, g]


@njit(cache=True, fastmath=FAST)
def product(a: Any, b: Any, out: Any) -> None:
    """Set to a b."""
    for i in range(a.shape[0]):
        for g in range(a.shape[1]):
            out[i, g] = a[i, g] * b[i, g]


@njit(cache=True, fastmath=FAST)
def by_lane(a: Any, b: Any, out: Any) -> None:
    """Set to the sum over rows of a b, shape (lanes,)."""
    for g in range(a.shape[1]):
        out[g] = a[0, g] * b[0, g]
    for i in range(1, a.shape[0]):
        for g in range(a.shape[1]):
            out[g] += a[i, g] * b[i, g]


@njit(cache=True, fastmath=FAST)
def total(a: Any, b: Any) -> float:
    """Sum of a b over all elements, shape (rows, lanes)."""
    t = 0.0
    for i in range(a.shape[0]):
        for g in range(a.shape[1]):
            t += a[i, g] * b[i, g]
    return t


@njit(cache=True, fastmath=FAST)
def dot(a: Any, b: Any) -> float:
    """Sum of a b, shape (lanes,)."""
    t = 0.0
    for g in range(a.shape[0]):
        t += a[g] * b[g]
    return t


@njit(cache=True, fastmath=FAST)
def lane_product(t: float, a: Any, b: Any, out: Any) -> None:
    """Add t a b, shape (lanes,)."""
    for g in range(a.shape[0]):
        out[g] += t * a[g] * b[g]


@njit(cache=True, fastmath=FAST)
def lane_scaled(t: float, a: Any, out: Any) -> None:
    """Add t a, shape (lanes,)."""
    for g in range(a.shape[0]):
        out[g] += t * a[g]


@njit(cache=True, fastmath=FAST)
def lane_copy(a: Any, out: Any) -> None:
    """Set to a, shape (lanes,)."""
    for g in range(a.shape[0]):
        out[g] = a[g]


@njit(cache=True, fastmath=FAST)
def lane_quotient(a: Any, out: Any) -> None:
    """Divide by a, shape (lanes,)."""
    for g in range(a.shape[0]):
        out[g] /= a[g]
