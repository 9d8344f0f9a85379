"""The numbers a report adds to those of the fits; pure functions on plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.stats

FloatArray = npt.NDArray[np.float64]
BASELINE = 100.0
Z_95 = float(scipy.stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True, eq=False)
class ChainedIndex:
    """Index of the rate at each t, with pointwise limits.

    Attributes
    ----------
    t : tuple of int, length T
        Time to the event, from the first to the last period of the window.
    index : ndarray, shape (T,)
        100 at the first t.
    low, high : ndarray, shape (T,), or None
        95 % limits; None where the covariance of the estimates is not known.
    """

    t: tuple[int, ...]
    index: FloatArray
    low: FloatArray | None
    high: FloatArray | None


def percentage_change(b: float | None) -> float | None:
    """Return 100 (exp(b) - 1), the percentage change that a log rate ratio stands for.

    Parameters
    ----------
    b : float or None
        Log rate ratio.

    Returns
    -------
    float or None
        None for None and where the result is too large for a float.
    """
    if b is None:
        return None
    try:
        return 100.0 * math.expm1(b)
    except OverflowError:
        return None


def excludes_zero(low: float | None, high: float | None) -> bool | None:
    """Return whether an interval leaves out zero; None where a limit is not known."""
    if low is None or high is None:
        return None
    return low > 0.0 or high < 0.0


def wald_p(estimate: float | None, se: float | None, df: float | None = None) -> float | None:
    """Return the two-sided p-value of ``estimate`` / ``se``: normal, or t where there is a df."""
    if estimate is None or not se:
        return None
    z = abs(estimate / se)
    return float(2.0 * (scipy.stats.norm.sf(z) if df is None else scipy.stats.t.sf(z, df)))


def stage_at(t: int) -> str:
    """Return the stage whose coefficient takes the two-step model from t - 1 to t."""
    if t < 0:
        return "pre"
    return {0: "step0", 1: "step1"}.get(t, "post")


def stage_counts(window: tuple[int, int], terms: Sequence[str]) -> FloatArray:
    """Return how often each term has entered the index by each t.

    Parameters
    ----------
    window : (int, int)
        First and last t.
    terms : sequence of str, length p
        Names of the coefficients, in the order of the columns returned.

    Returns
    -------
    ndarray, shape (T, p)
        Row 0 (the baseline) is zero.
    """
    first, last = window
    steps = np.zeros((last - first + 1, len(terms)))
    for row, t in enumerate(range(first + 1, last + 1), start=1):
        steps[row, list(terms).index(stage_at(t))] = 1.0
    return np.cumsum(steps, axis=0)


def chained_index(
    estimates: Mapping[str, float],
    cov_params: Sequence[Sequence[float]] | None,
    terms: Sequence[str],
    window: tuple[int, int],
    df: float | None = None,
) -> ChainedIndex:
    """Return the chained index of a two-step fit, baseline 100 at the first t.

    The log index is c' b with c the counts of ``stage_counts``; its variance is c' V c, and the
    limits are 100 exp(c' b -+ z sqrt(c' V c)) (delta method on the log scale, exact for a linear
    combination).

    Parameters
    ----------
    estimates : mapping of term to float
        Log rate ratios b.
    cov_params : (p, p) nested sequence or None
        Covariance V of the estimates, rows in the order of ``terms``.
    terms : sequence of str, length p
    window : (int, int)
        First and last t.
    df : float, optional
        Degrees of freedom: z is then a quantile of t.
    """
    counts = stage_counts(window, terms)
    log_index = counts @ np.array([estimates[term] for term in terms], dtype=float)
    t = tuple(range(window[0], window[1] + 1))
    if cov_params is None:
        return ChainedIndex(t, BASELINE * np.exp(log_index), None, None)
    v = np.asarray(cov_params, dtype=float)
    z = Z_95 if df is None else float(scipy.stats.t.ppf(0.975, df))
    half = z * np.sqrt(np.maximum(np.einsum("ti,ij,tj->t", counts, v, counts), 0.0))
    low, high = BASELINE * np.exp(log_index - half), BASELINE * np.exp(log_index + half)
    return ChainedIndex(t, BASELINE * np.exp(log_index), low, high)
