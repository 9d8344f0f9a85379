"""Social workers at 30 September: the release since 2017, and the interactive tool before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from harness.errors import ConfigError, PanelError
from harness.sources.england_import.authorities import local_rows
from harness.sources.england_import.releases import Release
from harness.sources.england_import.spreadsheet import INSTALL

YEARS = tuple(range(2015, 2020))
RELEASE_COLUMNS = {
    "agency_fte": "agency_fte",
    "agency_rate": "agency_worker_rate_fte_%",
    "caseload": "caseload_fte",
    "cases": "cases",
    "social_worker_fte": "social_worker_fte",
    "turnover_rate": "turnover_rate_fte_%",
    "vacancy_fte": "vacancy_fte",
    "vacancy_rate": "vacancy_rate_fte_%",
}
TOOL_ITEMS = {
    "Work_Force_Agecy_Rate": "agency_rate",
    "Work_Force_AvgNumCase_SW": "caseload",
    "Work_Force_Num_CaseHeld": "cases",
    "Work_Force_NoSW": "social_worker_fte",
    "Work_Force_TO_Rate": "turnover_rate",
    "Work_Force_Vac_Rate": "vacancy_rate",
}
TOOL_COLUMNS = ("Short Desc", "Years", "Values", "LA Number")
KEYS = ["la_code", "year", "indicator"]
# What either publication prints where there is no number.
NO_NUMBER = frozenset({"", "-", "x", "c", ":", "z", "..", "."})


def read_tool(path: Path) -> pd.DataFrame:
    """Read the workforce items of the interactive tool, cells as text in ``value_lait``.

    Raises
    ------
    ConfigError
        If polars is not installed.
    PanelError
        If the file is not Parquet, or lacks a column or an item.
    """
    try:
        import polars as pl
    except ImportError:
        raise ConfigError(f"{path.name} is a Parquet file, which takes {INSTALL}") from None
    try:
        table = pl.scan_parquet(path)
        columns = table.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PanelError(f"{path.name}: the file is not Parquet: {error}") from None
    for column in TOOL_COLUMNS:
        if column not in columns:
            raise PanelError(
                f"{path.name}: this looks like the local authority interactive tool: there is no"
                f" column {column!r}"
            )
    years = [str(year) for year in YEARS]
    chosen = table.filter(
        pl.col("Short Desc").is_in(list(TOOL_ITEMS)) & pl.col("Years").is_in(years)
    )
    rows: list[dict[str, Any]] = chosen.select(TOOL_COLUMNS).collect().to_dicts()
    return _tool_frame(rows, path)


def _tool_frame(rows: list[dict[str, Any]], path: Path) -> pd.DataFrame:
    there = {row["Short Desc"] for row in rows}
    for item in TOOL_ITEMS:
        if item not in there:
            raise PanelError(
                f"{path.name}: this looks like the local authority interactive tool: it has no"
                f" item {item!r} in {YEARS[0]} to {YEARS[-1]}"
            )
    return pd.DataFrame(
        {
            "la_code": ["" if r["LA Number"] is None else str(int(r["LA Number"])) for r in rows],
            "year": [int(r["Years"]) for r in rows],
            "indicator": [TOOL_ITEMS[r["Short Desc"]] for r in rows],
            "value_lait": ["" if r["Values"] is None else str(r["Values"]) for r in rows],
        }
    )


def read_release_values(release: Release, frame: pd.DataFrame, file: str) -> pd.DataFrame:
    """Read the workforce release, cells as text in ``value_csww``.

    Raises
    ------
    PanelError
        If a column is missing.
    """
    for column in RELEASE_COLUMNS.values():
        if column not in frame.columns:
            raise PanelError(
                f"{file}: this looks like {release.publication.title!r}: there is no column"
                f" {column!r}"
            )
    parts = [
        pd.DataFrame(
            {
                "la_code": rows[release.layout.code].str.strip(),
                "year": year,
                "indicator": indicator,
                "value_csww": rows[column].str.strip(),
            }
        )
        for year in release.years
        for rows in [local_rows(frame, release.layout, year)]
        for indicator, column in RELEASE_COLUMNS.items()
    ]
    return pd.concat(parts, ignore_index=True)


def join_workforce(
    tool: pd.DataFrame, release: pd.DataFrame, names: pd.Series[str]
) -> pd.DataFrame:
    """Join both publications for the authorities of the panel.

    Returns
    -------
    DataFrame
        Columns ``la_code``, ``year``, ``indicator``, ``value_lait``, ``value_csww`` (cells as
        published), ``la_name`` and ``value``: the release's number, else the tool's, else NaN.

    Raises
    ------
    PanelError
        If a cell is neither a number nor a code.
    """
    both = tool.merge(release, on=KEYS, how="outer", validate="one_to_one")
    both = both[both["la_code"].isin(names.index)]
    both[["value_lait", "value_csww"]] = both[["value_lait", "value_csww"]].fillna("")
    both["la_name"] = both["la_code"].map(names)
    tool_value, release_value = (_numbers(both, c) for c in ("value_lait", "value_csww"))
    both["value"] = release_value.fillna(tool_value)
    return both.sort_values(["indicator", "la_code", "year"]).reset_index(drop=True)


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    numbers = pd.to_numeric(frame[column], errors="coerce")
    bad = numbers.isna() & ~frame[column].isin(list(NO_NUMBER))
    if bad.any():
        first = frame[bad].iloc[0]
        raise PanelError(
            f"workforce, {column}, authority {first['la_code']}, {first['year']},"
            f" {first['indicator']}: {first[column]!r} is neither a number nor a code"
        )
    return numbers
