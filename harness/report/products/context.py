"""A small table about the data, as the reader of the data offers it."""

from __future__ import annotations

from harness.report.figures.table_image import table_image
from harness.report.products.asked import Asked
from harness.report.products.made import Product
from harness.report.reading import Reading
from harness.report.rounding import NOTHING, whole
from harness.report.tables.table import Cell, Column, Table


def context_product(reading: Reading, asked: Asked) -> Product:
    """Return the context table that the product names."""
    found = reading.results["context"][asked.table]
    heads = found["heads"]
    numeric = [any(isinstance(row[k], int) for row in found["rows"]) for k in range(len(heads))]
    table = Table(
        asked.file,
        f"{asked.name}. {found['title']}",
        tuple(Column(head, numeric=side) for head, side in zip(heads, numeric, strict=True)),
        tuple(tuple(_cell(value) for value in row) for row in found["rows"]),
        note=found["note"],
        csv=asked.file,
        heads=max(numeric.index(True), 1) if any(numeric) else 1,
        image=asked.file,
    )
    rows = [dict(zip(heads, row, strict=True)) for row in found["rows"]]
    return Product(asked.name, asked.file, (table,), table_image(table), tuple(heads), rows)


def _cell(value: str | int | None) -> Cell:
    if value is None:
        return Cell(NOTHING, tone="muted")
    return Cell(whole(value) if isinstance(value, int) else value)
