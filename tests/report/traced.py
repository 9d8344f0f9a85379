"""Which tables of a report hold numbers that nobody can follow to a fit, or make again."""

from __future__ import annotations

import re

from harness.report.tables.table import Cell, Table
from harness.report.whole import Document


def untraced(made: Document) -> list[str]:
    """Names of the tables with a row of numbers that no link leads from and no origin tells of."""
    return [table.name for table in made.tables if table.origin is None and _lost(made, table)]


def _lost(made: Document, table: Table) -> bool:
    return any(
        any(map(_is_number, row[table.heads :]))
        and not any(cell.link in made.fit_ids for cell in row)
        for row in table.rows
    )


def _is_number(cell: Cell) -> bool:
    return bool(re.search(r"\d", cell.text))
