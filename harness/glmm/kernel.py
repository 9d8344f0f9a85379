"""Compiled Laplace log-likelihood: value, exact gradient, exact Hessian.

At the mode u of a group (``harness.glmm.modes``; names of a row's derivatives as in
``harness.glmm.densities``),

    l_j = sum_i (f + t) - u'u / 2 - log det H / 2,   H = I + sum_i w v v'

(Pinheiro and Chao 2006, J Comput Graph Stat 15:58). With a = v'H^-1 v, h = w1 a / 2 - t1,
c = sum h v and s = H^-1 c, and the dependence of the mode on the parameters included,

    r = f1 + w v's - h,   dl/dbeta = sum r x,
    dl/dL = (sum r z) u' - A L H^-1 - (sum f1 z) s',   A = sum w z z',
    dl/dv = sum (f + t)_v - w_v a / 2 - f1_v v's

where v, the family's variance parameter, enters psi = (beta, theta, kappa) as its root kappa. The
Hessian is the derivative of each of these lines (``harness.glmm.hessian``).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.arrays import Rows, Work
from harness.glmm.densities import (
    F1K,
    F1KK,
    FK,
    FKK,
    NB2,
    NO_VARIANCE,
    T1,
    T2,
    W1,
    W2,
    WK,
    WKK,
    count_sums,
    nb2_terms,
    olre_terms,
    tabulate,
)  # fmt: skip
from harness.glmm.hessian import (
    by_root,
    curvature_derivatives,
    mode_derivatives,
    residual_derivatives,
    shift_derivatives,
    theta_row,
    variance_row,
)
from harness.glmm.modes import FAST, Q, group_mode, linear_predictors, solve


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


@njit(cache=True, fastmath=FAST, inline="always")
def leverages(
    v: Any, lo: int, hi: int, g: Any, R: Any, terms: Any, Hinv: Any, Hv: Any, a: Any, h: Any,
    c: Any, s: Any, dims: Any,
) -> None:  # fmt: skip
    """``Hinv``; ``Hv`` = H^-1 v, ``a`` = v'H^-1 v and ``h`` by row; ``c`` and ``s``."""
    q = len(dims)
    unit = np.zeros(Q)
    column = np.zeros(Q)
    for j in range(q):
        unit[:] = 0.0
        unit[j] = 1.0
        solve(R, unit, column, dims)
        # Shifts f1 by w v'H^-1 g below, to where the slope is zero to the last digit: with large
        # counts the rounding of the mode would otherwise be most of the gradient's error.
        c[j] = -g[j]
        for i in range(q):
            Hinv[i, j] = column[i]
    for i in range(lo, hi):
        t_a = 0.0
        for l in range(q):
            t = 0.0
            for m in range(q):
                t += Hinv[l, m] * v[i, m]
            Hv[i - lo, l] = t
            t_a += t * v[i, l]
        a[i - lo] = t_a
        h[i - lo] = 0.5 * terms[i - lo, W1] * t_a - terms[i - lo, T1]
        for l in range(q):
            c[l] += h[i - lo] * v[i, l]
    solve(R, c, s, dims)


@njit(cache=True, fastmath=FAST, inline="always")
def group_gradient(
    x: Any, z: Any, v: Any, f1: Any, w: Any, lo: int, hi: int, u: Any, L: Any, h: Any, s: Any,
    Hinv: Any, ze: Any, zr: Any, A: Any, AL: Any, row: Any, column: Any, gradient: Any, dims: Any,
) -> None:  # fmt: skip
    """Add a group's gradient in beta and theta."""
    p = x.shape[1]
    q = len(dims)
    for k in range(q):
        ze[k] = zr[k] = 0.0
        for l in range(q):
            A[k, l] = 0.0
    for i in range(lo, hi):
        vs = 0.0
        for l in range(q):
            vs += v[i, l] * s[l]
        r = f1[i] + w[i] * vs - h[i - lo]
        for b in range(p):
            gradient[b] += r * x[i, b]
        for k in range(q):
            zr[k] += r * z[i, k]
            ze[k] += f1[i] * z[i, k]
            for l in range(k + 1):
                A[k, l] += w[i] * z[i, k] * z[i, l]
    for k in range(q):
        for l in range(k):
            A[l, k] = A[k, l]
    for k in range(q):
        for l in range(q):
            t = 0.0
            for m in range(l, q):
                t += A[k, m] * L[m, l]
            AL[k, l] = t
    for m in range(row.shape[0]):
        k, l = row[m], column[m]
        t = zr[k] * u[l] - ze[k] * s[l]
        for o in range(q):
            t -= AL[k, o] * Hinv[o, l]
        gradient[p + m] += t


@njit(cache=True, fastmath=FAST, inline="always")
def variance_gradient(
    v: Any, terms: Any, a: Any, s: Any, lo: int, hi: int, dims: Any,
) -> tuple[float, float]:  # fmt: skip
    """dl/dv of a group, and the part of d2l/dv2 that is not carried by the mode."""
    first = second = 0.0
    for i in range(lo, hi):
        row = terms[i - lo]
        vs = 0.0
        for l in range(len(dims)):
            vs += v[i, l] * s[l]
        first += row[FK] - 0.5 * row[WK] * a[i - lo] - row[F1K] * vs
        second += row[FKK] - 0.5 * row[WKK] * a[i - lo] - row[F1KK] * vs
    return first, second


@njit(cache=True, fastmath=FAST)
def laplace(
    rows: Rows, work: Work, psi: Any, u: Any, gradient: Any, hessian: Any, scores: Any, order: int
) -> float:
    """Laplace log-likelihood without its constant; -inf where a mode is not found.

    Parameters
    ----------
    psi : ndarray, shape (K,)
    u : ndarray, shape (J, q)
        Start of the modes; their answer.
    gradient, hessian : ndarray, shapes (K,), (K, K)
        Filled as far as ``order`` (0, 1 or 2) asks.
    scores : ndarray, shape (J, K) or (0, 0)
        Filled with the gradient of each group where there is room and ``order`` is 1 or 2.
    """
    # Unpacked once: a tuple of arrays handed on for every group costs more than the group.
    y, x, z, offset, starts, row, column, dims, kind, family, _sums = rows
    (fixed, mean, f1, w, v, H, R, Hinv, A, AL, c, s, ze, zr, a, h, Hv, terms, table, deta, total,
     dh, du, dA, dH, dHinv, dc, ds, dzr, dze) = work  # fmt: skip
    p = x.shape[1]
    q = len(dims)
    T = row.shape[0]
    extra = len(kind)
    K = p + T + extra
    L = np.zeros((Q, Q))
    for m in range(T):
        L[row[m], column[m]] = psi[p + m]
    variance = psi[K - 1] * psi[K - 1] if extra else 0.0
    if extra and variance < NO_VARIANCE:
        variance = 0.0
    if family == NB2:
        tabulate(variance, table)
    linear_predictors(x, offset, z, psi, L, fixed, v, dims)
    if order >= 1:
        gradient[:] = 0.0
    if order >= 2:
        hessian[:, :] = 0.0
    g = np.zeros(Q)
    second = np.zeros(K)
    by_group = scores.shape[0] > 0 and order >= 1
    slope = 0.0
    value = 0.0
    for j in range(starts.shape[0] - 1):
        lo, hi, uj = starts[j], starts[j + 1], u[j]
        value += group_mode(
            y, fixed, v, lo, hi, uj, kind, family, variance, mean, f1, w, g, H, R, dims
        )
        if not value > -np.inf:
            return -np.inf
        for l in range(q):
            value -= math.log(R[l, l])
        if order == 0 and extra == 0:
            continue
        value += row_terms(kind, family, y, mean, f1, variance, lo, hi, table, terms)
        if order == 0:
            continue
        if by_group:
            for d in range(K):
                scores[j, d] = -gradient[d]
        leverages(v, lo, hi, g, R, terms, Hinv, Hv, a, h, c, s, dims)
        group_gradient(
            x, z, v, f1, w, lo, hi, uj, L, h, s, Hinv, ze, zr, A, AL, row, column, gradient, dims
        )
        if extra:
            first, direct = variance_gradient(v, terms, a, s, lo, hi, dims)
            slope += first
            second[K - 1] += direct
            gradient[K - 1] = 2.0 * psi[K - 1] * slope
        if by_group:
            for d in range(K):
                scores[j, d] += gradient[d]
        if order == 1:
            continue
        mode_derivatives(
            x, z, v, w, terms, lo, hi, uj, ze, Hinv, row, column, extra, deta, total, du, dA, dims
        )
        curvature_derivatives(p, L, AL, Hinv, row, column, dA, dH, dHinv, dims)
        shift_derivatives(
            p, z, v, terms, lo, hi, a, h, Hv, c, s, Hinv, row, column, extra, total, dh, dHinv,
            dc, ds, second, dims,
        )  # fmt: skip
        if extra:
            variance_row(p, z, v, terms, lo, hi, a, s, row, column, total, ds, second, dims)
        residual_derivatives(
            p, z, v, w, terms, lo, hi, s, row, column, extra, deta, total, dh, ds, dzr, dze, dims
        )
        for m in range(T):
            theta_row(
                p, row[m], column[m], uj, L, A, AL, s, ze, zr, Hinv, row, column, du, dA, dHinv,
                ds, dzr, dze, hessian[p + m], dims,
            )  # fmt: skip
    if order >= 2:
        hessian[:p] = np.dot(x.T, deta)
        if extra:
            by_root(hessian, second, psi[K - 1], slope)
    return value


@njit(cache=True, fastmath=FAST)
def third_derivatives(rows: Rows, work: Work, variance: float) -> tuple[Any, Any]:
    """w1 and t1 of every row at the modes that ``work`` holds."""
    y, starts, kind, family = rows.y, rows.starts, rows.kind, rows.family
    w1, t1 = np.zeros(y.shape[0]), np.zeros(y.shape[0])
    for j in range(starts.shape[0] - 1):
        lo, hi = starts[j], starts[j + 1]
        row_terms(kind, family, y, work.mean, work.f1, variance, lo, hi, work.table, work.terms)
        for i in range(lo, hi):
            w1[i], t1[i] = work.terms[i - lo, W1], work.terms[i - lo, T1]
    return w1, t1
