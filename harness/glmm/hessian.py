"""Compiled second derivatives of a group's Laplace log-likelihood.

Each line of the gradient (``harness.glmm.kernel``) is differentiated along all K directions of psi
at once: a handful of multiplications per row and direction, no exponential.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from harness.glmm.densities import F1K, T1K, T2, W1, W1K, W2, WK
from harness.glmm.modes import FAST, Q


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
