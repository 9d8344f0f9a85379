"""Gradient of a group's log-likelihood by quadrature; the formulas stand in ``quadrature``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from harness.glmm.densities import F1K, SERIES, W1, WK
from harness.glmm.groups import Q, solve
from harness.glmm.nodes import forward, relative_moves
from harness.glmm.sums import FAST

# 1/15, 1/13, ..., 1/3: unrolled by the compiler.
ODD = tuple(1.0 / n for n in range(15, 1, -2))


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
