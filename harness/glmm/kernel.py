"""Compiled Laplace log-likelihood: value, exact gradient, exact Hessian.

Group j has rows i with count y, linear predictor eta = o + x'beta + v'u, v = L'z, mean
mu = exp(eta) and random effects u ~ N(0, I). At the mode u of a group,

    l_j = sum_i [y eta - mu] - u'u / 2 - log det H / 2,   H = I + sum_i mu v v'

(Pinheiro and Chao 2006, J Comput Graph Stat 15:58). With a = v'H^-1 v, c = sum mu a v / 2,
s = H^-1 c and e = y - mu, and the dependence of the mode on the parameters included,

    r = e + mu (v's - a / 2),   dl/dbeta = sum r x,
    dl/dL = (sum r z) u' - A L H^-1 - (sum e z) s',   A = sum mu z z'

The Hessian is the derivative of each of these lines, carried along all K directions of
psi = (beta, theta) at once: a handful of multiplications per row and direction, no exponential.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.arrays import Rows, Work

# Sums of products may be contracted and reordered for vector units; not-a-number and infinity
# keep their meaning, because overflow must be seen.
FAST = {"contract", "reassoc", "nsz", "arcp"}
MODE_STEPS = 60
# Squared Newton decrement below which one more, quadratic, step ends at rounding error.
MODE_TOLERANCE = 1e-13
SMALLEST_STEP = 1e-10
# Most random effects per group.
Q = 3


@njit(cache=True)
def workspace(rows: Rows, second: bool) -> Work:
    """Allocate the scratch of an evaluation, with that of second derivatives or without."""
    n, p = rows.x.shape
    K = p + rows.row.shape[0]
    longest = np.max(np.diff(rows.starts))
    k = K if second else 0
    m = longest if second else 0
    return Work(
        np.zeros(n), np.zeros(n), np.zeros((n, len(rows.dims))),
        np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q)), np.zeros((Q, Q)),
        np.zeros(Q), np.zeros(Q), np.zeros(Q), np.zeros(Q),
        np.zeros(longest), np.zeros((longest, Q)),
        np.zeros((n if second else 0, k)), np.zeros((m, k)), np.zeros((m, k)),
        np.zeros((Q, k)), np.zeros((Q, Q, k)), np.zeros((Q, Q, k)), np.zeros((Q, Q, k)),
        np.zeros((Q, k)), np.zeros((Q, k)), np.zeros((Q, k)), np.zeros((Q, k)),
    )  # fmt: skip


@njit(cache=True, fastmath=FAST)
def factor(H: Any, R: Any, dims: Any) -> bool:
    """Lower Cholesky factor of H into R; False where H is not positive definite."""
    q = len(dims)
    for j in range(q):
        d = H[j, j]
        for k in range(j):
            d -= R[j, k] * R[j, k]
        if not d > 0.0:
            return False
        R[j, j] = math.sqrt(d)
        for i in range(j + 1, q):
            t = H[i, j]
            for k in range(j):
                t -= R[i, k] * R[j, k]
            R[i, j] = t / R[j, j]
    return True


@njit(cache=True, fastmath=FAST)
def solve(R: Any, b: Any, x: Any, dims: Any) -> None:
    """Solve R R'x = b."""
    q = len(dims)
    for i in range(q):
        t = b[i]
        for k in range(i):
            t -= R[i, k] * x[k]
        x[i] = t / R[i, i]
    for i in range(q - 1, -1, -1):
        t = x[i]
        for k in range(i + 1, q):
            t -= R[k, i] * x[k]
        x[i] = t / R[i, i]


@njit(cache=True, fastmath=FAST)
def linear_predictors(
    x: Any, offset: Any, z: Any, beta: Any, L: Any, fixed: Any, v: Any, dims: Any,
) -> None:  # fmt: skip
    """``fixed`` = o + X beta and ``v`` = Z L."""
    n, p = x.shape
    q = len(dims)
    for i in range(n):
        t = offset[i]
        for j in range(p):
            t += x[i, j] * beta[j]
        fixed[i] = t
        for l in range(q):
            t = 0.0
            for k in range(l, q):
                t += z[i, k] * L[k, l]
            v[i, l] = t


@njit(cache=True, fastmath=FAST)
def at_mode(
    y: Any, fixed: Any, v: Any, lo: int, hi: int, u: Any, g: Any, mu: Any, H: Any, dims: Any,
) -> float:  # fmt: skip
    """Joint log density of a group at u without constants; fills ``mu``, ``H`` and its slope g."""
    q = len(dims)
    value = 0.0
    for l in range(q):
        g[l] = -u[l]
        value -= 0.5 * u[l] * u[l]
        for m in range(q):
            H[l, m] = 1.0 if l == m else 0.0
    for i in range(lo, hi):
        eta = fixed[i]
        for l in range(q):
            eta += v[i, l] * u[l]
        m_i = math.exp(eta)
        mu[i] = m_i
        value += y[i] * eta - m_i
        e = y[i] - m_i
        for l in range(q):
            g[l] += e * v[i, l]
            for m in range(l + 1):
                H[l, m] += m_i * v[i, l] * v[i, m]
    for l in range(q):
        for m in range(l):
            H[m, l] = H[l, m]
    return value


@njit(cache=True, fastmath=FAST)
def group_mode(
    y: Any, fixed: Any, v: Any, lo: int, hi: int, u: Any, mu: Any, H: Any, R: Any, dims: Any,
) -> float:  # fmt: skip
    """Move u to the mode of a group by Newton's method; -inf where it is not found.

    Returns the joint log density there, with ``mu``, ``H`` and its Cholesky factor ``R``.
    """
    q = len(dims)
    g = np.zeros(Q)
    step = np.zeros(Q)
    last = -np.inf
    size = 1.0
    final = False
    for _ in range(MODE_STEPS):
        value = at_mode(y, fixed, v, lo, hi, u, g, mu, H, dims)
        if final:
            return value if factor(H, R, dims) else -np.inf
        if not value >= last - 1e-12 * (1.0 + abs(last)):
            # Halfway back: the exponential overshot.
            size *= 0.5
            if size < SMALLEST_STEP:
                return -np.inf
            for l in range(q):
                u[l] -= size * step[l]
            continue
        if not factor(H, R, dims):
            return -np.inf
        solve(R, g, step, dims)
        decrement = 0.0
        for l in range(q):
            decrement += g[l] * step[l]
            u[l] += step[l]
        if not decrement < np.inf:
            return -np.inf
        last = value
        size = 1.0
        final = decrement < MODE_TOLERANCE
    return -np.inf


@njit(cache=True, fastmath=FAST, inline="always")
def leverages(
    v: Any, mu: Any, lo: int, hi: int, R: Any, Hinv: Any, Hv: Any, a: Any, c: Any, s: Any,
    dims: Any,
) -> None:  # fmt: skip
    """``Hinv``, ``Hv`` = H^-1 v and ``a`` = v'H^-1 v by row, ``c`` and ``s``."""
    q = len(dims)
    unit = np.zeros(Q)
    column = np.zeros(Q)
    for j in range(q):
        unit[:] = 0.0
        unit[j] = 1.0
        solve(R, unit, column, dims)
        c[j] = 0.0
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
        for l in range(q):
            c[l] += 0.5 * mu[i] * t_a * v[i, l]
    solve(R, c, s, dims)


@njit(cache=True, fastmath=FAST, inline="always")
def group_gradient(
    y: Any, x: Any, z: Any, v: Any, mu: Any, lo: int, hi: int, u: Any, L: Any, a: Any, s: Any,
    Hinv: Any, ze: Any, zr: Any, A: Any, AL: Any, row: Any, column: Any, gradient: Any, dims: Any,
) -> None:  # fmt: skip
    """Add a group's gradient in psi."""
    p = x.shape[1]
    q = len(dims)
    for k in range(q):
        ze[k] = zr[k] = 0.0
        for l in range(q):
            A[k, l] = 0.0
    for i in range(lo, hi):
        e = y[i] - mu[i]
        vs = 0.0
        for l in range(q):
            vs += v[i, l] * s[l]
        r = e + mu[i] * (vs - 0.5 * a[i - lo])
        for b in range(p):
            gradient[b] += r * x[i, b]
        for k in range(q):
            zr[k] += r * z[i, k]
            ze[k] += e * z[i, k]
            for l in range(k + 1):
                A[k, l] += mu[i] * z[i, k] * z[i, l]
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
def mode_derivatives(
    x: Any, z: Any, v: Any, mu: Any, lo: int, hi: int, u: Any, ze: Any, Hinv: Any, row: Any,
    column: Any, w: Any, du: Any, dmu: Any, dA: Any, dims: Any,
) -> None:  # fmt: skip
    """``w`` = d eta at fixed u, ``du``, ``dmu`` and ``dA``."""
    p = x.shape[1]
    q = len(dims)
    K = du.shape[1]
    slope = np.zeros((Q, K))
    for m in range(K - p):
        slope[column[m], p + m] += ze[row[m]]
    for i in range(lo, hi):
        wi = w[i]
        for b in range(p):
            wi[b] = x[i, b]
        for m in range(K - p):
            wi[p + m] = z[i, row[m]] * u[column[m]]
        for l in range(q):
            t = mu[i] * v[i, l]
            for d in range(K):
                slope[l, d] -= t * wi[d]
    for l in range(q):
        for d in range(K):
            du[l, d] = 0.0
        for m in range(q):
            for d in range(K):
                du[l, d] += Hinv[l, m] * slope[m, d]
    dA[:, :, :] = 0.0
    for i in range(lo, hi):
        dm = dmu[i - lo]
        for d in range(K):
            dm[d] = mu[i] * w[i, d]
        for l in range(q):
            t = mu[i] * v[i, l]
            for d in range(K):
                dm[d] += t * du[l, d]
        for k in range(q):
            for l in range(k + 1):
                t = z[i, k] * z[i, l]
                for d in range(K):
                    dA[k, l, d] += t * dm[d]
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
    for m in range(K - p):
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
    p: int, z: Any, v: Any, mu: Any, lo: int, hi: int, a: Any, Hv: Any, c: Any, Hinv: Any,
    row: Any, column: Any, dmu: Any, dmua: Any, dHinv: Any, dc: Any, ds: Any, dims: Any,
) -> None:  # fmt: skip
    """``dmua`` = d(mu a) by row, ``dc`` and ``ds``."""
    q = len(dims)
    K = dc.shape[1]
    dc[:, :] = 0.0
    for i in range(lo, hi):
        da, dm, ai = dmua[i - lo], dmu[i - lo], a[i - lo]
        for d in range(K):
            da[d] = ai * dm[d]
        for l in range(q):
            for m in range(l + 1):
                t = mu[i] * v[i, l] * v[i, m] * (1.0 if l == m else 2.0)
                for d in range(K):
                    da[d] += t * dHinv[l, m, d]
        for m in range(K - p):
            k, l = row[m], column[m]
            da[p + m] += 2.0 * mu[i] * z[i, k] * Hv[i - lo, l]
            dc[l, p + m] += 0.5 * mu[i] * ai * z[i, k]
        for l in range(q):
            t = 0.5 * v[i, l]
            for d in range(K):
                dc[l, d] += t * da[d]
    for l in range(q):
        for d in range(K):
            ds[l, d] = 0.0
        for m in range(q):
            for d in range(K):
                ds[l, d] += dHinv[l, m, d] * c[m] + Hinv[l, m] * dc[m, d]


@njit(cache=True, fastmath=FAST, inline="always")
def residual_derivatives(
    p: int, z: Any, v: Any, mu: Any, lo: int, hi: int, s: Any, row: Any, column: Any, w: Any,
    dmu: Any, dmua: Any, ds: Any, dzr: Any, dze: Any, dims: Any,
) -> None:  # fmt: skip
    """d r by row into ``w``, and the derivatives ``dzr`` and ``dze`` of its sums with z."""
    q = len(dims)
    K = dzr.shape[1]
    dzr[:, :] = 0.0
    dze[:, :] = 0.0
    for i in range(lo, hi):
        wi, dm, da = w[i], dmu[i - lo], dmua[i - lo]
        vs = 0.0
        for l in range(q):
            vs += v[i, l] * s[l]
        for d in range(K):
            wi[d] = dm[d] * (vs - 1.0) - 0.5 * da[d]
        for l in range(q):
            t = mu[i] * v[i, l]
            for d in range(K):
                wi[d] += t * ds[l, d]
        for m in range(K - p):
            wi[p + m] += mu[i] * z[i, row[m]] * s[column[m]]
        for k in range(q):
            t = z[i, k]
            for d in range(K):
                dzr[k, d] += t * wi[d]
                dze[k, d] -= t * dm[d]


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
        for g in range(q):
            t += L[o, g] * Hinv[g, l]
        for d in range(K):
            out[d] -= t * dA[k, o, d]
    for m in range(K - p):
        out[p + m] -= A[k, row[m]] * Hinv[column[m], l]


@njit(cache=True, fastmath=FAST)
def laplace(
    rows: Rows, work: Work, psi: Any, u: Any, gradient: Any, hessian: Any, order: int
) -> float:
    """Laplace log-likelihood without its constant; -inf where a mode is not found.

    Parameters
    ----------
    psi : ndarray, shape (K,)
    u : ndarray, shape (J, q)
        Start of the modes; their answer.
    gradient, hessian : ndarray, shapes (K,), (K, K)
        Filled as far as ``order`` (0, 1 or 2) asks.
    """
    # Unpacked once: a tuple of arrays handed on for every group costs more than the group.
    y, x, z, offset, starts, row, column, dims = rows
    (fixed, mu, v, H, R, Hinv, A, AL, c, s, ze, zr, a, Hv, w, dmu, dmua, du, dA, dH, dHinv, dc,
     ds, dzr, dze) = work  # fmt: skip
    p = x.shape[1]
    q = len(dims)
    L = np.zeros((Q, Q))
    for m in range(row.shape[0]):
        L[row[m], column[m]] = psi[p + m]
    linear_predictors(x, offset, z, psi, L, fixed, v, dims)
    if order >= 1:
        gradient[:] = 0.0
    if order >= 2:
        hessian[:, :] = 0.0
    total = 0.0
    for j in range(starts.shape[0] - 1):
        lo, hi, uj = starts[j], starts[j + 1], u[j]
        total += group_mode(y, fixed, v, lo, hi, uj, mu, H, R, dims)
        if not total > -np.inf:
            return -np.inf
        for l in range(q):
            total -= math.log(R[l, l])
        if order == 0:
            continue
        leverages(v, mu, lo, hi, R, Hinv, Hv, a, c, s, dims)
        group_gradient(
            y, x, z, v, mu, lo, hi, uj, L, a, s, Hinv, ze, zr, A, AL, row, column, gradient, dims
        )
        if order == 1:
            continue
        mode_derivatives(x, z, v, mu, lo, hi, uj, ze, Hinv, row, column, w, du, dmu, dA, dims)
        curvature_derivatives(p, L, AL, Hinv, row, column, dA, dH, dHinv, dims)
        shift_derivatives(
            p, z, v, mu, lo, hi, a, Hv, c, Hinv, row, column, dmu, dmua, dHinv, dc, ds, dims
        )
        residual_derivatives(p, z, v, mu, lo, hi, s, row, column, w, dmu, dmua, ds, dzr, dze, dims)
        for m in range(row.shape[0]):
            theta_row(
                p, row[m], column[m], uj, L, A, AL, s, ze, zr, Hinv, row, column, du, dA, dHinv,
                ds, dzr, dze, hessian[p + m], dims,
            )  # fmt: skip
    if order >= 2:
        hessian[:p] = np.dot(x.T, w)
    return total
