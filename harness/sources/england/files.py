"""The files of the folder as text, with the checks that all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from harness.errors import PanelError
from harness.sources.cells import FloatArray, pick, to_numbers, to_whole_numbers
from harness.sources.csv_text import read_text_csv

HOLDS = {
    "panel.csv": "the counts of children",
    "inspections.csv": "the first inspection of each authority",
    "expenditure.csv": "the Section 251 outturn",
    "workforce.csv": "the social work workforce",
    "gdp_deflator.csv": "the GDP deflator",
}


def read_file(folder: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Read one file as text, indexed by its lines, and check that it has these columns.

    Raises
    ------
    PanelError
        If the file is missing or no table, or lacks a column.
    """
    if not (folder / name).is_file():
        raise PanelError(
            f"{folder}: there is no {name}, which holds {HOLDS[name]}: add it, or let"
            " `harness import-england` write the whole folder"
        )
    frame = read_text_csv(folder / name)
    for column in columns:
        pick(frame, column, f"a column of {name}", name)
    return frame


def numbers(frame: pd.DataFrame, column: str, name: str) -> FloatArray:
    """Return a column as float64, shape (n,), NaN where empty; errors name the cell."""
    return to_numbers(pick(frame, column, column, name))


def whole(frame: pd.DataFrame, column: str, name: str) -> FloatArray:
    """Return a column of whole numbers that has no empty cell, float64, shape (n,)."""
    cells = pick(frame, column, column, name, "write a whole number")
    values = to_whole_numbers(cells)
    cells.refuse_first(pd.isna(values), "is missing: fill the cell")
    return values


def refuse_duplicates(frame: pd.DataFrame, keys: Sequence[str], name: str) -> None:
    """Refuse two rows with the same keys.

    Raises
    ------
    PanelError
        That names both rows and the keys.
    """
    again = frame.duplicated(list(keys))
    if not again.any():
        return
    row = frame[again].iloc[0]
    same = frame[(frame[list(keys)] == row[list(keys)]).all(axis=1)]
    cell = ", ".join(f"{key} {row[key]}" for key in keys)
    raise PanelError(
        f"{name}: row {same.index[1]}: {cell} stands already in row {same.index[0]}: delete one of"
        " the two rows"
    )
