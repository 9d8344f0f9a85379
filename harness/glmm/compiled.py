"""A whole Laplace fit in compiled code: start, Newton steps, derivatives at the optimum.

The road of the regular case. Where it meets anything else (a mode that is not found, an indefinite
Hessian, a boundary) it says so, and ``harness.glmm.fitting`` takes over.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.dense import backsolve, cholesky
from harness.glmm.kernel import Work, laplace, workspace
from harness.glmm.lanes import Lanes, spread
from harness.glmm.start import excess, first_step, glm, moments
from harness.glmm.sums import (
    FAST,
)  # fmt: skip

NEWTON_STEPS = 30
# Newton decrement that ends a fit: a tenth of what counts as converged.
DECREMENT = 1e-9
# Newton decrement from which one step ends the fit; the Hessian then stays that of the point
# before, this many standard errors away, which moves no standard error by more than 1e-8.
LAST_STEP = 1e-7
REGULAR, NOT_REGULAR = 0, 1


@njit(cache=True, fastmath=FAST)
def newton(
    lanes: Lanes, work: Work, psi: Any, u: Any, gradient: Any, hessian: Any
) -> tuple[float, float, int]:
    """Newton steps from psi; returns value, decrement and status."""
    K = psi.shape[0]
    none = np.zeros((0, 0))
    R = np.zeros((K, K))
    step = np.zeros(K)
    value = -np.inf
    decrement = np.inf
    size = 1.0
    for it in range(NEWTON_STEPS):
        trial = laplace(lanes, work, psi, u, gradient, hessian, none)
        if not trial >= value - 1e-10 * abs(value):
            if it == 0 or size < 1e-3:
                return value, decrement, NOT_REGULAR
            # A quarter of the way from where the last step began.
            for d in range(K):
                psi[d] -= 0.75 * size * step[d]
            size *= 0.25
            u[:, :] = 0.0
            continue
        value = trial
        size = 1.0
        if not cholesky(-hessian, R):
            return value, decrement, NOT_REGULAR
        backsolve(R, gradient, step)
        decrement = math.sqrt(max(np.dot(gradient, step), 0.0))
        if decrement < DECREMENT:
            return value, decrement, REGULAR
        for d in range(K):
            psi[d] += step[d]
        if decrement < LAST_STEP:
            value = laplace(lanes, work, psi, u, gradient, none, none)
            backsolve(R, gradient, step)
            decrement = math.sqrt(max(np.dot(gradient, step), 0.0))
            if decrement < DECREMENT:
                return value, decrement, REGULAR
    return value, decrement, NOT_REGULAR


@njit(cache=True, fastmath=FAST)
def fit(
    lanes: Lanes, work: Work, psi: Any, u: Any, gradient: Any, hessian: Any
) -> tuple[float, float, int]:
    """One fit from nothing; fills psi, u, gradient and hessian.

    Returns
    -------
    value, decrement : float
        Log-likelihood without its constant, and the Newton decrement.
    status : int
        REGULAR at an interior maximum.
    """
    p, q, row, column = lanes.p, lanes.q, lanes.row, lanes.column
    K = psi.shape[0]
    none = np.zeros((0, 0))
    if not glm(lanes, psi[:p], work.mean):
        return -np.inf, np.inf, NOT_REGULAR
    L = np.zeros((q, q))
    moments(lanes, work.mean, L, row.shape[0] > q)
    for m in range(row.shape[0]):
        psi[p + m] = L[row[m], column[m]]
    if lanes.extra:
        # The modes of the Poisson model, to see what is left beside the random effects.
        psi[K - 1] = 0.0
        if not laplace(lanes, work, psi, u, np.zeros(0), none, none) > -np.inf:
            return -np.inf, np.inf, NOT_REGULAR
        psi[K - 1] = math.sqrt(excess(lanes.y, work.mean, lanes.family))
    value = laplace(lanes, work, psi, u, gradient, none, none)
    if not value > -np.inf:
        return -np.inf, np.inf, NOT_REGULAR
    if not first_step(lanes, work, u, gradient, psi):
        return -np.inf, np.inf, NOT_REGULAR
    return newton(lanes, work, psi, u, gradient, hessian)


@njit(cache=True)
def covariance(hessian: Any, out: Any) -> None:
    """First rows and columns of (-H)^-1, as many as there is room for, shape (p, p)."""
    K, p = hessian.shape[0], out.shape[0]
    R, unit, column = np.zeros((K, K)), np.zeros(K), np.zeros(K)
    if not cholesky(-hessian, R):
        return
    for k in range(p):
        unit[:] = 0.0
        unit[k] = 1.0
        backsolve(R, unit, column)
        out[k] = column[:p]


@njit(cache=True, nogil=True)
def fit_range(
    lanes: Lanes, counts: Any, lo: int, hi: int, psi: Any, values: Any, decrements: Any,
    statuses: Any, cov_params: Any, modes: Any,
) -> None:  # fmt: skip
    """Fit rows lo..hi of ``counts``, shape (r, n), to a design.

    Without the interpreter's lock, so that threads share the work.
    """
    work, y = workspace(lanes), np.zeros(lanes.y.shape[0])
    own = Lanes(
        y, lanes.offset, lanes.x, lanes.z, lanes.place, lanes.first, lanes.lane, lanes.group,
        lanes.p, lanes.q, lanes.row, lanes.column, lanes.extra, lanes.family, lanes.sums,
    )  # fmt: skip
    K = psi.shape[1]
    gradient, hessian = np.zeros(K), np.zeros((K, K))
    for r in range(lo, hi):
        spread(counts[r], lanes.place, 0.0, y)
        values[r], decrements[r], statuses[r] = fit(own, work, psi[r], modes[r], gradient, hessian)
        covariance(hessian, cov_params[r])
