"""``inspections.csv`` -> the event of each authority, dated in three ways, and its outcome."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from harness.errors import PanelError
from harness.sources.cells import pick
from harness.sources.england.files import read_file, refuse_duplicates, whole

FILE = "inspections.csv"
COLUMNS = ("la_code", "la_name", "judgement", "inspection_year", "inspection_start")
# Outstanding authorities are three: the paper joins them with the good ones.
OUTCOMES = MappingProxyType(
    {
        1: "good_outstanding",
        2: "good_outstanding",
        3: "requires_improvement",
        4: "inadequate",
    }
)
FIRST_MONTH = 4  # A financial year runs from 1 April to 31 March and is named by its end.


def read_inspections(folder: Path) -> pd.DataFrame:
    """Read ``inspections.csv``.

    Returns
    -------
    DataFrame, indexed by ``la_code``
        ``inspection_year`` (financial year ending), ``inspection_calendar_year``,
        ``inspection_share`` (of the financial year that remained at the start, above 0, at most
        1), ``judgement`` (1 to 4), ``outcome``, ``approximate`` (whether only the month is known).

    Raises
    ------
    PanelError
        If the file or a column is missing, an authority stands twice, a judgement is not 1 to 4,
        a date is not year-month-day, or a date lies outside its financial year.
    """
    frame = read_file(folder, FILE, COLUMNS)
    refuse_duplicates(frame, ("la_code",), FILE)
    judgement = whole(frame, "judgement", FILE)
    pick(frame, "judgement", "judgement", FILE).refuse_first(
        ~np.isin(judgement, list(OUTCOMES)), "{} is not 1, 2, 3 or 4: correct it"
    )
    start = pd.Series([_date(frame, at) for at in range(len(frame))], index=frame.index)
    year = pd.Series(whole(frame, "inspection_year", FILE), index=frame.index)
    found = start.map(financial_year)
    pick(frame, "inspection_year", "inspection_year", FILE).refuse_first(
        (found != year).to_numpy(), "{} is not the financial year of inspection_start: correct it"
    )
    approximate = frame["date_approx"] if "date_approx" in frame else pd.Series("", frame.index)
    return pd.DataFrame(
        {
            "inspection_year": year.astype(int),
            "inspection_calendar_year": start.map(lambda day: day.year),
            "inspection_share": start.map(share_remaining),
            "judgement": judgement.astype(int),
            "outcome": [OUTCOMES[int(grade)] for grade in judgement],
            "approximate": approximate.str.lower() == "true",
        }
    ).set_axis(pd.Index(frame["la_code"], name="la_code"))


def _date(frame: pd.DataFrame, at: int) -> dt.date:
    cell = frame["inspection_start"].iloc[at]
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        raise PanelError(
            f"{FILE}: row {frame.index[at]}, column 'inspection_start': {cell!r} is not a date:"
            " write it as 2014-03-31"
        ) from None


def financial_year(day: dt.date) -> int:
    """Return the year in which the financial year that contains ``day`` ends."""
    return day.year + (day.month >= FIRST_MONTH)


def share_remaining(day: dt.date) -> float:
    """Return the share of the financial year from ``day`` on, the day included, in (0, 1]."""
    year = financial_year(day)
    first, after = dt.date(year - 1, FIRST_MONTH, 1), dt.date(year, FIRST_MONTH, 1)
    return (after - day).days / (after - first).days
