"""Section 251 outturn in cash -> the same with columns in 2019 prices, by the GDP deflator."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harness.errors import PanelError
from harness.sources.csv_text import read_text_csv
from harness.sources.england_import.spreadsheet import read_sheet
from harness.sources.names import suggestion

PRICE_YEAR = 2019
SHEET_COLUMNS = {
    "year": "financial_year_ending",
    "gdp": "gdp_index_2019_100",
    "deflator_2019": "multiply_to_2019_prices",
}
CASH = ("total_expenditure", "net_current_expenditure")
EXPENDITURE_COLUMNS = ("la_code", "year", "indicator", *CASH, "line", "la_name")
ZERO_SPEND = "zero_spend"
NO_DEFLATOR = "no_deflator"
# The workbook's factors are 100 over its index, both in double precision.
FACTOR_TOLERANCE = 1e-12


def read_deflator(path: Path) -> pd.DataFrame:
    """Read the GDP deflator.

    Returns
    -------
    DataFrame
        ``financial_year_ending``, ``gdp_index_2019_100`` (2018-19 = 100) and
        ``multiply_to_2019_prices``, the factor from cash to 2019 prices.

    Raises
    ------
    ConfigError
        If the package that reads workbooks is not installed.
    PanelError
        If a column is missing, or the factors are not 100 over the index.
    """
    sheet = read_sheet(path, 0)
    table = sheet.iloc[1:].set_axis([str(cell).strip() for cell in sheet.iloc[0]], axis=1)
    for column in SHEET_COLUMNS:
        if column not in table.columns:
            raise PanelError(
                f"{path.name}: this looks like the GDP deflator: there is no column {column!r}:"
                f" {suggestion(column, table.columns)}"
            )
    numbers = table[list(SHEET_COLUMNS)].apply(pd.to_numeric).rename(columns=SHEET_COLUMNS)
    numbers = numbers.astype({"financial_year_ending": int, "gdp_index_2019_100": float})
    wrong = numbers["multiply_to_2019_prices"] * numbers["gdp_index_2019_100"] / 100 - 1
    if (wrong.abs() > FACTOR_TOLERANCE).any():
        raise PanelError(f"{path.name}: the factors are not 100 over the index: check the workbook")
    return numbers.reset_index(drop=True)


def read_expenditure(path: Path, la_codes: pd.Index[str]) -> pd.DataFrame:
    """Read the outturn as text, for the authorities of the panel.

    Raises
    ------
    PanelError
        If a column is missing, a cell is not a number or a line stands twice.
    """
    frame = read_text_csv(path)
    for column in EXPENDITURE_COLUMNS:
        if column not in frame.columns:
            raise PanelError(
                f"{path.name}: this looks like the Section 251 outturn: there is no column"
                f" {column!r}: {suggestion(column, frame.columns)}"
            )
    for column in (*CASH, "year"):
        bad = pd.to_numeric(frame[column], errors="coerce").isna()
        if bad.any():
            line = frame.index[bad][0]
            raise PanelError(
                f"{path.name}: row {line}, column {column!r}: {frame.at[line, column]!r} is not a"
                " number: write pounds"
            )
    twice = frame.duplicated(["la_code", "year", "indicator"])
    if twice.any():
        raise PanelError(f"{path.name}: row {frame.index[twice][0]} repeats an earlier line")
    return frame[frame["la_code"].isin(la_codes)].reset_index(drop=True)


def deflate(expenditure: pd.DataFrame, deflator: pd.DataFrame) -> pd.DataFrame:
    """Add each amount in 2019 prices, and a flag for amounts that need a second look.

    Parameters
    ----------
    expenditure : DataFrame
        Text; ``total_expenditure`` and ``net_current_expenditure`` in pounds, cash.
    deflator : DataFrame
        As ``read_deflator`` gives it.

    Returns
    -------
    DataFrame
        With ``<amount>_2019_prices`` (NaN where the deflator has no such year) and ``flag``:
        ``no_deflator``, ``zero_spend`` (a total of 0 that may be spending under another line), or
        both with a semicolon.
    """
    year = expenditure["year"].astype(int)
    factor = year.map(deflator.set_index("financial_year_ending")["multiply_to_2019_prices"])
    cash = {name: expenditure[name].astype(float) for name in CASH}
    deflated = {f"{name}_{PRICE_YEAR}_prices": amount * factor for name, amount in cash.items()}
    flags = [
        ";".join(
            flag for flag, hit in ((NO_DEFLATOR, pd.isna(rate)), (ZERO_SPEND, total == 0)) if hit
        )
        for rate, total in zip(factor, cash["total_expenditure"], strict=True)
    ]
    return expenditure.assign(**deflated, flag=flags)
