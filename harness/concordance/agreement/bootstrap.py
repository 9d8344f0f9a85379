"""Percentile intervals by a bootstrap that draws whole clusters."""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

from harness.design import FloatArray

IntArray = npt.NDArray[np.intp]
# With 9999 the 2.5 % and 97.5 % points are order statistics, the 250th and the 9750th.
RESAMPLES = 9999
LEVEL = 0.95
# Of n clusters there are C(2n - 1, n) different resamples: 35 of four, which cannot resolve a tail
# of one in forty, and 126 of five.
FEWEST_CLUSTERS = 5


def cluster_totals(values: FloatArray, clusters: IntArray) -> FloatArray:
    """Return the sum of each column over the rows of each cluster.

    Parameters
    ----------
    values : ndarray, shape (n, m)
    clusters : ndarray of int, shape (n,)
        Codes 0 to K - 1.

    Returns
    -------
    ndarray, shape (K, m)
    """
    totals = np.zeros((int(clusters.max()) + 1, values.shape[1]))
    np.add.at(totals, clusters, values)
    return totals


def draws(clusters: int, seed: int, resamples: int = RESAMPLES) -> IntArray:
    """Return how often each resample draws each cluster, with replacement.

    A cluster drawn twice counts as two clusters (Davison & Hinkley 1997, Bootstrap Methods and
    their Application, section 3.8, strategy 1: the highest level alone is resampled). With
    ``cluster_totals`` the product of the two is the column sums of the resamples.

    Returns
    -------
    ndarray of int, shape (resamples, clusters)
    """
    chances = np.full(clusters, 1.0 / clusters)
    return np.random.default_rng(seed).multinomial(clusters, chances, size=resamples)


def percentile_interval(values: FloatArray) -> tuple[float, float] | None:
    """Return the central 95 % of a statistic's resamples; None where one of them is undefined."""
    if not np.isfinite(values).all():
        return None
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(values, (tail, 1.0 - tail), method="weibull")
    return float(low), float(high)


def why_no_interval(clusters: int) -> str | None:
    """Say why so few clusters give no interval; None where there are enough."""
    if clusters >= FEWEST_CLUSTERS:
        return None
    if clusters == 1:
        return "one indicator: nothing to resample"
    return (
        f"{clusters} indicators: only {comb(2 * clusters - 1, clusters)} different resamples, too"
        " few for a 95 % interval"
    )
