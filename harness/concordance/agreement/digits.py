"""How many digits agree: the distribution of McCullough's log relative error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.concordance.metrics import MAX_DIGITS
from harness.design import FloatArray


@dataclass(frozen=True, slots=True)
class DigitsDistribution:
    """Quartiles of the digits of agreement, and how many terms have 0, 1, ... 15 whole digits."""

    n: int
    least: float
    lower_quartile: float
    median: float
    upper_quartile: float
    most: float
    counts: tuple[int, ...]


def distribution(digits: FloatArray) -> DigitsDistribution:
    """Summarise digits of agreement, as ``metrics.log_relative_error`` gives them.

    Parameters
    ----------
    digits : ndarray, shape (n,), n at least 1
        Between 0 and 15.
    """
    whole = np.floor(digits).astype(int)
    least, lower, median, upper, most = np.quantile(digits, (0.0, 0.25, 0.5, 0.75, 1.0)).tolist()
    counts = np.bincount(whole, minlength=int(MAX_DIGITS) + 1).tolist()
    return DigitsDistribution(len(digits), least, lower, median, upper, most, tuple(counts))
