"""Legal status of looked-after children in 2010: a table of a workbook, by name, rounded to 5."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harness.errors import PanelError
from harness.sources.england_import.authorities import codes_by_plain_name, plain_name
from harness.sources.england_import.cells import ROUNDED_TO_5, parse_cell
from harness.sources.england_import.read import Row, cells_frame
from harness.sources.england_import.spreadsheet import read_sheet

SHEET = "LAA6"
YEAR = 2010
SOURCE = "SFR27/2010 table LAA6 (LA figures rounded to nearest 5)"
# Headings of the columns of numbers; the columns of percentages, further right, bear them too.
HEADINGS = {
    "cla_ico": "Interim care orders",
    "cla_fco": "Full care orders",
    "cla_placement_order": "Placement order granted",
    "cla_s20": "Accommodated under S20",
}


def read_legal_status(path: Path, names: pd.Series[str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read table LAA6 of SFR27/2010.

    Parameters
    ----------
    path : Path
        The workbook.
    names : Series
        Names of the panel's authorities by ``la_code``.

    Returns
    -------
    cells : DataFrame
        As of ``read_release``; numbers are flagged ``rounded_to_5``.
    variants : dict of la_code to str
        Names that the table spells otherwise.

    Raises
    ------
    ConfigError
        If the package that reads workbooks is not installed.
    PanelError
        If the sheet, a heading or an authority is missing, or a cell is not a number.
    """
    sheet = read_sheet(path, SHEET)
    columns = {key: _column(sheet, heading, path) for key, heading in HEADINGS.items()}
    codes = codes_by_plain_name(names, path.name)
    lines = {
        codes[plain]: line
        for line, printed in sheet[0].items()
        if (plain := plain_name(printed)) in codes
    }
    absent = [code for code in names.index if code not in lines]
    if absent:
        raise PanelError(
            f"{path.name}, sheet {SHEET}: there is no row for {names[absent[0]]!r}: check its name"
        )
    variants = {
        code: str(sheet.at[line, 0]).strip()
        for code, line in lines.items()
        if str(sheet.at[line, 0]).strip() != names[code]
    }
    return cells_frame(_rows(sheet, columns, lines, path)), variants


def _rows(
    sheet: pd.DataFrame, columns: dict[str, int], lines: dict[str, object], path: Path
) -> list[Row]:
    rows: list[Row] = []
    for indicator, column in columns.items():
        for code, line in lines.items():
            place = f"{path.name}, sheet {SHEET}: row {line}, column {column + 1}"
            cell = parse_cell(str(sheet.at[line, column]), place)
            flag = ROUNDED_TO_5 if cell.count is not None else cell.flag
            rows.append((code, YEAR, indicator, cell.count, cell.published, flag, SOURCE))
    return rows


def _column(sheet: pd.DataFrame, heading: str, path: Path) -> int:
    """First column with a heading, footnote numbers and line breaks aside."""
    for column in sheet.columns:
        if any(_heading(cell).startswith(_heading(heading)) for cell in sheet[column]):
            return int(column)
    raise PanelError(
        f"{path.name}, sheet {SHEET}: there is no column {heading!r}: this looks like SFR27/2010"
        " in another layout"
    )


def _heading(cell: str) -> str:
    return " ".join(cell.casefold().split())
