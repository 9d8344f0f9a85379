"""A whole Laplace fit in compiled code: start, Newton steps, derivatives at the optimum.

The road of the regular case. Where it meets anything else (a mode that is not found, an indefinite
Hessian, a boundary) it says so, and ``harness.glmm.fitting`` takes over.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.arrays import Rows, Work
from harness.glmm.densities import OLRE
from harness.glmm.kernel import laplace
from harness.glmm.modes import FAST, workspace

GLM_STEPS = 30
NEWTON_STEPS = 30
# Squared Newton decrement at which the regression without random effects is a good start.
GLM_TOLERANCE = 1e-4
# Newton decrement that ends a fit: a tenth of what counts as converged.
DECREMENT = 1e-9
# Newton decrement from which one step ends the fit; the Hessian then stays that of the point
# before, this many standard errors away, which moves no standard error by more than 1e-8.
LAST_STEP = 1e-7
# Smallest first standard deviation of a random effect, in units of 1 / rms(z).
SMALLEST_SD = 0.05
# What is taken for noise when groups are weighed against each other.
TYPICAL_VARIANCE = 0.01
# Smallest first variance parameter of a family, as a share of the Poisson variance.
SMALLEST_EXCESS = 0.05
REGULAR, NOT_REGULAR = 0, 1


@njit(cache=True)
def cholesky(A: Any, R: Any) -> bool:
    """Lower Cholesky factor of A into R; False where A is not positive definite."""
    for j in range(A.shape[0]):
        d = A[j, j]
        for k in range(j):
            d -= R[j, k] * R[j, k]
        if not d > 0.0:
            return False
        R[j, j] = math.sqrt(d)
        for i in range(j + 1, A.shape[0]):
            t = A[i, j]
            for k in range(j):
                t -= R[i, k] * R[j, k]
            R[i, j] = t / R[j, j]
    return True


@njit(cache=True)
def backsolve(R: Any, b: Any, x: Any) -> None:
    """Solve R R'x = b."""
    n = b.shape[0]
    for i in range(n):
        t = b[i]
        for k in range(i):
            t -= R[i, k] * x[k]
        x[i] = t / R[i, i]
    for i in range(n - 1, -1, -1):
        t = x[i]
        for k in range(i + 1, n):
            t -= R[k, i] * x[k]
        x[i] = t / R[i, i]


@njit(cache=True, fastmath=FAST)
def glm(y: Any, x: Any, offset: Any, beta: Any, mu: Any) -> bool:
    """Poisson regression by Newton's method, started at mu = y + 1/2; fills beta and mu."""
    n, p = x.shape
    information, R = np.zeros((p, p)), np.zeros((p, p))
    right, step = np.zeros(p), np.zeros(p)
    for it in range(GLM_STEPS):
        information[:, :] = 0.0
        right[:] = 0.0
        for i in range(n):
            m = mu[i] if it else y[i] + 0.5
            # Working response of the first weighted regression, score of the later steps.
            t = y[i] - m if it else m * (math.log(m) - offset[i]) + (y[i] - m)
            for a in range(p):
                right[a] += t * x[i, a]
                for b in range(a + 1):
                    information[a, b] += m * x[i, a] * x[i, b]
        if not cholesky(information, R):
            return False
        backsolve(R, right, step)
        decrement = 0.0
        for a in range(p):
            beta[a] += step[a]
            decrement += right[a] * step[a]
        for i in range(n):
            eta = offset[i]
            for a in range(p):
                eta += x[i, a] * beta[a]
            mu[i] = math.exp(eta)
        if it > 0 and decrement < GLM_TOLERANCE:
            return decrement >= 0.0
    return False


@njit(cache=True, fastmath=FAST)
def moments(y: Any, z: Any, starts: Any, mu: Any, L: Any, unstructured: bool, dims: Any) -> None:
    """First covariance: the spread of the groups' own estimates beyond their noise.

    Each group's one-step estimate b = (Z'WZ)^-1 Z'(y - mu); the weighted mean of b b' less its
    sampling covariance, standard deviations kept above a floor, correlations within 0.9.
    """
    q = len(dims)
    scale = np.zeros(q)
    H, R = np.zeros((q, q)), np.zeros((q, q))
    g, b, unit, noise = np.zeros(q), np.zeros(q), np.zeros(q), np.zeros((q, q))
    G, weight = np.zeros((q, q)), np.zeros((q, q))
    for i in range(z.shape[0]):
        for k in range(q):
            scale[k] += z[i, k] * z[i, k] / z.shape[0]
    for j in range(starts.shape[0] - 1):
        H[:, :] = 0.0
        g[:] = 0.0
        for k in range(q):
            H[k, k] = 1e-6 * scale[k]
        for i in range(starts[j], starts[j + 1]):
            for k in range(q):
                g[k] += z[i, k] * (y[i] - mu[i])
                for l in range(k + 1):
                    H[k, l] += mu[i] * z[i, k] * z[i, l]
        if not cholesky(H, R):
            continue
        backsolve(R, g, b)
        for k in range(q):
            unit[:] = 0.0
            unit[k] = 1.0
            backsolve(R, unit, noise[k])
            bound = 1.0 / math.sqrt(scale[k])
            b[k] = min(max(b[k], -bound), bound)
        for k in range(q):
            for l in range(k + 1):
                w = 1.0 / (
                    (noise[k, k] + TYPICAL_VARIANCE / scale[k])
                    * (noise[l, l] + TYPICAL_VARIANCE / scale[l])
                )
                G[k, l] += w * (b[k] * b[l] - noise[k, l])
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
def first_step(
    x: Any, v: Any, w: Any, starts: Any, u: Any, L: Any, row: Any, column: Any, gradient: Any,
    psi: Any, dims: Any,
) -> bool:  # fmt: skip
    """Move beta by a Newton step at fixed covariance, and the covariance by an EM step.

    The information on beta is X'WX - sum_j X'WV H^-1 V'WX: the regression without random effects
    estimates another, marginal, beta, and this step takes most of the way to the conditional one.
    The new covariance is the mean of b b' + L H^-1 L' over groups (Dempster, Laird and Rubin
    1977), all but the maximum where the groups tell much about their own effects. Together they
    save a Hessian for less than the price of a gradient.
    """
    _n, p = x.shape
    q = len(dims)
    information, R, step = np.zeros((p, p)), np.zeros((p, p)), np.zeros(p)
    H, C = np.zeros((q, q)), np.zeros((q, q))
    xv = np.zeros((p, q))
    half = np.zeros(q)
    spread, unit, column_of = np.zeros((q, q)), np.zeros(q), np.zeros(q)
    J = starts.shape[0] - 1
    for j in range(J):
        xv[:, :] = 0.0
        for k in range(q):
            for l in range(q):
                H[k, l] = 1.0 if k == l else 0.0
        for i in range(starts[j], starts[j + 1]):
            for a in range(p):
                t = w[i] * x[i, a]
                for b in range(a + 1):
                    information[a, b] += t * x[i, b]
                for k in range(q):
                    xv[a, k] += t * v[i, k]
            for k in range(q):
                for l in range(k + 1):
                    H[k, l] += w[i] * v[i, k] * v[i, l]
        if not cholesky(H, C):
            return False
        for k in range(q):
            unit[:] = 0.0
            unit[k] = 1.0
            backsolve(C, unit, column_of)
            for l in range(q):
                spread[k, l] += (u[j, k] * u[j, l] + column_of[l]) / J
        for a in range(p):
            # Row a of X'WV C^-T, in place: xv becomes the half whose square is taken off.
            for k in range(q):
                t = xv[a, k]
                for l in range(k):
                    t -= C[k, l] * half[l]
                half[k] = t / C[k, k]
            for k in range(q):
                xv[a, k] = half[k]
            for b in range(a + 1):
                for k in range(q):
                    information[a, b] -= xv[a, k] * xv[b, k]
    if not cholesky(information, R):
        return False
    backsolve(R, gradient[:p], step)
    for a in range(p):
        psi[a] += step[a]
    G, new = np.dot(L, np.dot(spread, L.T)), np.zeros((q, q))
    if row.shape[0] == q:
        G = np.diag(np.diag(G))
    if cholesky(G, new):
        for m in range(row.shape[0]):
            psi[p + m] = new[row[m], column[m]]
    return True


@njit(cache=True, fastmath=FAST)
def newton(
    rows: Rows, work: Work, psi: Any, u: Any, gradient: Any, hessian: Any
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
        trial = laplace(rows, work, psi, u, gradient, hessian, none, 2)
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
            value = laplace(rows, work, psi, u, gradient, hessian, none, 1)
            backsolve(R, gradient, step)
            decrement = math.sqrt(max(np.dot(gradient, step), 0.0))
            if decrement < DECREMENT:
                return value, decrement, REGULAR
    return value, decrement, NOT_REGULAR


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


@njit(cache=True, fastmath=FAST)
def fit(
    rows: Rows, work: Work, psi: Any, u: Any, gradient: Any, hessian: Any
) -> tuple[float, float, int]:
    """One fit from nothing; fills psi, u, gradient and hessian.

    Returns
    -------
    value, decrement : float
        Log-likelihood without its constant, and the Newton decrement.
    status : int
        REGULAR at an interior maximum.
    """
    y, x, z, offset, starts, row, column, dims, kind, family, _sums = rows
    p = x.shape[1]
    q = len(dims)
    K = psi.shape[0]
    none = np.zeros((0, 0))
    if not glm(y, x, offset, psi[:p], work.mean):
        return -np.inf, np.inf, NOT_REGULAR
    L = np.zeros((q, q))
    moments(y, z, starts, work.mean, L, row.shape[0] > q, dims)
    for m in range(row.shape[0]):
        psi[p + m] = L[row[m], column[m]]
    if len(kind) > 0:
        # The modes of the Poisson model, to see what is left beside the random effects.
        psi[K - 1] = 0.0
        if not laplace(rows, work, psi, u, gradient, hessian, none, 0) > -np.inf:
            return -np.inf, np.inf, NOT_REGULAR
        psi[K - 1] = math.sqrt(excess(y, work.mean, family))
    value = laplace(rows, work, psi, u, gradient, hessian, none, 1)
    if not value > -np.inf:
        return -np.inf, np.inf, NOT_REGULAR
    if not first_step(x, work.v, work.w, starts, u, L, row, column, gradient, psi, dims):
        return -np.inf, np.inf, NOT_REGULAR
    return newton(rows, work, psi, u, gradient, hessian)


@njit(cache=True, nogil=True)
def fit_range(
    rows: Rows, counts: Any, lo: int, hi: int, psi: Any, values: Any, decrements: Any,
    statuses: Any, gradients: Any, hessians: Any, modes: Any,
) -> None:  # fmt: skip
    """Fit rows lo..hi of ``counts``, shape (r, n), to the design of ``rows``.

    Without the interpreter's lock, so that threads share the work.
    """
    _, x, z, offset, starts, row, column, dims, kind, family, sums = rows
    work = workspace(rows, True)
    for r in range(lo, hi):
        own = Rows(counts[r], x, z, offset, starts, row, column, dims, kind, family, sums)
        values[r], decrements[r], statuses[r] = fit(
            own, work, psi[r], modes[r], gradients[r], hessians[r]
        )
