"""Compiled conditional modes of one group at a time, for quadrature.

The same inner problem as in ``harness.glmm.modes``; the number of random effects and the family's
kind are known to the compiler here, because a group's nodes are what a quadrature spends its
time on.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from harness.glmm.arrays import Rows
from harness.glmm.densities import (
    FK,
    FKK,
    N_TERMS,
    NB2,
    T1,
    T2,
    W1,
    W2,
    count_sums,
    density,
    nb2_terms,
    olre_terms,
)  # fmt: skip
from harness.glmm.modes import MODE_STEPS, MODE_TOLERANCE, SMALLEST_STEP
from harness.glmm.sums import FAST

# Most random effects per group.
Q = 3


class GroupWork(NamedTuple):
    """Scratch: ``fixed`` to ``v`` by row of the data; the rest by group, filled anew for each."""

    fixed: Any
    mean: Any
    f1: Any
    w: Any
    v: Any
    H: Any
    R: Any
    terms: Any
    table: Any


@njit(cache=True)
def group_workspace(rows: Rows) -> GroupWork:
    """Allocate the scratch of an evaluation."""
    n = rows.x.shape[0]
    longest = np.max(np.diff(rows.starts))
    return GroupWork(
        np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((n, len(rows.dims))),
        np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((longest, N_TERMS)), np.zeros((rows.sums, 3)),
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


@njit(cache=True, fastmath=FAST, inline="always")
def row_terms(
    kind: Any, family: int, y: Any, mean: Any, f1: Any, variance: float, lo: int, hi: int,
    table: Any, terms: Any,
) -> float:  # fmt: skip
    """Fill ``terms`` for a group; returns what depends on y and the variance alone, plus t."""
    total = 0.0
    if len(kind) == 0:
        for i in range(lo, hi):
            terms[i - lo, W1] = terms[i - lo, W2] = mean[i]
            terms[i - lo, T1] = terms[i - lo, T2] = 0.0
        return total
    sums = np.zeros(3)
    for i in range(lo, hi):
        out = terms[i - lo]
        if family == NB2:
            nb2_terms(y[i], mean[i], variance, out)
            count_sums(y[i], variance, table, sums)
            out[FK] += sums[1]
            out[FKK] += sums[2]
            total += sums[0]
        else:
            olre_terms(f1[i], mean[i], variance, out)
            total -= 0.5 * math.log1p(variance * mean[i])
    return total
