"""Means over replicates and squares about them, from batches that are read twice.

Memory is that of one batch. The second pass takes deviations from the means of the first and
corrects for the rounding of these (Chan, Golub and LeVeque 1983, Am Stat 37:242, the corrected
two-pass algorithm), so that nothing depends on where replicates are cut into batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from harness.concordance.metrics import significance_state
from harness.design import FloatArray
from harness.errors import HarnessError
from harness.simulation.estimates import BoolArray, Estimates, check_terms
from harness.simulation.measures import Moment

# Deviations of equal numbers from their own mean, relative to it.
ROUNDING = 8.0 * float(np.finfo(float).eps)


class Quantity(IntEnum):
    """What a replicate adds to the measures of a term."""

    ERROR = 0  # of the estimate; the estimate itself where there is no truth
    SQUARED_ERROR = 1
    VARIANCE = 2  # the squared standard error
    HALF_WIDTH = 3  # of the interval
    COVERED = 4
    REJECTED = 5
    WRONG_SIGN = 6  # of the significant
    SIZE = 7  # of the significant estimate


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums over all replicates.

    Attributes
    ----------
    terms : tuple of str, length p
    stages : tuple of int, length 4
        Replicates by stage.
    singular : int
        Of those with an answer.
    n, mean, squares : ndarray, shape (8, p)
        By quantity: how many have it, their mean, the sum of squares about it.
    covering_mean : tuple of int, length p
        Replicates whose interval covers the mean of the estimates.
    """

    terms: tuple[str, ...]
    stages: tuple[int, ...]
    singular: int
    n: npt.NDArray[np.int64]
    mean: FloatArray
    squares: FloatArray
    covering_mean: tuple[int, ...]

    def of(self, quantity: Quantity, column: int) -> Moment:
        """Return the moment of one quantity of one term."""
        at = quantity, column
        return Moment(int(self.n[at]), float(self.mean[at]), float(self.squares[at]))


class _Sum:
    """Sum of arrays of one shape that keeps what rounding loses (Neumaier 1974, ZAMM 54:39)."""

    def __init__(self) -> None:
        self._total: FloatArray = np.zeros(())
        self._lost: FloatArray = np.zeros(())

    def add(self, values: FloatArray) -> None:
        """Add what is along the last axis; NaN counts for nothing."""
        x = np.where(np.isnan(values), 0.0, values).sum(axis=-1)
        total = self._total + x
        larger = np.abs(self._total) >= np.abs(x)
        self._lost = self._lost + np.where(
            larger, (self._total - total) + x, (x - total) + self._total
        )
        self._total = total

    @property
    def value(self) -> FloatArray:
        """The sum."""
        return self._total + self._lost


def moments(batches: Callable[[], Iterable[Estimates]], truth: Mapping[str, float]) -> Moments:
    """Read the batches twice and return the moments of every quantity.

    Parameters
    ----------
    batches : callable
        Gives the same replicates each time it is called.
    truth : mapping
        By term; a term without one has no quantity that needs it.

    Raises
    ------
    HarnessError
        If there is no batch, their terms differ, or the second reading gives other replicates.
    """
    terms, stages, singular, n, mean = _first(batches(), truth)
    about, squares, covering, read = _Sum(), _Sum(), np.zeros(len(terms), dtype=np.int64), 0
    for batch in batches():
        values = quantities(batch, _truths(terms, truth))
        deviations = values - mean[:, :, None]
        about.add(deviations)
        squares.add(deviations**2)
        centred, half = deviations[Quantity.ERROR], values[Quantity.HALF_WIDTH]
        covering += (np.abs(centred) <= half).sum(axis=1)
        read += len(batch)
    if read != stages.sum():
        raise HarnessError(
            f"estimates: {stages.sum()} replicates at the first reading, {read} at the second:"
            " give a function that begins anew at each call"
        )
    corrected = squares.value - about.value**2 / np.maximum(n, 1)
    # What the rounding of a mean leaves where nothing varies.
    constant = corrected <= n * (ROUNDING * np.nan_to_num(mean)) ** 2
    return Moments(
        terms=terms, stages=tuple(map(int, stages)), singular=singular, n=n, mean=mean,
        squares=np.where(constant, 0.0, corrected), covering_mean=tuple(map(int, covering)),
    )  # fmt: skip


def _first(
    batches: Iterable[Estimates], truth: Mapping[str, float]
) -> tuple[tuple[str, ...], npt.NDArray[np.int64], int, npt.NDArray[np.int64], FloatArray]:
    """Terms, replicates by stage, singular ones, and the numbers and means of the quantities."""
    terms, sums, singular = None, _Sum(), 0
    stages, n = np.zeros(4, dtype=np.int64), np.zeros((), dtype=np.int64)
    for batch in batches:
        terms = batch.terms if terms is None else terms
        check_terms(batch, terms)
        stages = stages + np.bincount(batch.stage, minlength=4)
        singular += int((batch.singular & batch.done).sum())
        values = quantities(batch, _truths(terms, truth))
        n = n + np.isfinite(values).sum(axis=-1)
        sums.add(values)
    if terms is None:
        raise HarnessError("estimates: there is no batch to measure")
    mean = np.divide(sums.value, n, out=np.full(n.shape, np.nan), where=n > 0)
    return terms, stages, singular, n, mean


def quantities(batch: Estimates, truth: FloatArray) -> FloatArray:
    """Return every quantity of every replicate; NaN where it has none.

    Parameters
    ----------
    truth : ndarray, shape (p,)
        NaN where there is none.

    Returns
    -------
    ndarray, shape (8, p, r)
    """
    done, theta = batch.done, truth[:, None]
    estimate, se, critical = (
        np.where(done, values.T, np.nan) for values in (batch.estimate, batch.se, batch.critical)
    )
    half = critical * se
    error = estimate - np.nan_to_num(theta)
    state = significance_state(estimate, se, critical)
    significant, known = state != 0.0, ~np.isnan(theta)
    found = {
        Quantity.ERROR: error,
        Quantity.SQUARED_ERROR: (estimate - theta) ** 2,
        Quantity.VARIANCE: se**2,
        Quantity.HALF_WIDTH: half,
        Quantity.COVERED: _where(done & known, np.abs(error) <= half),
        Quantity.REJECTED: _where(done, significant),
        Quantity.WRONG_SIGN: _where(significant & known, state * np.sign(theta) < 0.0),
        Quantity.SIZE: _where(significant, np.abs(estimate)),
    }
    return np.stack([found[quantity] for quantity in Quantity])


def _where(known: BoolArray, values: FloatArray | BoolArray) -> FloatArray:
    return np.where(known, values, np.nan)


def _truths(terms: tuple[str, ...], truth: Mapping[str, float]) -> FloatArray:
    return np.array([truth.get(term, np.nan) for term in terms], dtype=np.float64)
