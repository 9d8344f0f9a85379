"""Release -> one row a cell: authority, year, indicator, count, cell as published, flag, source."""

from __future__ import annotations

import pandas as pd

from harness.errors import PanelError
from harness.sources.england_import.authorities import local_rows
from harness.sources.england_import.cells import (
    NOT_SUPPLIED_FLAG,
    Cell,
    add_cells,
    parse_cell,
)
from harness.sources.england_import.releases import Release, Series

Row = tuple[str, int, str, int | None, str, str, str]
COLUMNS = ["la_code", "year", "indicator", "count", "published_cell", "flag", "source"]
NOTHING_PRINTED = Cell(None, "", NOT_SUPPLIED_FLAG)


def read_release(
    release: Release, frame: pd.DataFrame, file: str, la_codes: pd.Index[str]
) -> pd.DataFrame:
    """Read every series of a release for the authorities of the panel.

    Parameters
    ----------
    release : Release
    frame : DataFrame
        The file as text.
    file : str
        Its name, for errors.
    la_codes : Index
        Authorities; one that the file leaves out gets an empty cell flagged ``not_supplied``.

    Returns
    -------
    DataFrame
        Columns ``COLUMNS``; ``count`` is a float with NaN where a cell has no number.

    Raises
    ------
    PanelError
        If a cell is neither a number nor a code, an authority stands twice, or no row is about an
        authority of the panel.
    """
    rows: list[Row] = []
    for series in release.series:
        for year in series.years or release.years:
            rows += _read_series(release, series, year, frame, file, la_codes)
    return cells_frame(rows)


def cells_frame(rows: list[Row]) -> pd.DataFrame:
    """Return rows as a frame with the columns ``COLUMNS``."""
    return pd.DataFrame(rows, columns=COLUMNS).astype({"count": float, "year": int})


def _read_series(
    release: Release, series: Series, year: int, frame: pd.DataFrame, file: str,
    la_codes: pd.Index[str],
) -> list[Row]:  # fmt: skip
    chosen = _chosen(release, series, year, frame, file, la_codes)
    columns = [frame.columns.get_loc(column) for column in series.columns]
    if not all(isinstance(at, int) for at in columns):
        raise PanelError(f"{file}: column {series.columns[0]!r} stands twice: keep one")
    cells = {}
    for at, (code, line) in enumerate(zip(chosen["code"], chosen["line"], strict=True)):
        cells[code] = add_cells(
            [
                parse_cell(chosen[column].iloc[at], f"{file}: row {line}, column {column!r}")
                for column in series.columns
            ]
        )
    source = series.source or release.name
    return [
        (code, year, series.indicator, cell.count, cell.published, cell.flag, source)
        for code in la_codes
        for cell in [cells.get(code, NOTHING_PRINTED)]
    ]


def _chosen(
    release: Release, series: Series, year: int, frame: pd.DataFrame, file: str,
    la_codes: pd.Index[str],
) -> pd.DataFrame:  # fmt: skip
    """Rows of the panel's authorities with the values, the number ``code`` and the ``line``."""
    rows = local_rows(frame, release.layout, year)
    if series.where is not None:
        column, value = series.where
        rows = rows[rows[column].str.strip() == value]
    code = rows[release.layout.code].str.strip()
    rows = rows.loc[code.isin(la_codes), list(series.columns)]
    rows = rows.assign(code=code[code.isin(la_codes)], line=rows.index)
    if rows.empty:
        of = f" and {series.where[0]} {series.where[1]!r}" if series.where else ""
        raise PanelError(
            f"{file}: no row is about a local authority in {year}{of}: column"
            f" {release.layout.level!r} must say {release.layout.local!r}"
        )
    twice = rows["code"].duplicated()
    if twice.any():
        first = rows[twice].iloc[0]
        raise PanelError(
            f"{file}: row {first['line']}: authority {first['code']} stands twice in {year}: keep"
            " one row"
        )
    return rows
