"""Compiled adaptive Gauss-Hermite quadrature: value and exact gradient.

With u the mode of a group, C the lower Cholesky root of its curvature H and nodes x_k of the
product rule for N(0, I) with weights omega_k, the integral over the random effects is

    l_j = log sum_k exp(b_k) - log det C,   b_k = log omega_k + x_k'x_k / 2 + log joint(u_k),
    u_k = u + C^-T x_k

(Liu and Pierce 1994, Biometrika 81:624; Pinheiro and Chao 2006). Mode and root move with the
parameters, and so do the nodes. With p_k the share of node k in the sum and g_k the slope of the
log joint density at u_k, that movement changes l_j by

    G'du + tr(Gamma dH),   G = sum p_k g_k,
    Gamma = sym(C^-T P C^-1),  P = low(C'Cbar),  Cbar = -low(C^-T M C^-T) - diag(C)^-1,
    M = sum p_k x_k g_k'

where low() keeps the lower triangle and, in P, halves its diagonal (the adjoint of a Cholesky
factor). One point gives Gamma = -H^-1 / 2 and G = 0: the Laplace approximation. With
q_i = v'Gamma v, c = G + sum w1 q_i v and s = H^-1 c,

    dl/dbeta = sum (F0 + w1 q_i - w v's) x,   F0 = sum_k p_k f1(eta_k),

and likewise for L and the family's variance parameter.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.arrays import Rows
from harness.glmm.densities import (
    F1K,
    NB2,
    NO_VARIANCE,
    SERIES,
    W1,
    WK,
    count_sums,
    tabulate,
)  # fmt: skip
from harness.glmm.groups import (
    GroupWork,
    Q,
    group_mode,
    linear_predictors,
    row_terms,
    solve,
)  # fmt: skip
from harness.glmm.sums import FAST

# 1/15, 1/13, ..., 1/3: unrolled by the compiler.
ODD = tuple(1.0 / n for n in range(15, 1, -2))
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


@njit(cache=True, fastmath=FAST, inline="always")
def log_ratio(s: float) -> float:
    """(log(1+s) - s/(1+s)) / s^2, as ``densities.log_series`` has it without its derivative.

    With t = s / (2+s) it is (1-t)^2 / 2 times 1/(1+t) + t/3 + t^3/5 + ...: nothing cancels, and
    where s <= 1/5 the first term left out is below 1e-17.
    """
    if s > SERIES:
        return (math.log1p(s) - s / (1.0 + s)) / (s * s)
    t = s / (2.0 + s)
    odd = 0.0
    for reciprocal in ODD:
        odd = odd * t * t + reciprocal
    return 0.5 * (1.0 - t) * (1.0 - t) * (1.0 / (1.0 + t) + t * odd)


@njit(cache=True, fastmath=FAST, inline="always")
def averages(
    y: Any, v: Any, lo: int, hi: int, kind: Any, variance: float,
    mean: Any, R: Any, x: Any, p: Any, px: Any, X1: Any, one: Any, E: Any, F0: Any,
    F1: Any, FV: Any, dims: Any,
) -> None:  # fmt: skip
    """By row: F0 = sum p f1, F1 = sum p f1 x and FV = sum p df/dv over the nodes."""
    q = len(dims)
    d = np.zeros(Q)
    for i in range(lo, hi):
        forward(R, v[i], d, dims)
        at = i - lo
        relative_moves(d, x, one, E, dims)
        if len(kind) == 0:
            rest = y[i] - mean[i]
            t = 0.0
            for k in range(p.shape[0]):
                t += p[k] * E[k]
            F0[at] = rest - mean[i] * t
            for l in range(q):
                t = 0.0
                for k in range(p.shape[0]):
                    t += px[l, k] * E[k]
                F1[at, l] = rest * X1[l] - mean[i] * t
            continue
        F0[at] = FV[at] = 0.0
        for l in range(q):
            F1[at, l] = 0.0
        for k in range(p.shape[0]):
            m = mean[i] * (1.0 + E[k])
            f1 = (y[i] - m) / (1.0 + variance * m)
            F0[at] += p[k] * f1
            FV[at] += p[k] * (m * m * log_ratio(variance * m) - y[i] * m / (1.0 + variance * m))
            for l in range(q):
                F1[at, l] += px[l, k] * f1


@njit(cache=True, fastmath=FAST, inline="always")
def movement(
    v: Any, lo: int, hi: int, u: Any, R: Any, Cinv: Any, F0: Any, F1: Any, X1: Any, X2: Any,
    G: Any, Gamma: Any, dims: Any,
) -> None:  # fmt: skip
    """Fill G (q,) and Gamma (q, q): what the move of the nodes is worth."""
    q = len(dims)
    M, Y, P = np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q))
    for a in range(q):
        G[a] = -u[a]
        for c in range(a, q):
            G[a] -= Cinv[c, a] * X1[c]
        for c in range(q):
            M[a, c] = -X1[a] * u[c]
            for e in range(c, q):
                M[a, c] -= X2[a, e] * Cinv[e, c]
    for i in range(lo, hi):
        for a in range(q):
            G[a] += F0[i - lo] * v[i, a]
            for c in range(q):
                M[a, c] += F1[i - lo, a] * v[i, c]
    # Y = -C^-T M C^-T - 1 / diag(C), its lower triangle: the adjoint of C.
    for a in range(q):
        for c in range(a + 1):
            t = 0.0
            for e in range(a, q):
                for f in range(c + 1):
                    t -= Cinv[e, a] * M[e, f] * Cinv[c, f]
            Y[a, c] = t - (1.0 / R[a, a] if a == c else 0.0)
    for a in range(q):
        for c in range(a + 1):
            t = 0.0
            for e in range(a, q):
                t += R[e, a] * Y[e, c]
            P[a, c] = 0.5 * t if a == c else t
    for a in range(q):
        for c in range(q):
            t = 0.0
            for e in range(a, q):
                for f in range(c, e + 1):
                    t += Cinv[e, a] * P[e, f] * Cinv[f, c]
            Y[a, c] = t
    for a in range(q):
        for c in range(q):
            Gamma[a, c] = 0.5 * (Y[a, c] + Y[c, a])


@njit(cache=True, fastmath=FAST, inline="always")
def add_gradient(
    x: Any, z: Any, v: Any, f1: Any, w: Any, terms: Any, lo: int, hi: int, u: Any, L: Any,
    R: Any, Cinv: Any, F0: Any, F1: Any, FV: Any, G: Any, Gamma: Any, row: Any, column: Any,
    extra: int, gradient: Any, dims: Any,
) -> float:  # fmt: skip
    """Add a group's gradient in beta and theta; returns its derivative by the variance."""
    p = x.shape[1]
    q = len(dims)
    c, s, ze = np.zeros(Q), np.zeros(Q), np.zeros(Q)
    zr, zF, A = np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q))
    curve = np.zeros(hi - lo)
    for l in range(q):
        c[l] = G[l]
    for i in range(lo, hi):
        t = 0.0
        for l in range(q):
            for m in range(q):
                t += v[i, l] * Gamma[l, m] * v[i, m]
        curve[i - lo] = t
        for l in range(q):
            c[l] += terms[i - lo, W1] * t * v[i, l]
    solve(R, c, s, dims)
    slope = 0.0
    for i in range(lo, hi):
        vs = 0.0
        for l in range(q):
            vs += v[i, l] * s[l]
        r = F0[i - lo] + terms[i - lo, W1] * curve[i - lo] - w[i] * vs
        for b in range(p):
            gradient[b] += r * x[i, b]
        for k in range(q):
            ze[k] += f1[i] * z[i, k]
            for l in range(q):
                zr[k, l] += r * z[i, k] * u[l]
                zF[k, l] += z[i, k] * F1[i - lo, l]
                A[k, l] += w[i] * z[i, k] * z[i, l]
        if extra:
            slope += FV[i - lo] + terms[i - lo, WK] * curve[i - lo] + terms[i - lo, F1K] * vs
    for m in range(row.shape[0]):
        k, l = row[m], column[m]
        t = zr[k, l] + ze[k] * s[l]
        for e in range(l, q):
            t += zF[k, e] * Cinv[e, l]
        for e in range(q):
            for f in range(e, q):
                t += 2.0 * A[k, f] * L[f, e] * Gamma[e, l]
        gradient[p + m] += t
    return slope


@njit(cache=True, fastmath=FAST, nogil=True)
def quadrature(
    rows: Rows, work: GroupWork, nodes: tuple[Any, Any, Any], psi: Any, u: Any, gradient: Any,
    scores: Any, order: int,
) -> float:  # fmt: skip
    """Log-likelihood by adaptive quadrature, without its constant; -inf where it has no value.

    Parameters
    ----------
    nodes : tuple of ndarray
        As ``product_rule`` returns them.
    psi : ndarray, shape (K,)
    u : ndarray, shape (J, q)
        Start of the modes; their answer.
    gradient : ndarray, shape (K,)
        Filled where ``order`` is 1.
    scores : ndarray, shape (J, K) or (0, 0)
        Filled with the gradient of each group where there is room and ``order`` is 1.
    """
    y, x, z, offset, starts, row, column, dims, kind, family, _sums = rows
    fixed, mean, f1, w, v, H, R, terms, table = work
    node, grid, logs = nodes
    p = x.shape[1]
    q = len(dims)
    T = row.shape[0]
    extra = len(kind)
    K = p + T + extra
    L, Cinv, Gamma = np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q))
    G, X1, X2 = np.zeros(Q), np.zeros(Q), np.zeros((Q, Q))
    one, E, b = np.zeros(node.shape[0]), np.zeros(grid.shape[1]), np.zeros(grid.shape[1])
    px = np.zeros(grid.shape)
    longest = terms.shape[0]
    F0, F1, FV = np.zeros(longest), np.zeros((longest, Q)), np.zeros(longest)
    g = np.zeros(Q)
    sums = np.zeros(3)
    eta = np.zeros(x.shape[0])
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
    slope = 0.0
    value = 0.0
    for j in range(starts.shape[0] - 1):
        lo, hi, uj = starts[j], starts[j + 1], u[j]
        if not group_mode(
            y, fixed, v, lo, hi, uj, kind, family, variance, mean, f1, w, g, H, R, dims
        ) > (-np.inf):
            return -np.inf
        for i in range(lo, hi):
            eta[i] = fixed[i]
            for l in range(q):
                eta[i] += v[i, l] * uj[l]
        inverse_factor(R, Cinv, dims)
        value += log_joints(
            y, eta, v, lo, hi, uj, kind, variance, mean, R, Cinv, node, grid, logs, one, E, b, dims,
        )  # fmt: skip
        value += shares(b)
        if not value > -np.inf:
            return -np.inf
        for l in range(q):
            value -= math.log(R[l, l])
        if family == NB2:
            for i in range(lo, hi):
                count_sums(y[i], variance, table, sums)
                value += sums[0]
        if order == 0:
            continue
        for l in range(q):
            X1[l] = 0.0
            for k in range(b.shape[0]):
                px[l, k] = b[k] * grid[l, k]
                X1[l] += px[l, k]
            for m in range(q):
                X2[l, m] = 0.0
                for k in range(b.shape[0]):
                    X2[l, m] += px[l, k] * grid[m, k]
        row_terms(kind, family, y, mean, f1, variance, lo, hi, table, terms)
        averages(
            y, v, lo, hi, kind, variance, mean, R, node, b, px, X1, one, E, F0, F1, FV, dims,
        )  # fmt: skip
        if family == NB2:
            for i in range(lo, hi):
                count_sums(y[i], variance, table, sums)
                FV[i - lo] += sums[1]
        movement(v, lo, hi, uj, R, Cinv, F0, F1, X1, X2, G, Gamma, dims)
        if scores.shape[0] > 0:
            for d in range(K):
                scores[j, d] = -gradient[d]
        slope += add_gradient(
            x, z, v, f1, w, terms, lo, hi, uj, L, R, Cinv, F0, F1, FV, G, Gamma, row, column,
            extra, gradient, dims,
        )  # fmt: skip
        if extra:
            gradient[K - 1] = 2.0 * psi[K - 1] * slope
        if scores.shape[0] > 0:
            for d in range(K):
                scores[j, d] += gradient[d]
    return value
