"""Compiled second derivatives of the Laplace log-likelihood.

With the mode's conditions as constraints and s their multipliers, l is stationary in the modes, so
its Hessian is the second derivative, s held fixed, of

    sum (f + t) - u'u / 2 - log det H / 2 - (sum f1 v - u)'s

along psi and the modes' move du (Nocedal and Wright 2006, Numerical Optimization, 2nd ed., section
12.4; names as in ``harness.glmm.kernel``). Along direction d a row's linear predictor moves by
T_d = x_b + z'k_d, with k_d = L du_d + dL_d u, so that everything follows from sums over the rows
of a group of products of w, w1 and

    omega = t2 - w - w2 a / 2 + w1 v's

with the columns of x and z: no row is looked at once a direction. With Y_d = dA at fixed L,
H_d = L'Y_d L + dL'A L + L'A dL and Q_d = sum w T_d z,

    d2l(d, e) = sum omega T_d T_e - du_d'du_e + tr(H^-1 H_d H^-1 H_e) / 2 + X_d(e) + X_e(d)

where X_e(d), for e the entry (r, c) of L, is zr_r du_dc + Q_dr s_c - (Y_d L H^-1)_rc, and less
A_rr' H^-1_cc' where both are entries of L.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.densities import F1K, T1K, W1K, WK
from harness.glmm.sums import (
    FAST,
    add_scaled,
    by_lane,
    dot,
    lane_copy,
    lane_product,
    lane_scaled,
    product,
    total,
)  # fmt: skip


@njit(cache=True, fastmath=FAST)
def third_moments(x: Any, z: Any, w1: Any, pair: Any, one: Any, Yx: Any, Yz: Any) -> None:
    """``Yx`` = sum w1 x zz', shape (p, q, q, lanes), and ``Yz`` = sum w1 z zz'."""
    p, q = x.shape[0], z.shape[0]
    for k in range(q):
        product(w1, z[k], one)
        for l in range(k + 1):
            product(one, z[l], pair)
            for b in range(p):
                by_lane(pair, x[b], Yx[b, k, l])
                if l < k:
                    lane_copy(Yx[b, k, l], Yx[b, l, k])
            for o in range(q):
                by_lane(pair, z[o], Yz[o, k, l])
                if l < k:
                    lane_copy(Yz[o, k, l], Yz[o, l, k])


@njit(cache=True, fastmath=FAST)
def omega_of(w: Any, w1: Any, w2: Any, t2: Any, a: Any, vs: Any, extra: int, omega: Any) -> None:
    """Weight of T_d T_e."""
    for i in range(w.shape[0]):
        for g in range(w.shape[1]):
            omega[i, g] = w1[i, g] * vs[i, g] - w[i, g] - 0.5 * w2[i, g] * a[i, g]
    if extra:
        add_scaled(1.0, t2, omega)


@njit(cache=True, fastmath=FAST)
def psi_of(terms: Any, a: Any, vs: Any, out: Any) -> None:
    """Weight of T_d beside a move of the family's variance."""
    for i in range(a.shape[0]):
        for g in range(a.shape[1]):
            t = terms[F1K, i, g] + terms[T1K, i, g] - 0.5 * a[i, g] * terms[W1K, i, g]
            out[i, g] = t + terms[WK, i, g] * vs[i, g]


@njit(cache=True, fastmath=FAST)
def mode_moves(
    B: Any, F: Any, ze: Any, u: Any, L: Any, AL: Any, Hinv: Any, row: Any, column: Any,
    right: Any, du: Any, kd: Any,
) -> None:  # fmt: skip
    """``du`` and ``kd``, shape (K, q, lanes), along every direction."""
    K, q = du.shape[0], du.shape[1]
    p, T = B.shape[0], row.shape[0]
    for d in range(K):
        right[:, :] = 0.0
        if d < p:
            for l in range(q):
                for k in range(l, q):
                    lane_scaled(-L[k, l], B[d, k], right[l])
        elif d < p + T:
            r, c = row[d - p], column[d - p]
            for l in range(q):
                lane_product(-1.0, AL[r, l], u[c], right[l])
            lane_scaled(1.0, ze[r], right[c])
        else:
            for l in range(q):
                for k in range(l, q):
                    lane_scaled(L[k, l], F[k], right[l])
        for l in range(q):
            for m in range(q):
                lane_product(1.0, Hinv[l, m], right[m], du[d, l])
        for k in range(q):
            for l in range(k + 1):
                lane_scaled(L[k, l], du[d, l], kd[d, k])
        if p <= d < p + T:
            lane_scaled(1.0, u[column[d - p]], kd[d, row[d - p]])


@njit(cache=True, fastmath=FAST)
def curvature_moves(
    L: Any, AL: Any, Rinv: Any, row: Any, column: Any, p: int, Y: Any, HL: Any, Hd: Any, N: Any,
) -> None:  # fmt: skip
    """``N`` = R^-1 H_d R^-T / sqrt(2): products of two of them are traces of the Hessian."""
    K, q = Y.shape[0], Y.shape[1]
    half = math.sqrt(0.5)
    for d in range(K):
        HL[:, :, :] = 0.0
        Hd[:, :, :] = 0.0
        for k in range(q):
            for l in range(q):
                for m in range(l, q):
                    lane_scaled(L[m, l], Y[d, k, m], HL[k, l])
        for l in range(q):
            for m in range(q):
                for k in range(l, q):
                    lane_scaled(L[k, l], HL[k, m], Hd[l, m])
        if p <= d < p + row.shape[0]:
            r, c = row[d - p], column[d - p]
            for l in range(q):
                lane_scaled(1.0, AL[r, l], Hd[c, l])
                lane_scaled(1.0, AL[r, l], Hd[l, c])
        HL[:, :, :] = 0.0
        for l in range(q):
            for m in range(q):
                for k in range(m + 1):
                    lane_product(1.0, Hd[l, k], Rinv[m, k], HL[l, m])
        for l in range(q):
            for m in range(q):
                for k in range(l + 1):
                    lane_product(half, Rinv[l, k], HL[k, m], N[d, l, m])


@njit(cache=True, fastmath=FAST)
def inverse_factor(R: Any, Rinv: Any) -> None:
    """Inverse of a lower triangle, shapes (q, q, lanes)."""
    q = R.shape[0]
    Rinv[:, :, :] = 0.0
    for j in range(q):
        for g in range(R.shape[2]):
            Rinv[j, j, g] = 1.0 / R[j, j, g]
        for i in range(j + 1, q):
            for k in range(j, i):
                lane_product(-1.0, R[i, k], Rinv[k, j], Rinv[i, j])
            for g in range(R.shape[2]):
                Rinv[i, j, g] /= R[i, i, g]


@njit(cache=True, fastmath=FAST)
def add_pairs(
    x: Any, omega: Any, xs: Any, kd: Any, Mk: Any, du: Any, N: Any, hessian: Any,
) -> None:  # fmt: skip
    """Add the part that is symmetric in the two directions, upper triangle."""
    p, K, q = x.shape[0], kd.shape[0], kd.shape[1]
    for b in range(p):
        product(omega, x[b], xs)
        for c in range(b, p):
            hessian[b, c] += total(xs, x[c])
    for d in range(K):
        for e in range(d, K):
            t = 0.0
            for k in range(q):
                t += dot(kd[d, k], Mk[e, k]) - dot(du[d, k], du[e, k])
                for l in range(q):
                    t += dot(N[d, k, l], N[e, k, l])
            hessian[d, e] += t


@njit(cache=True, fastmath=FAST)
def add_one_sided(
    C: Any, P: Any, kd: Any, du: Any, Q: Any, Y: Any, LH: Any, zr: Any, s: Any, row: Any,
    column: Any, one_sided: Any,
) -> None:  # fmt: skip
    """Add the parts X_e(d) and x_b against z'k_e: each stands for itself and its transpose."""
    p, K, q = C.shape[0], kd.shape[0], kd.shape[1]
    T = row.shape[0]
    for e in range(K):
        for k in range(q):
            for b in range(p):
                one_sided[b, e] += dot(C[b, k], kd[e, k])
            if p + T < K:
                one_sided[K - 1, e] += dot(P[k], kd[e, k])
    for m in range(T):
        r, c = row[m], column[m]
        for d in range(K):
            t = dot(zr[r], du[d, c]) + dot(Q[d, r], s[c])
            for k in range(q):
                t -= dot(Y[d, r, k], LH[k, c])
            one_sided[d, p + m] += t


@njit(cache=True, fastmath=FAST)
def add_hessian(
    x: Any, z: Any, w: Any, w1: Any, w2: Any, t2: Any, terms: Any, extra: int, a: Any, vs: Any,
    wz: Any, u: Any, s: Any, ze: Any, zr: Any, L: Any, A: Any, AL: Any, R: Any, Hinv: Any,
    row: Any, column: Any, hessian: Any,
) -> None:  # fmt: skip
    """Add the Hessian of a strip; the variance's row and column by v, not yet by its root."""
    p, m, G = x.shape
    q, T = z.shape[0], row.shape[0]
    K = p + T + extra
    rows = np.empty((3, m, G))
    omega, one, pair = rows[0], rows[1], rows[2]
    B, C, F, P = np.empty((p, q, G)), np.empty((p, q, G)), np.zeros((q, G)), np.zeros((q, G))
    M, Yv = np.empty((q, q, G)), np.zeros((q, q, G))
    Yz, Y = np.empty((q, q, q, G)), np.zeros((K, q, q, G))
    omega_of(w, w1, w2, t2, a, vs, extra, omega)
    for k in range(q):
        product(omega, z[k], one)
        for b in range(p):
            by_lane(wz[k], x[b], B[b, k])
            by_lane(one, x[b], C[b, k])
        for l in range(q):
            by_lane(one, z[l], M[k, l])
    third_moments(x, z, w1, pair, one, Y, Yz)
    one_sided = np.zeros((K, K))
    if extra:
        for k in range(q):
            by_lane(terms[F1K], z[k], F[k])
            product(terms[WK], z[k], one)
            for l in range(q):
                by_lane(one, z[l], Yv[k, l])
        psi_of(terms, a, vs, one)
        for b in range(p):
            one_sided[b, K - 1] += total(one, x[b])
        for k in range(q):
            by_lane(one, z[k], P[k])
    moves = np.zeros((4, K, q, G))
    du, kd, Mk, Q = moves[0], moves[1], moves[2], moves[3]
    mode_moves(B, F, ze, u, L, AL, Hinv, row, column, np.empty((q, G)), du, kd)
    for d in range(K):
        for k in range(q):
            if d < p:
                lane_copy(B[d, k], Q[d, k])
            elif d == p + T:
                lane_scaled(-1.0, F[k], Q[d, k])
            for l in range(q):
                lane_product(1.0, M[k, l], kd[d, l], Mk[d, k])
                lane_product(1.0, A[k, l], kd[d, l], Q[d, k])
                if d == p + T:
                    lane_scaled(1.0, Yv[k, l], Y[d, k, l])
                for o in range(q):
                    lane_product(1.0, Yz[o, k, l], kd[d, o], Y[d, k, l])
    N, scratch = np.zeros((K, q, q, G)), np.empty((4, q, q, G))
    Rinv, HL, Hd, LH = scratch[0], scratch[1], scratch[2], scratch[3]
    inverse_factor(R, Rinv)
    curvature_moves(L, AL, Rinv, row, column, p, Y, HL, Hd, N)
    LH[:, :, :] = 0.0
    for k in range(q):
        for l in range(q):
            for o in range(k + 1):
                lane_scaled(L[k, o], Hinv[o, l], LH[k, l])
    triangle = np.zeros((K, K))
    add_pairs(x, omega, pair, kd, Mk, du, N, triangle)
    add_one_sided(C, P, kd, du, Q, Y, LH, zr, s, row, column, one_sided)
    for i in range(T):
        for j in range(i, T):
            triangle[p + i, p + j] -= dot(A[row[i], row[j]], Hinv[column[i], column[j]])
    for d in range(K):
        for e in range(d, K):
            t = triangle[d, e] + one_sided[d, e] + one_sided[e, d]
            hessian[d, e] += t
            if e > d:
                hessian[e, d] += t


@njit(cache=True, fastmath=FAST)
def by_root(hessian: Any, kappa: float, slope: float, second: float) -> None:
    """Derivatives by v, the last row and column, to those by kappa; ``slope`` is dl/dv."""
    K = hessian.shape[0]
    hessian[K - 1, K - 1] += second
    for d in range(K):
        hessian[K - 1, d] *= 2.0 * kappa
        hessian[d, K - 1] *= 2.0 * kappa
    hessian[K - 1, K - 1] += 2.0 * slope
