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
from harness.glmm.densities import NB2, NO_VARIANCE, count_sums, tabulate
from harness.glmm.groups import GroupWork, Q, group_mode, linear_predictors, row_terms
from harness.glmm.node_gradient import add_gradient, averages, movement
from harness.glmm.nodes import inverse_factor, log_joints, shares
from harness.glmm.sums import FAST


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
