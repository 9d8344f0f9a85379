"""A small table about the data, as the reader of the data offers it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.figures.table_image import table_image
from harness.report.products.asked import Asked
from harness.report.products.made import Product
from harness.report.reading import Reading
from harness.report.rounding import NOTHING, whole
from harness.report.tables.origins import of_data
from harness.report.tables.table import Cell, Column, Table


def context_product(reading: Reading, asked: Asked) -> Product:
    """Return the context table that the product names."""
    found = reading.results["context"][asked.table]
    heads, rows = found["heads"], found["rows"]
    numeric = [any(isinstance(row[k], int) for row in rows) for k in range(len(heads))]
    table = Table(
        asked.file,
        f"{asked.name}. {found['title']}",
        tuple(Column(head, numeric=side) for head, side in zip(heads, numeric, strict=True)),
        tuple(_row(row, above) for row, above in zip(rows, [None, *rows], strict=False)),
        note=found["note"],
        csv=asked.file,
        heads=max(numeric.index(True), 1) if any(numeric) else 1,
        image=asked.file,
        origin=of_data(reading),
    )
    numbers = [dict(zip(heads, row, strict=True)) for row in rows]
    return Product(asked.name, asked.file, (table,), table_image(table), tuple(heads), numbers)


Values = Sequence[str | int | None]


def _row(row: Values, above: Values | None) -> tuple[Cell, ...]:
    """Cells of a row; what its first cell shares with the row above stands there once."""
    first = Cell("", tone="head") if above and above[0] == row[0] else _cell(row[0])
    return (first, *(_cell(value) for value in row[1:]))


def _cell(value: str | int | None) -> Cell:
    if value is None:
        return Cell(NOTHING, tone="muted")
    return Cell(whole(value) if isinstance(value, int) else value)
