"""Laplace log-likelihood of groups whose rows have densities of their own, in NumPy.

The formulas are those of ``harness.glmm.kernel``, whose names are kept. The Hessian is the second
derivative of the Lagrangian

    sum f - u'u / 2 - log det H / 2 - (sum f1 v - u)'s

along the parameters and the modes' move du (``harness.glmm.hessian``), with T_d the move of a
row's linear predictor, dv_d that of its v, and D_de = dv_d'du_e + dv_e'du_d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.design import FloatArray
from harness.glmm.arrays import Rows
from harness.glmm.binomial import Density, Modes, find_modes, sums


def laplace(
    rows: Rows, density: Density, psi: FloatArray, u: FloatArray, gradient: FloatArray,
    hessian: FloatArray, scores: FloatArray, order: int,
) -> float:  # fmt: skip
    """Log-likelihood without its constant; -inf where a mode is not found.

    Parameters
    ----------
    psi : ndarray, shape (K,)
        beta, then the free entries of L.
    u : ndarray, shape (J, q)
        Start of the modes; their answer.
    gradient : ndarray, shape (K,)
    hessian : ndarray, shape (K, K)
    scores : ndarray, shape (J, K) or (0, 0)
        Gradient of each group. Filled up to derivatives of an order; scores where there is room.
    """
    p, q = rows.x.shape[1], u.shape[1]
    L = np.zeros((q, q))
    L[rows.row, rows.column] = psi[p:]
    at = find_modes(rows, density, psi[:p], L, u)
    if at is None:
        return -np.inf
    if order > 0:
        parts = _parts(rows, at)
        by_group = _by_group(rows, at, L, parts)
        gradient[:] = by_group.sum(axis=0)
        if scores.size:
            scores[:, :] = by_group
        if order > 1:
            hessian[:, :] = _hessian(rows, at, parts)
    return float((at.value - 0.5 * np.linalg.slogdet(at.H)[1]).sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """By row a = v'H^-1 v, v's and r; by group H^-1 and s."""

    a: FloatArray
    vs: FloatArray
    r: FloatArray
    Hinv: FloatArray
    s: FloatArray


def _parts(rows: Rows, at: Modes) -> _Parts:
    Hinv: FloatArray = np.asarray(np.linalg.inv(at.H), dtype=np.float64)
    a = np.einsum("nk,nkl,nl->n", at.v, Hinv[at.each], at.v)
    h = 0.5 * at.w1 * a
    s = np.einsum("jkl,jl->jk", Hinv, sums(rows, h[:, None] * at.v) - at.slope)
    vs = (at.v * s[at.each]).sum(axis=1)
    return _Parts(a, vs, at.f1 + at.w * vs - h, Hinv, s)


def _by_group(rows: Rows, at: Modes, L: FloatArray, parts: _Parts) -> FloatArray:
    """Gradient of each group, shape (J, K)."""
    zr, ze = sums(rows, parts.r[:, None] * rows.z), sums(rows, at.f1[:, None] * rows.z)
    A = sums(rows, at.w[:, None, None] * rows.z[:, :, None] * rows.z[:, None, :])
    by_L = zr[:, :, None] * at.u[:, None, :] - ze[:, :, None] * parts.s[:, None, :]
    by_L -= A @ L @ parts.Hinv
    return np.hstack([sums(rows, parts.r[:, None] * rows.x), by_L[:, rows.row, rows.column]])


def _hessian(rows: Rows, at: Modes, parts: _Parts) -> FloatArray:
    """Second derivatives, shape (K, K)."""
    (n, p), q = rows.x.shape, at.u.shape[1]
    K, each, Hinv = p + len(rows.row), at.each, parts.Hinv
    dv, T = np.zeros((n, K, q)), np.zeros((n, K))
    T[:, :p] = rows.x
    for d, (k, c) in enumerate(zip(rows.row, rows.column, strict=True), start=p):
        dv[:, d, c] = rows.z[:, k]
        T[:, d] = rows.z[:, k] * at.u[each, c]
    right = sums(rows, at.f1[:, None, None] * dv)
    right -= sums(rows, (at.w[:, None] * T)[:, :, None] * at.v[:, None, :])
    du = right @ Hinv
    T = T + np.einsum("nk,ndk->nd", at.v, du[each])
    omega = at.w1 * parts.vs - at.w - 0.5 * at.w2 * parts.a
    along = np.einsum("nk,nkl->nl", at.v, Hinv[each])
    beside = at.w[:, None] * np.einsum("ndk,nk->nd", dv, parts.s[each])
    beside -= at.w1[:, None] * np.einsum("ndk,nk->nd", dv, along)
    one_sided = T.T @ beside
    one_sided += np.einsum("jdk,jek->de", sums(rows, parts.r[:, None, None] * dv), du)
    S = sums(rows, (at.w[:, None, None] * dv)[:, :, :, None] * at.v[:, None, None, :])
    outer = at.v[:, :, None] * at.v[:, None, :]
    dH = sums(rows, (at.w1[:, None] * T)[:, :, None, None] * outer[:, None])
    N = Hinv[:, None] @ (dH + S + np.swapaxes(S, 2, 3))
    turned = np.einsum("ndk,nkl->ndl", dv, Hinv[each])
    both = T.T @ (omega[:, None] * T) - np.einsum("jdk,jek->de", du, du)
    both += 0.5 * np.einsum("jdkl,jelk->de", N, N)
    both -= np.einsum("n,ndl,nel->de", at.w, turned, dv)
    return both + one_sided + one_sided.T
