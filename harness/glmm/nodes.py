"""Nodes of adaptive quadrature: where they lie, and the density of the data at each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.groups import Q
from harness.glmm.sums import FAST

# Beyond FAR, exp(-move) - 1 is so near to -1 that the way back from it loses digits (and divides by
# zero at 37): the moves of the dimensions are added before the exponential. A node that multiplies
# the mean by exp(FARTHEST) has no share left, and nothing overflows there.
FAR, FARTHEST = 5.0, 300.0


def product_rule(points: int, q: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return nodes of one dimension (m,), of the product rule (q, m^q), and log weights (m^q,).

    The log weights include x'x / 2. The last dimension runs fastest.
    """
    x, weights = np.polynomial.hermite_e.hermegauss(points)
    log_weight = np.log(weights / weights.sum()) + 0.5 * x**2
    grid = np.array(np.meshgrid(*[x] * q, indexing="ij")).reshape(q, -1)
    logs = np.array(np.meshgrid(*[log_weight] * q, indexing="ij")).reshape(q, -1).sum(axis=0)
    return x, np.ascontiguousarray(grid), np.ascontiguousarray(logs)


@njit(cache=True, fastmath=FAST, inline="always")
def relative_moves(d: Any, x: Any, one: Any, E: Any, dims: Any) -> None:
    """Fill E (m^q,) with exp(d'x_k) - 1: a product over dimensions of m exponentials each.

    The difference keeps its digits where counts are large and the nodes close together.
    """
    m = x.shape[0]
    E[0] = 0.0
    size = 1
    far = False
    for l in range(len(dims)):
        far |= abs(d[l]) * x[m - 1] > FAR
    for l in range(len(dims)):
        middle = m // 2
        one[middle] = 0.0
        for k in range(middle):
            move = d[l] * x[m - 1 - k]
            one[m - 1 - k] = move if far else math.expm1(move)
            one[k] = -move if far else -one[m - 1 - k] / (1.0 + one[m - 1 - k])
        for a in range(size - 1, -1, -1):
            t = E[a]
            for k in range(m):
                E[a * m + k] = t + one[k] + (0.0 if far else t * one[k])
        size *= m
    if far:
        for k in range(size):
            E[k] = math.expm1(min(E[k], FARTHEST))


@njit(cache=True, fastmath=FAST, inline="always")
def forward(R: Any, b: Any, d: Any, dims: Any) -> None:
    """Solve R d = b."""
    for i in range(len(dims)):
        t = b[i]
        for k in range(i):
            t -= R[i, k] * d[k]
        d[i] = t / R[i, i]


@njit(cache=True, fastmath=FAST, inline="always")
def inverse_factor(R: Any, inverse: Any, dims: Any) -> None:
    """C^-1, lower triangular."""
    q = len(dims)
    for j in range(q):
        for i in range(q):
            t = 1.0 if i == j else 0.0
            for k in range(j, i):
                t -= R[i, k] * inverse[k, j]
            inverse[i, j] = t / R[i, i] if i >= j else 0.0


@njit(cache=True, fastmath=FAST, inline="always")
def log_joints(
    y: Any, eta: Any, v: Any, lo: int, hi: int, u: Any, kind: Any, variance: float,
    mean: Any, R: Any, Cinv: Any, x: Any, grid: Any, logs: Any, one: Any, E: Any, b: Any,
    dims: Any,
) -> float:  # fmt: skip
    """Fill ``b`` (m^q,) with the log of each node's term; returns what is common to all of them."""
    q = len(dims)
    d = np.zeros(Q)
    linear = np.zeros(Q)
    b[:] = logs
    constant = 0.0
    for i in range(lo, hi):
        forward(R, v[i], d, dims)
        relative_moves(d, x, one, E, dims)
        for l in range(q):
            linear[l] += y[i] * d[l]
        t = mean[i]
        if len(kind) == 0 or variance == 0.0:
            constant += y[i] * eta[i] - t
            for k in range(b.shape[0]):
                b[k] -= t * E[k]
        else:
            size = y[i] + 1.0 / variance
            t *= variance
            constant += y[i] * eta[i] - size * math.log1p(t)
            t /= 1.0 + t
            for k in range(b.shape[0]):
                b[k] -= size * math.log1p(t * E[k])
    for k in range(b.shape[0]):
        for l in range(q):
            # (u_k)_l with C^-T the transpose of Cinv.
            at = u[l]
            for m in range(l, q):
                at += Cinv[m, l] * grid[m, k]
            b[k] += linear[l] * grid[l, k] - 0.5 * at * at
    return constant


@njit(cache=True, fastmath=FAST, inline="always")
def shares(b: Any) -> float:
    """Log of the sum of exp(b); turns b into the share of each term."""
    top = -np.inf
    for k in range(b.shape[0]):
        top = max(top, b[k])
    if not top > -np.inf:
        return -np.inf
    total = 0.0
    for k in range(b.shape[0]):
        b[k] = math.exp(b[k] - top)
        total += b[k]
    for k in range(b.shape[0]):
        b[k] /= total
    return top + math.log(total)
