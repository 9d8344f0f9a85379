"""Lin's concordance correlation coefficient, as its distance from 1."""

from __future__ import annotations

import numpy as np

from harness.concordance.agreement.bootstrap import IntArray, cluster_totals
from harness.design import FloatArray

# What is left of a sum of squares about a mean when nothing varies.
ROUNDING = 8.0 * float(np.finfo(float).eps)


def parts(x: FloatArray, y: FloatArray, clusters: IntArray) -> FloatArray:
    """Return what each cluster adds to the sums that ``discordance`` needs.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Estimates of the two engines.
    clusters : ndarray of int, shape (n,)

    Returns
    -------
    ndarray, shape (K, 6)
        n, u, v, u squared, v squared and (x - y) squared, with u and v the two about their common
        mean, which costs the sums of squares no digits.
    """
    centre = (x.mean() + y.mean()) / 2.0
    u, v = x - centre, y - centre
    columns = (np.ones_like(u), u, v, u**2, v**2, (x - y) ** 2)
    return cluster_totals(np.column_stack(columns), clusters)


def discordance(totals: FloatArray) -> FloatArray:
    """Return 1 minus Lin's concordance correlation (Lin 1989, Biometrics 45:255).

    1 - ccc = E[(x - y)^2] / (var x + var y + (mean x - mean y)^2) with 1/n moments. Computed from
    the differences, so that digits far below the last of the coefficient itself survive.

    Parameters
    ----------
    totals : ndarray, shape (..., 6)
        Sums over clusters of ``parts``.

    Returns
    -------
    ndarray, shape (...)
        NaN where the estimates do not vary: the coefficient is not defined there.
    """
    n, u, v, u2, v2, d2 = np.moveaxis(totals, -1, 0)
    spread = (u2 - u**2 / n) + (v2 - v**2 / n) + (u - v) ** 2 / n
    found = np.full(np.shape(spread), np.nan)
    return np.divide(d2, spread, out=found, where=spread > ROUNDING * (u2 + v2))
