"""The importer: a folder of releases -> a folder of tables, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.errors import PanelError
from harness.sources.england_import.assemble import Say, assemble, read_all
from harness.sources.england_import.compare import KEYS, differences
from harness.sources.england_import.files import find_files
from harness.sources.england_import.notes import notes
from harness.sources.england_import.write import check_free, write_folder


@dataclass(frozen=True, slots=True)
class Imported:
    """Size of what was written.

    Attributes
    ----------
    authorities, series, cells, flagged : int
    differences : int or None
        Cells that differ from the ``panel.csv`` beside the releases; None where there is none.
    """

    authorities: int
    series: int
    cells: int
    flagged: int
    differences: int | None


def import_england(raw: Path, out: Path, say: Say = lambda line: None) -> Imported:
    """Read the official releases and write one tidy panel with its companions.

    Parameters
    ----------
    raw : Path
        The folder of releases, or its parent; ``expenditure.csv`` and ``inspections.csv`` may lie
        in either.
    out : Path
        Folder to write: ``panel.csv``, ``workforce.csv``, ``gdp_deflator.csv``,
        ``expenditure.csv``, ``inspections.csv``, ``notes.csv`` and, beside a ``panel.csv`` to
        compare with, ``differences.csv``. It is replaced whole, or left as it was.
    say : callable
        Receives progress, a line at a time.

    Returns
    -------
    Imported

    Raises
    ------
    ConfigError
        If a folder, a publication or a package is missing.
    PanelError
        If a file is not what its name says, or holds a cell that is neither number nor code.
    """
    check_free(out)
    found = find_files(raw)
    releases = read_all(found, say)
    tables = assemble(releases, say)
    written = {
        "panel": tables.panel,
        "workforce": tables.workforce,
        "gdp_deflator": tables.gdp_deflator,
        "expenditure": tables.expenditure,
        "inspections": tables.inspections,
        "notes": notes(tables, releases, found.files),
    }
    reference = found.parent / "panel.csv"
    differ = None
    if reference.is_file() and reference.parent.resolve() != out.resolve():
        differ = differences(as_text(tables.panel), read_panel(reference))
        written["differences"] = differ
    write_folder(written, out)
    return Imported(
        authorities=tables.panel["la_code"].nunique(),
        series=tables.panel["indicator"].nunique(),
        cells=len(tables.panel),
        flagged=int((tables.panel["flag"] != "").sum()),
        differences=None if differ is None else len(differ),
    )


def read_panel(path: Path) -> pd.DataFrame:
    """Read a long panel as text.

    Raises
    ------
    PanelError
        If it lacks the columns that name a cell.
    """
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in KEYS:
        if column not in frame.columns:
            raise PanelError(f"{path.name}: there is no column {column!r} to compare by")
    return frame


def as_text(panel: pd.DataFrame) -> pd.DataFrame:
    """Return a panel as the text that a CSV file of it holds."""
    return panel.astype(str).mask(panel.isna(), "")
