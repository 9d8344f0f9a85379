"""Deming regression of one engine's estimates on another's."""

from __future__ import annotations

import numpy as np

from harness.concordance.agreement.bootstrap import IntArray, cluster_totals
from harness.design import FloatArray

# What is left of a sum of squares about a mean when nothing varies.
ROUNDING = 8.0 * float(np.finfo(float).eps)


def parts(x: FloatArray, y: FloatArray, variance: FloatArray, clusters: IntArray) -> FloatArray:
    """Return what each cluster adds to the sums that ``line`` needs.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Estimates of the two engines.
    variance : ndarray, shape (n,)
        Error variance of each point, up to a common factor, the same for x and y.
    clusters : ndarray of int, shape (n,)

    Returns
    -------
    ndarray, shape (K, 6)
        Weighted sums of 1, x, d, x squared, x d and d squared, with d = y - x and x about its mean.
    """
    w = variance.min() / variance
    u, d = x - np.average(x, weights=w), y - x
    columns = (np.ones_like(u), u, d, u**2, u * d, d**2)
    return cluster_totals(w[:, None] * np.column_stack(columns), clusters)


def line(totals: FloatArray) -> FloatArray:
    """Return slope minus 1, and the line's height above the diagonal at the mean of x.

    Neither engine is the reference, so the ratio of the two error variances is 1; a point weighs
    as its inverse error variance (Linnet 1990, Stat Med 9:1463; with ratio 1 the line of York
    1966, Can J Phys 44:1079, in closed form). The line is the major axis of the weighted
    moments: its angle is 45 degrees plus half the angle whose tangent is
    (s_yy - s_xx) / (2 s_xy), and s_yy - s_xx = 2 s_xd + s_dd, so that a slope that differs from
    1 in the fifteenth digit keeps all of its own.

    Parameters
    ----------
    totals : ndarray, shape (..., 6)
        Sums over clusters of ``parts``.

    Returns
    -------
    ndarray, shape (..., 2)
        NaN where the estimates do not vary, or the line is vertical.
    """
    w, x, d, xx, xd, dd = np.moveaxis(totals, -1, 0)
    s_xx, s_xd, s_dd = xx - x * x / w, xd - x * d / w, dd - d * d / w
    rise, run = 2.0 * s_xd + s_dd, 2.0 * (s_xx + s_xd)
    tangent = np.tan(np.arctan2(rise, run) / 2.0)
    # Where neither axis is the longer, there is no line either.
    defined = (s_xx > ROUNDING * xx) & ((rise != 0.0) | (run != 0.0)) & (tangent != 1.0)
    excess = np.full(np.shape(tangent), np.nan)
    np.divide(2.0 * tangent, 1.0 - tangent, out=excess, where=defined)
    return np.stack((excess, (d - excess * x) / w), axis=-1)
