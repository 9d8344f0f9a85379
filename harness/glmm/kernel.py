"""Compiled Laplace log-likelihood: value, exact gradient, exact Hessian.

At the mode u of a group (``harness.glmm.modes``; names of a row's derivatives as in
``harness.glmm.densities``),

    l_j = sum_i (f + t) - u'u / 2 - log det H / 2,   H = I + sum_i w v v'

(Pinheiro and Chao 2006, J Comput Graph Stat 15:58). With a = v'H^-1 v, h = w1 a / 2 - t1,
c = sum h v and s = H^-1 c, and the dependence of the mode on the parameters included,

    r = f1 + w v's - h,   dl/dbeta = sum r x,
    dl/dL = (sum r z) u' - A L H^-1 - (sum f1 z) s',   A = sum w z z',
    dl/dv = sum (f + t)_v - w_v a / 2 - f1_v v's

where v, the family's variance parameter, enters psi as its root kappa. The Hessian is the
derivative of each of these lines, carried along all K directions of psi = (beta, theta, kappa) at
once: a handful of multiplications per row and direction, no exponential.
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
    T1K,
    T2,
    W1,
    W1K,
    W2,
    WK,
    WKK,
    count_sums,
    nb2_terms,
    olre_terms,
    tabulate,
)  # fmt: skip
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


@njit(cache=True, fastmath=FAST, inline="always")
def mode_derivatives(
    x: Any, z: Any, v: Any, w: Any, terms: Any, lo: int, hi: int, u: Any, ze: Any, Hinv: Any,
    row: Any, column: Any, extra: int, deta: Any, total: Any, du: Any, dA: Any, dims: Any,
) -> None:  # fmt: skip
    """``deta`` = d eta at fixed u, ``total`` with the mode's move, ``du`` and ``dA``."""
    p = x.shape[1]
    q = len(dims)
    K = du.shape[1]
    slope = np.zeros((Q, K))
    T = row.shape[0]
    for m in range(T):
        slope[column[m], p + m] += ze[row[m]]
    for i in range(lo, hi):
        di = deta[i]
        for b in range(p):
            di[b] = x[i, b]
        for m in range(T):
            di[p + m] = z[i, row[m]] * u[column[m]]
        for l in range(q):
            t = w[i] * v[i, l]
            for d in range(K - extra):
                slope[l, d] -= t * di[d]
            if extra:
                slope[l, K - 1] += terms[i - lo, F1K] * v[i, l]
        if extra:
            di[K - 1] = 0.0
    for l in range(q):
        for d in range(K):
            du[l, d] = 0.0
        for m in range(q):
            for d in range(K):
                du[l, d] += Hinv[l, m] * slope[m, d]
    dA[:, :, :] = 0.0
    for i in range(lo, hi):
        ti = total[i - lo]
        for d in range(K):
            ti[d] = deta[i, d]
        for l in range(q):
            t = v[i, l]
            for d in range(K):
                ti[d] += t * du[l, d]
        for k in range(q):
            for l in range(k + 1):
                zz = z[i, k] * z[i, l]
                t = terms[i - lo, W1] * zz
                for d in range(K):
                    dA[k, l, d] += t * ti[d]
                if extra:
                    dA[k, l, K - 1] += terms[i - lo, WK] * zz
    for k in range(q):
        for l in range(k):
            for d in range(K):
                dA[l, k, d] = dA[k, l, d]


@njit(cache=True, fastmath=FAST, inline="always")
def curvature_derivatives(
    p: int, L: Any, AL: Any, Hinv: Any, row: Any, column: Any, dA: Any, dH: Any, dHinv: Any,
    dims: Any,
) -> None:  # fmt: skip
    """``dHinv`` = -H^-1 dH H^-1 with dH = L'dA L + dL'A L + L'A dL."""
    q = len(dims)
    K = dH.shape[2]
    dH[:, :, :] = 0.0
    for l in range(q):
        for m in range(q):
            for k in range(l, q):
                for o in range(m, q):
                    t = L[k, l] * L[o, m]
                    for d in range(K):
                        dH[l, m, d] += t * dA[k, o, d]
    for m in range(row.shape[0]):
        k, l = row[m], column[m]
        for o in range(q):
            dH[l, o, p + m] += AL[k, o]
            dH[o, l, p + m] += AL[k, o]
    dHinv[:, :, :] = 0.0
    for l in range(q):
        for m in range(q):
            for k in range(q):
                for o in range(q):
                    t = Hinv[l, k] * Hinv[o, m]
                    for d in range(K):
                        dHinv[l, m, d] -= t * dH[k, o, d]


@njit(cache=True, fastmath=FAST, inline="always")
def shift_derivatives(
    p: int, z: Any, v: Any, terms: Any, lo: int, hi: int, a: Any, h: Any, Hv: Any, c: Any,
    s: Any, Hinv: Any, row: Any, column: Any, extra: int, total: Any, dh: Any, dHinv: Any,
    dc: Any, ds: Any, second: Any, dims: Any,
) -> None:  # fmt: skip
    """``dh`` by row, ``dc`` and ``ds``; adds what dl/dv owes to the change of a to ``second``."""
    q = len(dims)
    K = dc.shape[1]
    dc[:, :] = 0.0
    for i in range(lo, hi):
        dhi, ti = dh[i - lo], total[i - lo]
        for d in range(K):
            dhi[d] = 0.0
        for l in range(q):
            for m in range(l + 1):
                t = v[i, l] * v[i, m] * (1.0 if l == m else 2.0)
                for d in range(K):
                    dhi[d] += t * dHinv[l, m, d]
        for m in range(row.shape[0]):
            dhi[p + m] += 2.0 * z[i, row[m]] * Hv[i - lo, column[m]]
        # So far da; from it what it adds to the variance parameter's row of the Hessian.
        if extra:
            t = -0.5 * terms[i - lo, WK]
            for d in range(K):
                second[d] += t * dhi[d]
        half = 0.5 * terms[i - lo, W1]
        t = 0.5 * a[i - lo] * terms[i - lo, W2] - terms[i - lo, T2]
        for d in range(K):
            dhi[d] = half * dhi[d] + t * ti[d]
        if extra:
            dhi[K - 1] += 0.5 * a[i - lo] * terms[i - lo, W1K] - terms[i - lo, T1K]
        for l in range(q):
            t = v[i, l]
            for d in range(K):
                dc[l, d] += t * dhi[d]
        for m in range(row.shape[0]):
            dc[column[m], p + m] += h[i - lo] * z[i, row[m]]
    for l in range(q):
        for d in range(K):
            ds[l, d] = 0.0
        for m in range(q):
            for d in range(K):
                ds[l, d] += dHinv[l, m, d] * c[m] + Hinv[l, m] * dc[m, d]


@njit(cache=True, fastmath=FAST, inline="always")
def residual_derivatives(
    p: int, z: Any, v: Any, w: Any, terms: Any, lo: int, hi: int, s: Any, row: Any, column: Any,
    extra: int, deta: Any, total: Any, dh: Any, ds: Any, dzr: Any, dze: Any, dims: Any,
) -> None:  # fmt: skip
    """d r by row into ``deta``, and the derivatives ``dzr`` and ``dze`` of its sums with z."""
    q = len(dims)
    K = dzr.shape[1]
    dzr[:, :] = 0.0
    dze[:, :] = 0.0
    for i in range(lo, hi):
        di, ti, dhi = deta[i], total[i - lo], dh[i - lo]
        vs = 0.0
        for l in range(q):
            vs += v[i, l] * s[l]
        t = terms[i - lo, W1] * vs - w[i]
        for d in range(K):
            di[d] = t * ti[d] - dhi[d]
        for l in range(q):
            t = w[i] * v[i, l]
            for d in range(K):
                di[d] += t * ds[l, d]
        for m in range(row.shape[0]):
            di[p + m] += w[i] * z[i, row[m]] * s[column[m]]
        if extra:
            di[K - 1] += terms[i - lo, F1K] + terms[i - lo, WK] * vs
        for k in range(q):
            t = z[i, k]
            for d in range(K):
                dzr[k, d] += t * di[d]
            t = z[i, k] * w[i]
            for d in range(K):
                dze[k, d] -= t * ti[d]
            if extra:
                dze[k, K - 1] += z[i, k] * terms[i - lo, F1K]


@njit(cache=True, fastmath=FAST, inline="always")
def theta_row(
    p: int, k: int, l: int, u: Any, L: Any, A: Any, AL: Any, s: Any, ze: Any, zr: Any, Hinv: Any,
    row: Any, column: Any, du: Any, dA: Any, dHinv: Any, ds: Any, dzr: Any, dze: Any, out: Any,
    dims: Any,
) -> None:  # fmt: skip
    """Derivative of dl/dL_kl = zr_k u_l - (A L H^-1)_kl - ze_k s_l along all directions."""
    q = len(dims)
    K = out.shape[0]
    for d in range(K):
        out[d] += dzr[k, d] * u[l] + zr[k] * du[l, d]
        out[d] -= dze[k, d] * s[l] + ze[k] * ds[l, d]
    for o in range(q):
        t = AL[k, o]
        for d in range(K):
            out[d] -= t * dHinv[o, l, d]
        # (L H^-1)_ol
        t = 0.0
        for b in range(q):
            t += L[o, b] * Hinv[b, l]
        for d in range(K):
            out[d] -= t * dA[k, o, d]
    for m in range(row.shape[0]):
        out[p + m] -= A[k, row[m]] * Hinv[column[m], l]


@njit(cache=True, fastmath=FAST, inline="always")
def variance_row(
    p: int, z: Any, v: Any, terms: Any, lo: int, hi: int, a: Any, s: Any, row: Any, column: Any,
    total: Any, ds: Any, out: Any, dims: Any,
) -> None:  # fmt: skip
    """Derivative of dl/dv along all directions, what the change of a adds apart."""
    q = len(dims)
    K = out.shape[0]
    for i in range(lo, hi):
        ti, term = total[i - lo], terms[i - lo]
        vs = 0.0
        for l in range(q):
            vs += v[i, l] * s[l]
        t = term[F1K] + term[T1K] - 0.5 * a[i - lo] * term[W1K] + term[WK] * vs
        for d in range(K):
            out[d] += t * ti[d]
        for l in range(q):
            t = term[F1K] * v[i, l]
            for d in range(K):
                out[d] -= t * ds[l, d]
        for m in range(row.shape[0]):
            out[p + m] -= term[F1K] * z[i, row[m]] * s[column[m]]


@njit(cache=True, fastmath=FAST)
def by_root(hessian: Any, second: Any, kappa: float, slope: float) -> None:
    """Derivatives by v, of the rest (last column) and of dl/dv (``second``), to those by kappa."""
    K = second.shape[0]
    for d in range(K):
        hessian[d, K - 1] *= 2.0 * kappa
        hessian[K - 1, d] = 2.0 * kappa * second[d]
    hessian[K - 1, K - 1] = 4.0 * kappa * kappa * second[K - 1] + 2.0 * slope


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
