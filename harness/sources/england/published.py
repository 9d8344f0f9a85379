"""``panel.csv``, long or wide -> one row a cell: a number, or why there is none."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from harness.sources.cells import FloatArray, pick, show, to_whole_numbers
from harness.sources.england.files import numbers, read_file, refuse_duplicates, whole

FILE = "panel.csv"
AUTHORITY = ("la_code", "la_name", "region", "year", "population", "population_published")
KEYS = (*AUTHORITY, "inspection_year", "judgement")
NUMBERS = ("population", "population_published", "inspection_year", "judgement")
CELL = ("indicator", "count", "published_cell", "flag")
# In a wide file, what is neither a key nor one of these is a series.
OTHER = ("ons_code",)
SUPPRESSED = "suppressed_small"
NOT_SUPPLIED = "not_supplied"
# A sum of bands of which one is suppressed: the sum itself may be of any size.
BAND_SUPPRESSED = "c*"
CODES = MappingProxyType(
    {"x": SUPPRESSED, "c": SUPPRESSED, BAND_SUPPRESSED: SUPPRESSED}
    | dict.fromkeys(("..", ":", "z", "."), NOT_SUPPLIED)
)


def read_cells(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read ``panel.csv``.

    Parameters
    ----------
    folder : Path
        The file is long (one row a cell, columns ``indicator``, ``count``, ``published_cell`` and
        ``flag``) or wide (one row an authority and year, one column a series, in which stand
        numbers or the codes of the publication).

    Returns
    -------
    authorities : DataFrame
        One row an authority and year: ``la_code``, ``la_name``, ``region`` (text), ``year``,
        ``inspection_year``, ``judgement``, ``population``, ``population_published`` (float64).
    cells : DataFrame
        ``la_code``, ``year``, ``indicator``, ``count`` (float64), ``published_cell``, ``flag``.

    Raises
    ------
    PanelError
        If the file or a column is missing, a cell is no number or stands twice, or two rows tell
        different things of one authority and year.
    """
    frame = read_file(folder, FILE, KEYS)
    refuse_duplicates(frame, ("la_code", "year", *_indicator(frame)), FILE)
    years = frame.assign(year=whole(frame, "year", FILE))
    cells = _long(years) if "indicator" in years else _melted(years)
    return _authorities(years), cells


def _indicator(frame: pd.DataFrame) -> tuple[str, ...]:
    return ("indicator",) if "indicator" in frame else ()


def _authorities(frame: pd.DataFrame) -> pd.DataFrame:
    for keys, columns in ((["la_code", "year"], KEYS), (["la_code"], ["la_name"])):
        for column in columns:
            _refuse_contradiction(frame, keys, column)
    parts = frame[list(KEYS)].drop_duplicates(["la_code", "year"])
    refuse_duplicates(parts, ("la_name", "year"), FILE)
    values = {name: numbers(parts, name, FILE) for name in NUMBERS}
    pick(parts, "population", "population", FILE, "write the children aged 0 to 17").refuse_first(
        ~(values["population"] > 0), "{} is not above 0: correct it"
    )
    return parts.assign(**values).sort_values(["la_name", "year"])


def _refuse_contradiction(frame: pd.DataFrame, keys: list[str], column: str) -> None:
    first = frame.groupby(keys)[column].transform("first")
    differ = (frame[column] != first).to_numpy()
    if differ.any():
        cells = pick(frame, column, column, FILE)
        at = int(np.argmax(differ))
        who = ", ".join(f"{key} {show(frame[key].iloc[at])}" for key in keys)
        raise cells.error(
            at,
            f"{show(cells.cells.iloc[at])} contradicts {show(first.iloc[at])} in an earlier row"
            f" of {who}: correct one of them",
        )


def _long(frame: pd.DataFrame) -> pd.DataFrame:
    for column in CELL:
        pick(frame, column, f"a column of {FILE}", FILE)
    return frame[["la_code", "year", *CELL]].assign(count=_count(frame, "count"))


def _count(frame: pd.DataFrame, column: str) -> FloatArray:
    cells = pick(frame, column, "count", FILE, "write a whole number, or leave the cell empty")
    values = to_whole_numbers(cells)
    cells.refuse_first(values < 0, "{} is negative: correct it")
    return values


def _melted(frame: pd.DataFrame) -> pd.DataFrame:
    series = [str(name) for name in frame if name not in (*KEYS, *OTHER)]
    parts = []
    for name in series:
        published = frame[name].str.strip()
        coded = published.isin(list(CODES))
        count = _count(frame.assign(**{name: published.mask(coded, "")}), name)
        parts.append(
            frame[["la_code", "year"]].assign(
                indicator=name,
                count=count,
                published_cell=published,
                flag=published.map(CODES).fillna(""),
            )
        )
    return pd.concat(parts, ignore_index=True)
