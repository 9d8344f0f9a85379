"""What each group says by itself: its score and its information."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from harness.design import FloatArray
from harness.glmm.arrays import Rows
from harness.glmm.parameters import Layout

# Step of the differences in standard errors: the fourth power of it, and rounding over it, both
# stay below 1e-9 of the information.
STEP = 1e-2


def laplace_scores(rows: Rows, layout: Layout, psi: FloatArray, u: FloatArray) -> FloatArray:
    """Gradient in psi of each group's Laplace log-likelihood, shape (J, K).

    In the notation of ``harness.glmm.kernel``, at the modes u, shape (J, q): for beta the sum of
    r x over the rows of the group, for L the matrix (sum r z) u' - A L H^-1 - (sum e z) s'.
    """
    beta, L = layout.split(psi)
    group = np.repeat(np.arange(len(rows.starts) - 1), np.diff(rows.starts))
    v = rows.z @ L
    mu = np.exp(rows.offset + rows.x @ beta + np.einsum("nq,nq->n", v, u[group]))
    A = _sums(mu[:, None, None] * rows.z[:, :, None] * rows.z[:, None, :], rows)
    Hinv = np.linalg.inv(np.eye(layout.q) + L.T @ A @ L)
    a = np.einsum("nq,nqk,nk->n", v, Hinv[group], v)
    s = np.einsum("jqk,jk->jq", Hinv, 0.5 * _sums((mu * a)[:, None] * v, rows))
    e = rows.y - mu
    r = e + mu * (np.einsum("nq,nq->n", v, s[group]) - 0.5 * a)
    ze, zr = _sums(e[:, None] * rows.z, rows), _sums(r[:, None] * rows.z, rows)
    by_L = zr[:, :, None] * u[:, None, :] - A @ L @ Hinv - ze[:, :, None] * s[:, None, :]
    return np.hstack([_sums(r[:, None] * rows.x, rows), by_L[:, layout.row, layout.column]])


def _sums(values: FloatArray, rows: Rows) -> FloatArray:
    return np.asarray(np.add.reduceat(values, rows.starts[:-1], axis=0))


def group_informations(
    scores: Callable[[FloatArray], FloatArray], psi: FloatArray, bse: npt.ArrayLike
) -> FloatArray:
    """Observed information of each group, shape (J, K, K): minus the slope of its score.

    By four-point differences, so that any likelihood that has scores will do.

    Parameters
    ----------
    scores : callable
        From psi, shape (K,), to shape (J, K).
    bse : array_like, shape (K,)
        Standard errors of psi: the scale of the steps.
    """
    slopes = []
    for k, step in enumerate(STEP * np.asarray(bse, dtype=np.float64)):
        move = np.zeros_like(psi)
        move[k] = step
        near = scores(psi + move) - scores(psi - move)
        far = scores(psi + 2 * move) - scores(psi - 2 * move)
        slopes.append((far - 8 * near) / (12 * step))
    information = np.stack(slopes, axis=2)
    return 0.5 * (information + np.swapaxes(information, 1, 2))
