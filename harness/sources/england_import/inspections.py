"""Inspections under the Single Inspection Framework: which year, which judgement."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harness.errors import PanelError
from harness.sources.csv_text import read_text_csv
from harness.sources.names import suggestion

REQUIRED = ("la_code", "la_name", "judgement", "inspection_year", "inspection_start")
JUDGEMENTS = frozenset({"1", "2", "3", "4"})
# The financial year runs from April.
FIRST_MONTH = 4


def read_inspections(path: Path, names: pd.Series[str]) -> pd.DataFrame:
    """Read the inspections as text and check them.

    Parameters
    ----------
    path : Path
    names : Series
        Names of the panel's authorities by ``la_code``.

    Raises
    ------
    PanelError
        If a column or an authority is missing, a judgement is none of 1 to 4, or the year is not
        the financial year ending that contains the start.
    """
    frame = read_text_csv(path)
    for column in REQUIRED:
        if column not in frame.columns:
            raise PanelError(
                f"{path.name}: this looks like the list of inspections: there is no column"
                f" {column!r}: {suggestion(column, frame.columns)}"
            )
    started = pd.to_datetime(frame["inspection_start"], errors="coerce", format="%Y-%m-%d")
    year = started.dt.year + (started.dt.month >= FIRST_MONTH)
    wrong = {
        "la_code": frame["la_code"].duplicated(),
        "judgement": ~frame["judgement"].isin(list(JUDGEMENTS)),
        "inspection_year": year.isna() | (year != pd.to_numeric(frame["inspection_year"])),
    }
    for column, bad in wrong.items():
        if bad.any():
            line = frame.index[bad][0]
            raise PanelError(
                f"{path.name}: row {line}, column {column!r}: {frame.at[line, column]!r} is not"
                f" right: {MEND[column]}"
            )
    absent = [code for code in names.index if code not in set(frame["la_code"])]
    if absent:
        raise PanelError(f"{path.name}: {names[absent[0]]} has no inspection: add its row")
    return frame


MEND = {
    "la_code": "give an authority one row, its first inspection",
    "judgement": "1 is outstanding, 2 good, 3 requires improvement, 4 inadequate",
    "inspection_year": "it is the financial year ending that contains inspection_start",
}
