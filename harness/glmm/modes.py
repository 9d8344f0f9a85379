"""Compiled conditional modes: the inner problem of the Laplace approximation.

Group j has rows i with linear predictor eta = o + x'beta + v'u, v = L'z, and random effects
u ~ N(0, I). Its joint log density sum_i f(eta_i) - u'u / 2 is maximised over u by Newton's method
with H = I + sum_i w v v', all groups of a strip at once (``harness.glmm.lanes``).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.densities import POISSON, density
from harness.glmm.exponential import exponential
from harness.glmm.sums import (
    FAST,
    add_by_lane,
    by_lane,
    copy,
    dot,
    lane_copy,
    lane_product,
    lane_quotient,
    lane_scaled,
    product,
)  # fmt: skip

MODE_STEPS = 60
# Squared Newton decrement below which one more, quadratic, step ends at rounding error.
MODE_TOLERANCE = 1e-13
SMALLEST_STEP = 1e-10
OPEN, LAST, DONE = 0, 1, 2


@njit(cache=True, fastmath=FAST)
def factor(H: Any, R: Any) -> None:
    """Lower Cholesky factor of H into R, shapes (q, q, lanes); not a number where there is none."""
    q = H.shape[0]
    for j in range(q):
        lane_copy(H[j, j], R[j, j])
        for k in range(j):
            lane_product(-1.0, R[j, k], R[j, k], R[j, j])
        d = R[j, j]
        for g in range(d.shape[0]):
            d[g] = math.sqrt(d[g])
        for i in range(j + 1, q):
            lane_copy(H[i, j], R[i, j])
            for k in range(j):
                lane_product(-1.0, R[i, k], R[j, k], R[i, j])
            lane_quotient(d, R[i, j])


@njit(cache=True, fastmath=FAST)
def solve(R: Any, b: Any, x: Any) -> None:
    """Solve R R'x = b in every lane."""
    q = R.shape[0]
    for i in range(q):
        lane_copy(b[i], x[i])
        for k in range(i):
            lane_product(-1.0, R[i, k], x[k], x[i])
        lane_quotient(R[i, i], x[i])
    for i in range(q - 1, -1, -1):
        for k in range(i + 1, q):
            lane_product(-1.0, R[k, i], x[k], x[i])
        lane_quotient(R[i, i], x[i])


@njit(cache=True, fastmath=FAST)
def poisson_rows(y: Any, eta: Any, mean: Any, f1: Any, w: Any, value: Any) -> None:
    """Rows at their linear predictors; adds their log densities to ``value``."""
    m, G = y.shape
    for i in range(m):
        for g in range(G):
            mean[i, g] = exponential(eta[i, g])
        for g in range(G):
            w[i, g] = mean[i, g]
        for g in range(G):
            f1[i, g] = y[i, g] - mean[i, g]
        for g in range(G):
            value[g] += y[i, g] * eta[i, g] - mean[i, g]


@njit(cache=True)
def other_rows(
    y: Any, place: Any, eta: Any, family: int, variance: float, mean: Any, f1: Any, w: Any,
    value: Any,
) -> None:  # fmt: skip
    """Rows at their linear predictors; adds their log densities to ``value``."""
    m, G = y.shape
    for i in range(m):
        for g in range(G):
            if place[i, g] < 0:
                mean[i, g] = f1[i, g] = w[i, g] = 0.0
                continue
            f, f1[i, g], w[i, g], mean[i, g] = density(family, y[i, g], eta[i, g], variance)
            value[g] += f


@njit(cache=True, fastmath=FAST)
def at_modes(
    y: Any, place: Any, fixed: Any, v: Any, family: int, variance: float, u: Any, eta: Any,
    wv: Any, mean: Any, f1: Any, w: Any, value: Any, slope: Any, H: Any,
) -> None:  # fmt: skip
    """Joint log densities at u without constants (``value``), their slopes and curvatures."""
    q = u.shape[0]
    copy(fixed, eta)
    value[:] = 0.0
    for l in range(q):
        add_by_lane(u[l], v[l], eta)
        lane_product(-0.5, u[l], u[l], value)
    if family == POISSON:
        poisson_rows(y, eta, mean, f1, w, value)
    else:
        other_rows(y, place, eta, family, variance, mean, f1, w, value)
    for l in range(q):
        by_lane(f1, v[l], slope[l])
        lane_scaled(-1.0, u[l], slope[l])
        product(w, v[l], wv)
        for m in range(l + 1):
            by_lane(wv, v[m], H[l, m])
            if m < l:
                lane_copy(H[l, m], H[m, l])
        for g in range(value.shape[0]):
            H[l, l, g] += 1.0


@njit(cache=True, fastmath=FAST)
def advance(
    value: Any, last: Any, decrement: Any, proposed: Any, step: Any, size: Any, state: Any, u: Any,
) -> int:  # fmt: skip
    """Move every lane that is not done; returns how many are open, -1 where one has failed."""
    q = u.shape[0]
    open_lanes = 0
    for g in range(value.shape[0]):
        if state[g] == DONE:
            continue
        if state[g] == LAST:
            state[g] = DONE
            continue
        open_lanes += 1
        if not value[g] >= last[g] - 1e-12 * (1.0 + abs(last[g])):
            # Halfway back: the exponential overshot.
            size[g] *= 0.5
            if size[g] < SMALLEST_STEP:
                return -1
            for l in range(q):
                u[l, g] -= size[g] * step[l, g]
            continue
        if not decrement[g] < np.inf:
            return -1
        for l in range(q):
            step[l, g] = proposed[l, g]
            u[l, g] += step[l, g]
        last[g] = value[g]
        size[g] = 1.0
        if decrement[g] < MODE_TOLERANCE:
            state[g] = LAST
    return open_lanes


@njit(cache=True, fastmath=FAST)
def find_modes(
    y: Any, place: Any, fixed: Any, v: Any, family: int, variance: float, u: Any, eta: Any,
    wv: Any, mean: Any, f1: Any, w: Any, value: Any, slope: Any, H: Any, R: Any, last: Any,
    decrement: Any, proposed: Any, step: Any, size: Any, state: Any,
) -> bool:  # fmt: skip
    """Move u to the modes by Newton's method; False where one is not found.

    Leaves what ``at_modes`` says there, with what rounding leaves of the slopes, and the Cholesky
    factors R of H.
    """
    q = u.shape[0]
    last[:] = -np.inf
    size[:] = 1.0
    state[:] = OPEN
    step[:, :] = 0.0
    for _ in range(MODE_STEPS):
        at_modes(
            y, place, fixed, v, family, variance, u, eta, wv, mean, f1, w, value, slope, H
        )  # fmt: skip
        factor(H, R)
        solve(R, slope, proposed)
        decrement[:] = 0.0
        for l in range(q):
            lane_product(1.0, slope[l], proposed[l], decrement)
        open_lanes = advance(value, last, decrement, proposed, step, size, state, u)
        if open_lanes < 0:
            return False
        if open_lanes == 0:
            return np.isfinite(dot(value, value))
    return False
