"""Two panels in the long layout -> every cell in which they differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.errors import PanelError

KEYS = ["la_code", "year", "indicator"]
ROW = "row"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why cells differ; an empty field means any.

    Attributes
    ----------
    reason : str
    la_code, year, indicator, column : str
    """

    reason: str
    la_code: str = ""
    year: str = ""
    indicator: str = ""
    column: str = ""

    def covers(self, cell: dict[str, str]) -> bool:
        """Return whether this reason is meant for a cell."""
        wanted = {
            "la_code": self.la_code,
            "year": self.year,
            "indicator": self.indicator,
            "column": self.column,
        }
        return all(not value or cell[key] == value for key, value in wanted.items())


def differences(
    made: pd.DataFrame, reference: pd.DataFrame, reasons: Iterable[Reason] = ()
) -> pd.DataFrame:
    """List every cell in which two panels differ, and every row that only one of them has.

    Cells are compared as text, so both panels must be read as text (``dtype=str``,
    ``keep_default_na=False``); a column that one of them lacks differs in every row. The order of
    rows is no difference.

    Parameters
    ----------
    made, reference : DataFrame
        Long panels with ``la_code``, ``year``, ``indicator``, each combination once.
    reasons : iterable of Reason
        Known differences; the first that covers a cell explains it.

    Returns
    -------
    DataFrame
        ``la_code``, ``year``, ``indicator``, ``column`` (``row`` for a missing row), ``made``,
        ``reference`` and ``reason`` (empty where unexplained).

    Raises
    ------
    PanelError
        If a combination of authority, year and indicator stands twice.
    """
    left, right = (_by_cell(frame) for frame in (made, reference))
    common = left.index.intersection(right.index)
    found = [(*key, ROW, "there", "") for key in left.index.difference(right.index)]
    found += [(*key, ROW, "", "there") for key in right.index.difference(left.index)]
    for column in [*right.columns, *(c for c in left.columns if c not in right.columns)]:
        ours, theirs = (_cells(frame, column, common) for frame in (left, right))
        unequal = (ours != theirs).to_numpy()
        found += [
            (*key, column, a, b)
            for key, a, b in zip(common[unequal], ours[unequal], theirs[unequal], strict=True)
        ]
    table = pd.DataFrame(found, columns=[*KEYS, "column", "made", "reference"], dtype=str)
    known = tuple(reasons)
    cells = table.to_dict("records")
    return table.assign(reason=[_reason({str(k): v for k, v in c.items()}, known) for c in cells])


def _by_cell(frame: pd.DataFrame) -> pd.DataFrame:
    twice = frame.duplicated(KEYS)
    if twice.any():
        cell = ", ".join(map(str, frame.loc[twice, KEYS].iloc[0]))
        raise PanelError(f"a panel to compare has the cell {cell} twice: keep one row")
    return frame.set_index(KEYS)


def _cells(frame: pd.DataFrame, column: str, rows: pd.Index[Any]) -> pd.Series[str]:
    if column not in frame.columns:
        return pd.Series("no such column", index=rows, dtype=str)
    return frame.loc[rows, column]


def _reason(cell: dict[str, str], reasons: tuple[Reason, ...]) -> str:
    return next((known.reason for known in reasons if known.covers(cell)), "")
