"""Bland-Altman: bias and 95 % limits of agreement of clustered differences."""

from __future__ import annotations

import numpy as np
import scipy.stats

from harness.concordance.agreement.bootstrap import IntArray, cluster_totals
from harness.design import FloatArray

Z_95 = float(scipy.stats.norm.ppf(0.975))


def parts(d: FloatArray, clusters: IntArray) -> FloatArray:
    """Return what each cluster adds to the sums that ``limits`` needs.

    Parameters
    ----------
    d : ndarray, shape (n,)
        Differences.
    clusters : ndarray of int, shape (n,)

    Returns
    -------
    ndarray, shape (K, 5)
        n_k, n_k squared, S_k, S_k squared over n_k, and the sum of squares within the cluster.
    """
    n, s = cluster_totals(np.column_stack((np.ones_like(d), d)), clusters).T
    within = cluster_totals(((d - (s / n)[clusters]) ** 2)[:, None], clusters)[:, 0]
    return np.column_stack((n, n**2, s, s**2 / n, within))


def limits(totals: FloatArray, clusters: int) -> FloatArray:
    """Return bias, standard deviation and both 95 % limits of agreement.

    The variance is that of one further difference in a further cluster: the one within clusters
    plus the one between them, by analysis of variance (Bland & Altman 1999, Stat Methods Med Res
    8:135, section 5.3; 2007, J Biopharm Stat 17:571). With one difference a cluster this is the
    plain variance of Bland & Altman (1986), Lancet i:307; so it is with one cluster.

    Parameters
    ----------
    totals : ndarray, shape (..., 5)
        Sums over clusters of ``parts``.
    clusters : int
        How many they sum over.

    Returns
    -------
    ndarray, shape (..., 4)
        NaN from the second on where there is one difference.
    """
    n, n2, s, s2_over_n, within = np.moveaxis(totals, -1, 0)
    mean = s / n
    between = np.maximum(s2_over_n - s**2 / n, 0.0)
    sd = np.sqrt(_variance(n, n2, between, within, clusters))
    return np.stack((mean, sd, mean - Z_95 * sd, mean + Z_95 * sd), axis=-1)


def _variance(
    n: FloatArray, n2: FloatArray, between: FloatArray, within: FloatArray, clusters: int
) -> FloatArray:
    if clusters == 1:
        return _over(within, n - 1.0)
    ms_within = _over(within, n - clusters)
    ms_between = between / (clusters - 1)
    size = (n - n2 / n) / (clusters - 1)  # n_k where all are of one size
    with_replicates = ms_within + np.maximum((ms_between - ms_within) / size, 0.0)
    return np.where(n > clusters, with_replicates, ms_between)


def _over(top: FloatArray, bottom: FloatArray) -> FloatArray:
    found = np.full(np.shape(top), np.nan)
    return np.divide(top, bottom, out=found, where=np.asarray(bottom) > 0.0)
