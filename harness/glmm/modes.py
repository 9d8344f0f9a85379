"""Compiled conditional modes: the inner problem of every approximation.

Group j has rows i with linear predictor eta = o + x'beta + v'u, v = L'z, and random effects
u ~ N(0, I). Its joint log density sum_i f(eta_i) - u'u / 2 is maximised over u by Newton's method
with H = I + sum_i w v v'.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.arrays import Rows, Work
from harness.glmm.densities import N_TERMS, density

# Sums of products may be contracted and reordered for vector units; not-a-number and infinity
# keep their meaning, because overflow must be seen.
FAST = {"contract", "reassoc", "nsz", "arcp"}
MODE_STEPS = 60
# Squared Newton decrement below which one more, quadratic, step ends at rounding error.
MODE_TOLERANCE = 1e-13
SMALLEST_STEP = 1e-10
# Most random effects per group.
Q = 3


@njit(cache=True)
def workspace(rows: Rows, second: bool) -> Work:
    """Allocate the scratch of an evaluation, with that of second derivatives or without."""
    n, p = rows.x.shape
    K = p + rows.row.shape[0] + len(rows.kind)
    longest = np.max(np.diff(rows.starts))
    k = K if second else 0
    m = longest if second else 0
    return Work(
        np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((n, len(rows.dims))),
        np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q)),
        np.zeros(Q), np.zeros(Q), np.zeros(Q), np.zeros(Q),
        np.zeros(longest), np.zeros(longest), np.zeros((longest, Q)),
        np.zeros((longest, N_TERMS)), np.zeros((rows.sums, 3)),
        np.zeros((n if second else 0, k)), np.zeros((m, k)), np.zeros((m, k)),
        np.zeros((Q, k)), np.zeros((Q, Q, k)), np.zeros((Q, Q, k)), np.zeros((Q, Q, k)),
        np.zeros((Q, k)), np.zeros((Q, k)), np.zeros((Q, k)), np.zeros((Q, k)),
    )  # fmt: skip


@njit(cache=True, fastmath=FAST)
def factor(H: Any, R: Any, dims: Any) -> bool:
    """Lower Cholesky factor of H into R; False where H is not positive definite."""
    q = len(dims)
    for j in range(q):
        d = H[j, j]
        for k in range(j):
            d -= R[j, k] * R[j, k]
        if not d > 0.0:
            return False
        R[j, j] = math.sqrt(d)
        for i in range(j + 1, q):
            t = H[i, j]
            for k in range(j):
                t -= R[i, k] * R[j, k]
            R[i, j] = t / R[j, j]
    return True


@njit(cache=True, fastmath=FAST)
def solve(R: Any, b: Any, x: Any, dims: Any) -> None:
    """Solve R R'x = b."""
    q = len(dims)
    for i in range(q):
        t = b[i]
        for k in range(i):
            t -= R[i, k] * x[k]
        x[i] = t / R[i, i]
    for i in range(q - 1, -1, -1):
        t = x[i]
        for k in range(i + 1, q):
            t -= R[k, i] * x[k]
        x[i] = t / R[i, i]


@njit(cache=True, fastmath=FAST)
def linear_predictors(
    x: Any, offset: Any, z: Any, beta: Any, L: Any, fixed: Any, v: Any, dims: Any,
) -> None:  # fmt: skip
    """``fixed`` = o + X beta and ``v`` = Z L."""
    n, p = x.shape
    q = len(dims)
    for i in range(n):
        t = offset[i]
        for j in range(p):
            t += x[i, j] * beta[j]
        fixed[i] = t
        for l in range(q):
            t = 0.0
            for k in range(l, q):
                t += z[i, k] * L[k, l]
            v[i, l] = t


@njit(cache=True, fastmath=FAST)
def poisson_rows(
    y: Any, fixed: Any, v: Any, lo: int, hi: int, u: Any, g: Any, mean: Any, f1: Any, w: Any,
    H: Any, dims: Any,
) -> float:  # fmt: skip
    """Add the rows of a group at u to ``g`` and ``H``; returns their log density.

    Apart from the other families: a fit spends its time here.
    """
    q = len(dims)
    value = 0.0
    for i in range(lo, hi):
        eta = fixed[i]
        for l in range(q):
            eta += v[i, l] * u[l]
        m_i = math.exp(eta)
        mean[i] = w[i] = m_i
        value += y[i] * eta - m_i
        e = y[i] - m_i
        f1[i] = e
        for l in range(q):
            g[l] += e * v[i, l]
            for m in range(l + 1):
                H[l, m] += m_i * v[i, l] * v[i, m]
    return value


@njit(cache=True, fastmath=FAST)
def other_rows(
    y: Any, fixed: Any, v: Any, lo: int, hi: int, u: Any, family: int, variance: float, g: Any,
    mean: Any, f1: Any, w: Any, H: Any, dims: Any,
) -> float:  # fmt: skip
    """Add the rows of a group at u to ``g`` and ``H``; returns their log density."""
    q = len(dims)
    value = 0.0
    for i in range(lo, hi):
        eta = fixed[i]
        for l in range(q):
            eta += v[i, l] * u[l]
        f, f1[i], w[i], mean[i] = density(family, y[i], eta, variance)
        value += f
        for l in range(q):
            g[l] += f1[i] * v[i, l]
            for m in range(l + 1):
                H[l, m] += w[i] * v[i, l] * v[i, m]
    return value


@njit(cache=True, fastmath=FAST)
def at_mode(
    y: Any, fixed: Any, v: Any, lo: int, hi: int, u: Any, kind: Any, family: int,
    variance: float, g: Any, mean: Any, f1: Any, w: Any, H: Any, dims: Any,
) -> float:  # fmt: skip
    """Joint log density of a group at u without constants; fills the rows, ``H`` and slope g."""
    q = len(dims)
    value = 0.0
    for l in range(q):
        g[l] = -u[l]
        value -= 0.5 * u[l] * u[l]
        for m in range(q):
            H[l, m] = 1.0 if l == m else 0.0
    if len(kind) == 0:
        value += poisson_rows(y, fixed, v, lo, hi, u, g, mean, f1, w, H, dims)
    else:
        value += other_rows(y, fixed, v, lo, hi, u, family, variance, g, mean, f1, w, H, dims)
    for l in range(q):
        for m in range(l):
            H[m, l] = H[l, m]
    return value


@njit(cache=True, fastmath=FAST)
def group_mode(
    y: Any, fixed: Any, v: Any, lo: int, hi: int, u: Any, kind: Any, family: int,
    variance: float, mean: Any, f1: Any, w: Any, g: Any, H: Any, R: Any, dims: Any,
) -> float:  # fmt: skip
    """Move u to the mode of a group by Newton's method; -inf where it is not found.

    Returns the joint log density there, with the rows, what rounding leaves of its slope ``g``,
    ``H`` and its Cholesky factor ``R``.
    """
    q = len(dims)
    step = np.zeros(Q)
    last = -np.inf
    size = 1.0
    final = False
    for _ in range(MODE_STEPS):
        value = at_mode(y, fixed, v, lo, hi, u, kind, family, variance, g, mean, f1, w, H, dims)
        if final:
            return value if factor(H, R, dims) else -np.inf
        if not value >= last - 1e-12 * (1.0 + abs(last)):
            # Halfway back: the exponential overshot.
            size *= 0.5
            if size < SMALLEST_STEP:
                return -np.inf
            for l in range(q):
                u[l] -= size * step[l]
            continue
        if not factor(H, R, dims):
            return -np.inf
        solve(R, g, step, dims)
        decrement = 0.0
        for l in range(q):
            decrement += g[l] * step[l]
            u[l] += step[l]
        if not decrement < np.inf:
            return -np.inf
        last = value
        size = 1.0
        final = decrement < MODE_TOLERANCE
    return -np.inf
