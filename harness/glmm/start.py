"""Compiled start of a fit: the regression without random effects, moments, a first step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.dense import backsolve, cholesky
from harness.glmm.densities import OLRE
from harness.glmm.exponential import exponential
from harness.glmm.kernel import Work, cholesky_factor, inverse
from harness.glmm.lanes import Lanes, elements_of, strip_of
from harness.glmm.modes import factor, solve
from harness.glmm.sums import (
    FAST,
    add_scaled,
    by_lane,
    dot,
    lane_copy,
    product,
    total,
)  # fmt: skip

GLM_STEPS = 30
# Squared Newton decrement at which the regression without random effects is a good start.
GLM_TOLERANCE = 1e-4
# Smallest first standard deviation of a random effect, in units of 1 / rms(z).
SMALLEST_SD = 0.05
# What is taken for noise when groups are weighed against each other.
TYPICAL_VARIANCE = 0.01
# Smallest first variance parameter of a family, as a share of the Poisson variance.
SMALLEST_EXCESS = 0.05


@njit(cache=True, fastmath=FAST)
def glm(lanes: Lanes, beta: Any, mean: Any) -> bool:
    """Poisson regression by Newton's method, started at mean = y + 1/2; fills beta and mean."""
    p = lanes.p
    information, R = np.zeros((p, p)), np.zeros((p, p))
    right, step = np.zeros(p), np.zeros(p)
    for it in range(GLM_STEPS):
        information[:, :] = 0.0
        right[:] = 0.0
        for s in range(lanes.lane.shape[0] - 1):
            y, _place, offset, x, _z, _group = strip_of(lanes, s)
            mu = elements_of(lanes, s, mean)
            rest, weighted = np.empty(y.shape), np.empty(y.shape)
            if it == 0:
                first_response(y, offset, mu, rest)
            else:
                for i in range(y.shape[0]):
                    for g in range(y.shape[1]):
                        rest[i, g] = y[i, g] - mu[i, g]
            for a in range(p):
                right[a] += total(rest, x[a])
                product(mu, x[a], weighted)
                for b in range(a + 1):
                    information[a, b] += total(weighted, x[b])
        if not cholesky(information, R):
            return False
        backsolve(R, right, step)
        decrement = 0.0
        for a in range(p):
            beta[a] += step[a]
            decrement += right[a] * step[a]
        for s in range(lanes.lane.shape[0] - 1):
            _y, _place, offset, x, _z, _group = strip_of(lanes, s)
            means(x, offset, beta, elements_of(lanes, s, mean))
        if it > 0 and decrement < GLM_TOLERANCE:
            return decrement >= 0.0
    return False


@njit(cache=True, fastmath=FAST)
def first_response(y: Any, offset: Any, mean: Any, out: Any) -> None:
    """Working response of the first weighted regression, times its weight: mean = y + 1/2."""
    for i in range(y.shape[0]):
        for g in range(y.shape[1]):
            t = y[i, g] + 0.5
            mean[i, g] = t
            out[i, g] = t * (math.log(t) - offset[i, g]) - 0.5


@njit(cache=True, fastmath=FAST)
def means(x: Any, offset: Any, beta: Any, out: Any) -> None:
    """exp(offset + X beta) of a strip."""
    eta = offset.copy()
    for a in range(beta.shape[0]):
        add_scaled(beta[a], x[a], eta)
    for i in range(out.shape[0]):
        for g in range(out.shape[1]):
            out[i, g] = exponential(eta[i, g])


@njit(cache=True, fastmath=FAST)
def scales(lanes: Lanes) -> Any:
    """Mean square of each column of z, shape (q,)."""
    scale, rows = np.zeros(lanes.q), 0
    for s in range(lanes.lane.shape[0] - 1):
        _y, place, _offset, _x, z, _group = strip_of(lanes, s)
        for k in range(lanes.q):
            scale[k] += total(z[k], z[k])
        for i in range(place.shape[0]):
            for g in range(place.shape[1]):
                rows += place[i, g] >= 0
    return scale / rows


@njit(cache=True, fastmath=FAST)
def own_estimates(
    y: Any, z: Any, mean: Any, scale: Any, b: Any, noise: Any, H: Any, R: Any
) -> None:  # fmt: skip
    """One-step estimates b = (Z'WZ)^-1 Z'(y - mean) of every lane and their covariance."""
    q = z.shape[0]
    rest, weighted, g = np.empty(y.shape), np.empty(y.shape), np.empty((q, y.shape[1]))
    for i in range(y.shape[0]):
        for lane in range(y.shape[1]):
            rest[i, lane] = y[i, lane] - mean[i, lane]
    for k in range(q):
        by_lane(rest, z[k], g[k])
        product(mean, z[k], weighted)
        for l in range(k + 1):
            by_lane(weighted, z[l], H[k, l])
            lane_copy(H[k, l], H[l, k])
        # A group may not tell its own effects apart.
        for lane in range(y.shape[1]):
            H[k, k, lane] += 1e-6 * scale[k]
    factor(H, R)
    solve(R, g, b)
    inverse(R, noise)


@njit(cache=True, fastmath=FAST)
def moments(lanes: Lanes, mean: Any, L: Any, unstructured: bool) -> None:
    """First covariance: the spread of the groups' own estimates beyond their noise.

    The weighted mean of b b' less its sampling covariance, standard deviations kept above a floor,
    correlations within 0.9.
    """
    q = lanes.q
    scale = scales(lanes)
    G, weight = np.zeros((q, q)), np.zeros((q, q))
    for s in range(lanes.lane.shape[0] - 1):
        y, _place, _offset, _x, z, group = strip_of(lanes, s)
        n = group.shape[0]
        b, noise = np.empty((q, n)), np.empty((q, q, n))
        own_estimates(
            y, z, elements_of(lanes, s, mean), scale, b, noise, np.empty((q, q, n)),
            np.empty((q, q, n)),
        )  # fmt: skip
        for k in range(q):
            most = 1.0 / math.sqrt(scale[k])
            for j in range(n):
                b[k, j] = min(max(b[k, j], -most), most)
        for k in range(q):
            for l in range(k + 1):
                for j in range(n):
                    w = 1.0 / (
                        (noise[k, k, j] + TYPICAL_VARIANCE / scale[k])
                        * (noise[l, l, j] + TYPICAL_VARIANCE / scale[l])
                    )
                    if w > 0.0:
                        G[k, l] += w * (b[k, j] * b[l, j] - noise[k, l, j])
                        weight[k, l] += w
    for k in range(q):
        for l in range(k + 1):
            G[k, l] /= max(weight[k, l], 1e-300)
        G[k, k] = max(G[k, k], SMALLEST_SD**2 / scale[k])
    for k in range(q):
        for l in range(k):
            most = 0.9 * math.sqrt(G[k, k] * G[l, l]) if unstructured else 0.0
            G[k, l] = min(max(G[k, l], -most), most)
    if not cholesky(G, L):
        L[:, :] = 0.0
        for k in range(q):
            L[k, k] = math.sqrt(G[k, k])


@njit(cache=True, fastmath=FAST)
def add_within(
    x: Any, z: Any, w: Any, L: Any, information: Any, spread_of: Any, us: Any
) -> None:  # fmt: skip
    """Add X'WX - sum X'WV H^-1 V'WX to ``information``, sum u u' + H^-1 to ``spread_of``."""
    p, q, n = x.shape[0], z.shape[0], x.shape[2]
    weighted, B, half = np.empty(w.shape), np.zeros((p, q, n)), np.empty((p, q, n))
    v, H, R, Hinv = np.zeros(z.shape), np.empty((q, q, n)), np.empty((q, q, n)), np.empty((q, q, n))
    for l in range(q):
        for k in range(l, q):
            add_scaled(L[k, l], z[k], v[l])
    for l in range(q):
        product(w, v[l], weighted)
        for m in range(l + 1):
            by_lane(weighted, v[m], H[l, m])
            lane_copy(H[l, m], H[m, l])
        for lane in range(n):
            H[l, l, lane] += 1.0
        for a in range(p):
            by_lane(weighted, x[a], B[a, l])
    factor(H, R)
    inverse(R, Hinv)
    for a in range(p):
        solve(R, B[a], half[a])
        product(w, x[a], weighted)
        for b in range(a + 1):
            information[a, b] += total(weighted, x[b])
            for l in range(q):
                information[a, b] -= dot(half[a, l], B[b, l])
    for k in range(q):
        for l in range(q):
            spread_of[k, l] += dot(us[k], us[l])
            for lane in range(n):
                spread_of[k, l] += Hinv[k, l, lane]


@njit(cache=True, fastmath=FAST)
def first_step(lanes: Lanes, work: Work, u: Any, gradient: Any, psi: Any) -> bool:
    """Move beta by a Newton step at fixed covariance, and the covariance by an EM step.

    The information on beta is X'WX - sum_j X'WV H^-1 V'WX: the regression without random effects
    estimates another, marginal, beta, and this step takes most of the way to the conditional one.
    The new covariance is the mean of b b' + L H^-1 L' over groups (Dempster, Laird and Rubin
    1977), all but the maximum where the groups tell much about their own effects. Together they
    save a Hessian for less than the price of a gradient.
    """
    p, q, row, column = lanes.p, lanes.q, lanes.row, lanes.column
    L = cholesky_factor(lanes, psi)
    information, R, step = np.zeros((p, p)), np.zeros((p, p)), np.zeros(p)
    spread_of = np.zeros((q, q))
    for s in range(lanes.lane.shape[0] - 1):
        _y, _place, _offset, x, z, group = strip_of(lanes, s)
        us = np.empty((q, group.shape[0]))
        for l in range(q):
            for g in range(group.shape[0]):
                us[l, g] = u[group[g], l]
        add_within(x, z, elements_of(lanes, s, work.w), L, information, spread_of, us)
    if not cholesky(information, R):
        return False
    backsolve(R, gradient[:p], step)
    for a in range(p):
        psi[a] += step[a]
    G, new = np.dot(L, np.dot(spread_of / lanes.group.shape[0], L.T)), np.zeros((q, q))
    if row.shape[0] == q:
        G = np.diag(np.diag(G))
    if cholesky(G, new):
        for m in range(row.shape[0]):
            psi[p + m] = new[row[m], column[m]]
    return True


@njit(cache=True, fastmath=FAST)
def excess(y: Any, mean: Any, family: int) -> float:
    """First variance parameter: what squared residuals exceed the mean by, over its square.

    The modes follow the noise, so this is low; it need only be of the right size.
    """
    over = squares = first = 0.0
    for i in range(y.shape[0]):
        over += (y[i] - mean[i]) ** 2 - mean[i]
        squares += mean[i] * mean[i]
        first += mean[i]
    variance = max(over, SMALLEST_EXCESS * first) / squares
    return math.log1p(variance) if family == OLRE else variance
