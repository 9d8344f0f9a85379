"""Rows of successes out of trials, logit link, and the conditional modes of their groups.

With p = 1 / (1 + exp -eta),

    f = y log p + (n - y) log (1 - p),   f1 = y - n p,   w = n p (1 - p)

and the inner problem is that of ``harness.glmm.modes``, all groups at once in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from harness.design import FloatArray
from harness.glmm.arrays import Rows
from harness.glmm.modes import MODE_STEPS, MODE_TOLERANCE, SMALLEST_STEP

# f, f1, w, w1 and w2 of every row at its linear predictor, each shape (n,).
Densities = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]
Density = Callable[[FloatArray], Densities]
REGRESSION_STEPS = 30
# Squared Newton decrement at which the regression without random effects is a good start.
REGRESSION_TOLERANCE = 1e-4


def binomial(y: FloatArray, trials: FloatArray) -> Density:
    """Return the densities of successes y, without the binomial coefficients."""

    def at(eta: FloatArray) -> Densities:
        # Either probability from its own side keeps its digits.
        p, q = expit(eta), expit(-eta)
        w = trials * p * q
        f = -y * np.logaddexp(0.0, -eta) - (trials - y) * np.logaddexp(0.0, eta)
        return f, y * q - (trials - y) * p, w, w * (q - p), w * (1.0 - 6.0 * p * q)

    return at


@dataclass(frozen=True, slots=True, eq=False)
class Modes:
    """What the rows and groups are at the conditional modes.

    Attributes
    ----------
    each : ndarray of int, shape (n,)
        Group of every row.
    v : ndarray, shape (n, q)
    u, slope : ndarray, shape (J, q)
        ``slope`` is what rounding leaves of it.
    H : ndarray, shape (J, q, q)
    f1, w, w1, w2 : ndarray, shape (n,)
    value : ndarray, shape (J,)
        Joint log densities.
    """

    each: npt.NDArray[np.int64]
    v: FloatArray
    u: FloatArray
    slope: FloatArray
    H: FloatArray
    f1: FloatArray
    w: FloatArray
    w1: FloatArray
    w2: FloatArray
    value: FloatArray


def sums(rows: Rows, values: FloatArray) -> FloatArray:
    """Sums over the rows of each group, shape (J, ...)."""
    return np.asarray(np.add.reduceat(values, rows.starts[:-1], axis=0))


def find_modes(
    rows: Rows, density: Density, beta: FloatArray, L: FloatArray, u: FloatArray
) -> Modes | None:
    """Move u to the modes by Newton's method, halving steps that lose; None where one is lost."""
    J, q = u.shape
    each = np.repeat(np.arange(J), np.diff(rows.starts))
    fixed, v = rows.offset + rows.x @ beta, rows.z @ L
    last, size, step = np.full(J, -np.inf), np.ones(J), np.zeros((J, q))
    final = done = np.zeros(J, dtype=bool)
    for _ in range(MODE_STEPS):
        f, f1, w, w1, w2 = density(fixed + (v * u[each]).sum(axis=1))
        value = sums(rows, f) - 0.5 * (u**2).sum(axis=1)
        slope = sums(rows, f1[:, None] * v) - u
        H = np.eye(q) + sums(rows, w[:, None, None] * v[:, :, None] * v[:, None, :])
        done = done | final
        if done.all():
            return Modes(each, v, u, slope, H, f1, w, w1, w2, value)
        lost = ~done & ~(value >= last - 1e-12 * (1.0 + np.abs(last)))
        size[lost] *= 0.5
        if not np.isfinite(value[~lost]).all() or (size < SMALLEST_STEP).any():
            return None
        u[lost] -= size[lost, None] * step[lost]
        moved = ~done & ~lost
        step[moved] = np.linalg.solve(H, slope[:, :, None])[moved, :, 0]
        u[moved] += step[moved]
        last[moved], size[moved] = value[moved], 1.0
        final = final | (moved & ((slope * step).sum(axis=1) < MODE_TOLERANCE))
    return None


def regression(rows: Rows, density: Density, beta: FloatArray) -> bool:
    """Fill the fixed effects of the regression without random effects; False without a maximum."""
    beta[:] = 0.0
    for _ in range(REGRESSION_STEPS):
        _, f1, w, _, _ = density(rows.offset + rows.x @ beta)
        right = rows.x.T @ f1
        try:
            step = np.linalg.solve((rows.x * w[:, None]).T @ rows.x, right)
        except np.linalg.LinAlgError:
            return False
        beta += step
        if right @ step < REGRESSION_TOLERANCE:
            return bool(np.isfinite(beta).all())
    return False
