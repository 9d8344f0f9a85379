"""What can be said of one column of text, before anybody says what it is for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import FloatArray
from harness.sources.cells import DECIMAL_COMMA, LARGEST_WHOLE, MISSING_NUMBER, PLAIN_NUMBER

IntArray = npt.NDArray[np.intp]
# A slip of the keyboard is to be named by its row, not to hide which columns are meant: share of
# the rows that may hold one.
MOST_SLIPS = 0.02


@dataclass(frozen=True, eq=False)
class Facts:
    """One column of a table.

    Attributes
    ----------
    name : str
    codes : ndarray of int, shape (n,)
        Place of each cell's value among ``values``; -1 where the cell is empty.
    values : tuple of str
        The different values as they are written, outer spaces left out, in order of appearance.
    """

    name: str
    codes: IntArray
    values: tuple[str, ...]

    @classmethod
    def of(cls, name: str, cells: pd.Series[str]) -> Facts:
        """Return the facts of a column of text."""
        text = cells.astype(object).map(str.strip).to_numpy(dtype=object)
        codes, values = pd.factorize(pd.Series(text, dtype=object).mask(text == ""))
        return cls(name, codes, tuple(map(str, values)))

    @property
    def missing(self) -> int:
        """Number of empty cells."""
        return int((self.codes < 0).sum())

    @cached_property
    def numbers(self) -> FloatArray | None:
        """The cells as numbers, NaN where missing; None where one is no plain number."""
        parsed = [_number(value) for value in self.values]
        if not self.values or any(number is None for number in parsed):
            return None
        found = np.array([math.nan if n is None else n for n in parsed] + [math.nan])
        return None if np.isnan(found).all() else found[self.codes]

    @cached_property
    def text(self) -> dict[int, str]:
        """Different values that are no numbers, by their codes."""
        return {k: value for k, value in enumerate(self.values) if _number(value) is None}

    @cached_property
    def slipped(self) -> bool:
        """Whether it would be numbers, were it not for a cell or two of text."""
        if self.numbers is not None:
            return False
        cells = int(np.isin(self.codes, list(self.text)).sum())
        most = max(1.0, MOST_SLIPS * len(self.codes))
        return len(self.text) < len(self.values) and cells <= most

    @cached_property
    def whole(self) -> bool:
        """Whether every cell that is not empty is a whole number."""
        if self.numbers is None:
            return False
        there = self.numbers[~np.isnan(self.numbers)]
        return bool((there == np.floor(there)).all() and (np.abs(there) < LARGEST_WHOLE).all())

    @cached_property
    def complete(self) -> bool:
        """Whether no cell is missing, NA among numbers included."""
        return not self.missing and (self.numbers is None or not np.isnan(self.numbers).any())

    @cached_property
    def levels(self) -> FloatArray:
        """Different numbers, sorted; none where the cells are no numbers."""
        if self.numbers is None:
            return np.empty(0)
        return np.unique(self.numbers[~np.isnan(self.numbers)])

    @property
    def decimal_comma(self) -> bool:
        """Whether it would be numbers, were its decimal commas points."""
        return self.numbers is None and all(
            DECIMAL_COMMA.fullmatch(value) or _number(value) is not None for value in self.values
        )

    def constant_within(self, groups: IntArray) -> bool:
        """Whether every group has one value, or none, in all of its rows."""
        _, first = np.unique(groups, return_index=True)
        return bool((self.codes == self.codes[first][groups]).all())


def _number(value: str) -> float | None:
    if value in MISSING_NUMBER:
        return math.nan
    if not PLAIN_NUMBER.fullmatch(value):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def facts_of(frame: pd.DataFrame) -> list[Facts]:
    """Return the facts of every column; names that stand twice are left to their first use."""
    return [Facts.of(str(name), frame.iloc[:, k]) for k, name in enumerate(frame.columns)]
