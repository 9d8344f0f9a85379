"""Equivalence of the mean difference with zero: two one-sided tests on cluster means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.stats
from statsmodels.stats.weightstats import DescrStatsW

from harness.concordance.agreement.bootstrap import IntArray, cluster_totals
from harness.concordance.verdict import EQUIVALENT_DIFF_SE
from harness.design import FloatArray

# The limit of the verdict "equivalent".
MARGIN = EQUIVALENT_DIFF_SE
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests of a mean difference against a margin.

    Attributes
    ----------
    mean : float
        Mean of the cluster means.
    low, high : float
        Limits of the 90 % interval: inside the margin exactly where the test rejects at 5 %.
    p_value : float
        The larger of the two one-sided p-values.
    clusters : int
    """

    mean: float
    low: float
    high: float
    p_value: float
    clusters: int

    @property
    def equivalent(self) -> bool:
        """Whether a mean difference as large as the margin is rejected at 5 %."""
        return self.p_value < ALPHA


def equivalence(d: FloatArray, clusters: IntArray, margin: float = MARGIN) -> Equivalence | None:
    """Test whether a mean difference lies within a margin (Schuirmann 1987, J Pharmacokin 15:657).

    Differences of one cluster are dependent, so the sample is that of the cluster means.

    Parameters
    ----------
    d : ndarray, shape (n,)
        Differences, in standard errors.
    clusters : ndarray of int, shape (n,)
    margin : float

    Returns
    -------
    Equivalence or None
        None where there is one cluster: its means have no spread to test against.
    """
    n, s = cluster_totals(np.column_stack((np.ones_like(d), d)), clusters).T
    means = s / n
    k = len(means)
    if k < 2:
        return None
    centre, spread = float(means.mean()), float(means.std(ddof=1))
    if spread == 0.0:
        return Equivalence(centre, centre, centre, float(abs(centre) >= margin), k)
    half = float(scipy.stats.t.ppf(1.0 - ALPHA, k - 1)) * spread / float(np.sqrt(k))
    p_value = float(DescrStatsW(means).ttost_mean(-margin, margin)[0])
    return Equivalence(centre, centre - half, centre + half, p_value, k)
