"""Percentile intervals by a bootstrap that draws whole clusters."""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt
import scipy.stats

from harness.design import FloatArray

IntArray = npt.NDArray[np.intp]
# Percentage points lie at (B + 1) p; for five clusters, the fewest, that is the 10th from the end.
RESAMPLES = 9999
LEVEL = 0.95
# The rarest resample of n clusters, one of them n times, has probability n^-n: of four 0.0039,
# more than the whole tail of ``expanded_tail``, 0.0001; of five 0.0003, less than 0.0009.
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


def expanded_tail(clusters: int) -> float:
    """Return the probability to leave out at each end for a 95 % interval.

    Phi(-sqrt(n / (n - 1)) t), with t the 97.5 % point of Student's distribution on n - 1 degrees
    of freedom: the expanded percentile interval (Hesterberg 2015, Am Stat 69:371). The plain one,
    2.5 %, is too narrow for few clusters: its resamples vary as if divided by n, and by the normal
    distribution. What it covers: ``fixtures/agreement/interval_coverage.py``.
    """
    t = scipy.stats.t.ppf((1.0 + LEVEL) / 2.0, clusters - 1)
    return float(scipy.stats.norm.sf(np.sqrt(clusters / (clusters - 1)) * t))


def percentile_interval(values: FloatArray, clusters: int) -> tuple[float, float] | None:
    """Return the expanded 95 % percentile interval of a statistic.

    Parameters
    ----------
    values : ndarray, shape (resamples,)
    clusters : int
        How many were drawn from.

    Returns
    -------
    (float, float) or None
        None where a resample is undefined.
    """
    if not np.isfinite(values).all():
        return None
    tail = expanded_tail(clusters)
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
