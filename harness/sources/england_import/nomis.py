"""Extract of Nomis -> children by ONS code and year. Titles stand above the table."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from harness.errors import PanelError
from harness.sources.england_import.cells import parse_cell

FIRST_COLUMN = "local authority: county / unitary"
CODE = "mnemonic"


def read_nomis(path: Path, years: tuple[int, ...]) -> pd.DataFrame:
    """Read mid-year estimates of one age group.

    Returns
    -------
    DataFrame, shape (areas, years)
        Persons, indexed by ONS code.

    Raises
    ------
    PanelError
        If the table or a year is missing, or a cell is not a number.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.reader(stream))
    starts = [at for at, row in enumerate(lines) if row and row[0].startswith(FIRST_COLUMN)]
    if not starts:
        raise PanelError(
            f"{path.name}: this looks like population estimates of Nomis in an unknown layout:"
            f" there is no column {FIRST_COLUMN!r}"
        )
    header = lines[starts[0]]
    for column in (CODE, *map(str, years)):
        if column not in header:
            raise PanelError(
                f"{path.name}: this looks like population estimates of Nomis: there is no column"
                f" {column!r}: extract the years {years[0]} to {years[-1]}"
            )
    places = [header.index(str(year)) for year in years]
    rows = {
        row[header.index(CODE)]: [_persons(row[at], path, line) for at in places]
        for line, row in enumerate(lines[starts[0] + 1 :], start=starts[0] + 2)
        if len(row) == len(header)
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(years))


def _persons(text: str, path: Path, line: int) -> int:
    count = parse_cell(text, f"{path.name}: row {line}").count
    if count is None:
        raise PanelError(f"{path.name}: row {line} has no number of persons: {text!r}")
    return count
