"""Which of three or more fits of the same question differs from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.concordance.verdict import IDENTICAL
from harness.design import FloatArray

FEWEST = 3
# A fit is named only where it lies at least twice as far from every other as they lie from one
# another: of three fits on a line at about equal steps, neither end is odd.
SEPARATION = 2.0
Outcome = Literal["all identical", "odd one out", "no single one"]


@dataclass(frozen=True, slots=True)
class OddOneOut:
    """What a table of distances between fits says.

    Attributes
    ----------
    outcome : str
        "all identical" where all are identical, "odd one out", or "no single one".
    odd : int or None
        Place of the odd one.
    nearest : float
        From the odd one, or the fit that comes closest to being it, to the nearest other.
    others : float
        Largest distance between the others.
    """

    outcome: Outcome
    odd: int | None
    nearest: float
    others: float


def odd_one_out(distances: FloatArray) -> OddOneOut:
    """Find the fit that differs from all the others, which agree among themselves.

    Parameters
    ----------
    distances : ndarray, shape (k, k), k at least 3
        Symmetric; the larger of the difference of estimates in standard errors and the relative
        difference of standard errors, for which ``identical`` has one limit.
    """
    k = len(distances)
    nearest, others = np.empty(k), np.empty(k)
    for i in range(k):
        rest = np.delete(np.arange(k), i)
        nearest[i] = distances[i, rest].min()
        others[i] = distances[np.ix_(rest, rest)].max()
    i = int(np.argmax(nearest - SEPARATION * others))
    far = nearest[i] > IDENTICAL.diff_se and nearest[i] >= SEPARATION * others[i]
    outcome: Outcome = "odd one out" if far else "no single one"
    if distances.max() <= IDENTICAL.diff_se:
        outcome = "all identical"
    odd = i if outcome == "odd one out" else None
    return OddOneOut(outcome, odd, float(nearest[i]), float(others[i]))
