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
Hessian is in ``harness.glmm.hessian``. Everything runs over the groups of a strip at once
(``harness.glmm.lanes``).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from harness.glmm.densities import (
    F1K,
    F1KK,
    FK,
    FKK,
    N_TERMS,
    NB2,
    NO_VARIANCE,
    POISSON,
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
from harness.glmm.hessian import add_hessian, by_root
from harness.glmm.lanes import Lanes, elements_of, strip_of
from harness.glmm.modes import find_modes, solve
from harness.glmm.sums import (
    FAST,
    add_by_lane,
    add_scaled,
    by_lane,
    copy,
    lane_product,
    lane_scaled,
    product,
)  # fmt: skip


class Work(NamedTuple):
    """Rows of all strips at their modes: mean, f1 and w, shape (N,); ``table`` of ``nb2``."""

    mean: Any
    f1: Any
    w: Any
    table: Any


@njit(cache=True)
def workspace(lanes: Lanes) -> Work:
    """Allocate what outlives a strip."""
    n = lanes.y.shape[0]
    return Work(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((lanes.sums, 3)))


@njit(cache=True)
def cholesky_factor(lanes: Lanes, psi: Any) -> Any:
    """Lower Cholesky factor L of the covariance of the random effects, shape (q, q)."""
    L = np.zeros((lanes.q, lanes.q))
    for m in range(lanes.row.shape[0]):
        L[lanes.row[m], lanes.column[m]] = psi[lanes.p + m]
    return L


@njit(cache=True)
def family_variance(lanes: Lanes, psi: Any) -> float:
    """Variance parameter of the family; 0 where there is none, or nothing of it."""
    variance = psi[-1] * psi[-1] if lanes.extra else 0.0
    return 0.0 if variance < NO_VARIANCE else variance


@njit(cache=True)
def row_terms(
    family: int, y: Any, place: Any, mean: Any, f1: Any, variance: float, table: Any, terms: Any,
    value: Any,
) -> None:  # fmt: skip
    """Fill ``terms``, shape (N_TERMS, rows, lanes); add what depends on y and the variance alone.

    For ``poisson-olre`` what is added to ``value`` is t.
    """
    out, sums = np.zeros(N_TERMS), np.zeros(3)
    terms[:, :, :] = 0.0
    for i in range(y.shape[0]):
        for g in range(y.shape[1]):
            if place[i, g] < 0:
                continue
            if family == NB2:
                nb2_terms(y[i, g], mean[i, g], variance, out)
                count_sums(y[i, g], variance, table, sums)
                out[FK] += sums[1]
                out[FKK] += sums[2]
                value[g] += sums[0]
            else:
                olre_terms(f1[i, g], mean[i, g], variance, out)
                value[g] -= 0.5 * math.log1p(variance * mean[i, g])
            for k in range(N_TERMS):
                terms[k, i, g] = out[k]


@njit(cache=True, fastmath=FAST)
def inverse(R: Any, Hinv: Any) -> None:
    """``Hinv`` = (R R')^-1, shapes (q, q, lanes)."""
    q = R.shape[0]
    for j in range(q):
        Hinv[j, :, :] = 0.0
        Hinv[j, j, :] = 1.0
        solve(R, Hinv[j], Hinv[j])


@njit(cache=True, fastmath=FAST)
def leverages(
    v: Any, slope: Any, R: Any, Hinv: Any, w1: Any, t1: Any, extra: int, wv: Any, a: Any, h: Any,
    c: Any, s: Any, vs: Any,
) -> None:  # fmt: skip
    """By row ``a`` = v'H^-1 v, ``h`` and ``vs`` = v's; by lane ``c`` and ``s``."""
    q = v.shape[0]
    a[:, :] = 0.0
    vs[:, :] = 0.0
    for l in range(q):
        for m in range(l + 1):
            product(v[l], v[m], wv)
            add_by_lane(Hinv[l, m], wv, a)
            if m < l:
                add_by_lane(Hinv[l, m], wv, a)
    product(w1, a, h)
    for i in range(h.shape[0]):
        for g in range(h.shape[1]):
            h[i, g] *= 0.5
    if extra:
        add_scaled(-1.0, t1, h)
    for l in range(q):
        by_lane(h, v[l], c[l])
        # Shifts f1 by w v'H^-1 g below, to where the slope is zero to the last digit: with large
        # counts the rounding of the mode would otherwise be most of the gradient's error.
        lane_scaled(-1.0, slope[l], c[l])
    solve(R, c, s)
    for l in range(q):
        add_by_lane(s[l], v[l], vs)


@njit(cache=True, fastmath=FAST)
def group_gradients(
    x: Any, z: Any, f1: Any, w: Any, h: Any, vs: Any, u: Any, L: Any, s: Any, Hinv: Any, row: Any,
    column: Any, r: Any, wz: Any, ze: Any, zr: Any, A: Any, AL: Any, out: Any,
) -> None:  # fmt: skip
    """Gradient of every lane in beta and theta, with the sums that it is made of."""
    p, q = x.shape[0], z.shape[0]
    product(w, vs, r)
    add_scaled(1.0, f1, r)
    add_scaled(-1.0, h, r)
    for b in range(p):
        by_lane(r, x[b], out[b])
    for k in range(q):
        product(w, z[k], wz[k])
        by_lane(f1, z[k], ze[k])
        by_lane(r, z[k], zr[k])
        for l in range(k + 1):
            by_lane(wz[k], z[l], A[k, l])
            A[l, k] = A[k, l]
    AL[:, :, :] = 0.0
    for k in range(q):
        for l in range(q):
            for m in range(l, q):
                lane_scaled(L[m, l], A[k, m], AL[k, l])
    for m in range(row.shape[0]):
        k, l = row[m], column[m]
        out[p + m] = 0.0
        lane_product(1.0, zr[k], u[l], out[p + m])
        lane_product(-1.0, ze[k], s[l], out[p + m])
        for o in range(q):
            lane_product(-1.0, AL[k, o], Hinv[o, l], out[p + m])


@njit(cache=True, fastmath=FAST)
def variance_gradients(terms: Any, a: Any, vs: Any, first: Any, second: Any) -> None:
    """dl/dv of every lane, and the part of d2l/dv2 that is not carried by the mode."""
    first[:] = 0.0
    second[:] = 0.0
    for i in range(a.shape[0]):
        for g in range(a.shape[1]):
            first[g] += terms[FK, i, g] - 0.5 * terms[WK, i, g] * a[i, g]
            first[g] -= terms[F1K, i, g] * vs[i, g]
            second[g] += terms[FKK, i, g] - 0.5 * terms[WKK, i, g] * a[i, g]
            second[g] -= terms[F1KK, i, g] * vs[i, g]


@njit(cache=True, fastmath=FAST)
def laplace(
    lanes: Lanes, work: Work, psi: Any, u: Any, gradient: Any, hessian: Any, scores: Any,
) -> float:  # fmt: skip
    """Laplace log-likelihood without its constant; -inf where a mode is not found.

    Parameters
    ----------
    psi : ndarray, shape (K,)
    u : ndarray, shape (J, q)
        Start of the modes; their answer.
    gradient : ndarray, shape (K,) or (0,)
    hessian : ndarray, shape (K, K) or (0, 0)
    scores : ndarray, shape (J, K) or (0, 0)
        Gradient of each group. Each is filled where there is room; a Hessian or scores need a
        gradient.
    """
    p, q, extra, row, column = lanes.p, lanes.q, lanes.extra, lanes.row, lanes.column
    family = lanes.family
    K = p + row.shape[0] + extra
    L = cholesky_factor(lanes, psi)
    variance = family_variance(lanes, psi)
    if family == NB2:
        tabulate(variance, work.table)
    gradient[:] = 0.0
    hessian[:, :] = 0.0
    value = 0.0
    slope_v = 0.0
    second_v = 0.0
    for strip in range(lanes.lane.shape[0] - 1):
        y, place, offset, x, z, group = strip_of(lanes, strip)
        m, G = y.shape
        mean = elements_of(lanes, strip, work.mean)
        f1, w = elements_of(lanes, strip, work.f1), elements_of(lanes, strip, work.w)

        rows = np.empty((8, m, G))
        fixed, eta, wv, a, h, r, vs = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6]
        v, wz = np.zeros((q, m, G)), np.empty((q, m, G))
        matrices = np.empty((5, q, q, G))
        H, R, Hinv, A, AL = matrices[0], matrices[1], matrices[2], matrices[3], matrices[4]
        vectors = np.empty((8, q, G))
        us, slope, c, s = vectors[0], vectors[1], vectors[2], vectors[3]
        ze, zr, proposed, step = vectors[4], vectors[5], vectors[6], vectors[7]
        scalars = np.empty((6, G))
        values, last, decrement, size = scalars[0], scalars[1], scalars[2], scalars[3]
        state = np.empty(G, dtype=np.int64)

        copy(offset, fixed)
        for b in range(p):
            add_scaled(psi[b], x[b], fixed)
        for l in range(q):
            for k in range(l, q):
                if L[k, l] != 0.0:
                    add_scaled(L[k, l], z[k], v[l])
        for l in range(q):
            for g in range(G):
                us[l, g] = u[group[g], l]
        found = find_modes(
            y, place, fixed, v, POISSON if variance == 0.0 else family, variance, us, eta, wv,
            mean, f1, w, values, slope, H, R, last, decrement, proposed, step, size, state,
        )  # fmt: skip
        if not found:
            return -np.inf
        for l in range(q):
            for g in range(G):
                u[group[g], l] = us[l, g]
        terms = np.empty((N_TERMS if extra else 0, m, G))
        if extra:
            row_terms(family, y, place, mean, f1, variance, work.table, terms, values)
        for g in range(G):
            determinant = 1.0
            for l in range(q):
                determinant *= R[l, l, g]
            value += values[g] - math.log(determinant)
        if gradient.shape[0] == 0:
            continue
        w1 = terms[W1] if extra else w
        w2 = terms[W2] if extra else w
        t1, t2 = (terms[T1], terms[T2]) if extra else (w, w)
        inverse(R, Hinv)
        leverages(v, slope, R, Hinv, w1, t1, extra, wv, a, h, c, s, vs)
        out = np.empty((K, G))
        group_gradients(x, z, f1, w, h, vs, us, L, s, Hinv, row, column, r, wz, ze, zr, A, AL, out)
        if extra:
            variance_gradients(terms, a, vs, out[K - 1], scalars[4])
            for g in range(G):
                slope_v += out[K - 1, g]
                second_v += scalars[4, g]
                out[K - 1, g] *= 2.0 * psi[K - 1]
        for d in range(K):
            for g in range(G):
                gradient[d] += out[d, g]
        if scores.shape[0] > 0:
            for g in range(G):
                for d in range(K):
                    scores[group[g], d] = out[d, g]
        if hessian.shape[0] == 0:
            continue
        add_hessian(
            x, z, w, w1, w2, t2, terms, extra, a, vs, wz, us, s, ze, zr, L, A, AL, R, Hinv, row,
            column, hessian,
        )  # fmt: skip
    if hessian.shape[0] > 0 and extra:
        by_root(hessian, psi[K - 1], slope_v, second_v)
    return value


@njit(cache=True)
def third_derivatives(lanes: Lanes, work: Work, variance: float) -> tuple[Any, Any]:
    """w1 and t1 of every element at the modes that ``work`` holds, shape (N,)."""
    w1, t1 = work.w.copy(), np.zeros(lanes.y.shape[0])
    if lanes.extra:
        for s in range(lanes.lane.shape[0] - 1):
            y, place, _offset, _x, _z, _group = strip_of(lanes, s)
            mean, f1 = elements_of(lanes, s, work.mean), elements_of(lanes, s, work.f1)
            terms, unused = np.empty((N_TERMS, y.shape[0], y.shape[1])), np.zeros(y.shape[1])
            row_terms(lanes.family, y, place, mean, f1, variance, work.table, terms, unused)
            elements_of(lanes, s, w1)[:, :] = terms[W1]
            elements_of(lanes, s, t1)[:, :] = terms[T1]
    return w1, t1
