"""The chained index, one panel a measure: the languages, or the strata as lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.report.blocks import Block, Fold, Text
from harness.report.derived import Overdispersion, index_of
from harness.report.figures.chained_index import index_panels
from harness.report.figures.strata_index import strata_panels
from harness.report.products.asked import Asked
from harness.report.products.made import Product
from harness.report.reading import Reading, Record
from harness.report.rounding import fixed
from harness.report.tables.cells import indicator_cell
from harness.report.tables.stages import index_cells
from harness.report.tables.table import Cell, Column, Table

HEADS = (
    "indicator", "stratum", "language", "engine", "settings", "family", "t", "index", "low", "high",
)  # fmt: skip

NO_INDEX = "The stages of this impact model have no chained index."


def chained_index_product(reading: Reading, found: list[Overdispersion], asked: Asked) -> Product:
    """Return the figure, and the table of its numbers."""
    title = f"{asked.name}. Chained index"
    if asked.by_strata:
        picture = strata_panels(
            reading, found, asked.indicators, asked.strata, asked.file, f"{title} by stratum"
        )
    else:
        picture = index_panels(reading, asked.strata, found, asked.indicators, asked.file, title)
    why = "No reliable estimate." if reading.tiles else NO_INDEX
    blocks: list[Block] = [picture] if picture else [Text(why, "aside")]
    if asked.absent:
        blocks.append(Text(asked.absent_words, "aside"))
    lines = list(_lines(reading, found, asked))
    fold = Fold(f"Numbers of {asked.name}", (_table(reading, asked, lines),))
    return Product(
        asked.name, asked.file, (*blocks, fold), picture, HEADS, list(_numbers(reading, lines))
    )


Line = tuple[Record, Record, str, Record | None]


def _lines(reading: Reading, found: list[Overdispersion], asked: Asked) -> Iterator[Line]:
    """Yield measure, stratum, name and fit of every line that is drawn."""
    beside = {(c.indicator["name"], c.stratum["name"]): c.beside for c in found}
    for indicator in asked.indicators:
        for stratum in asked.strata:
            key = (indicator["name"], stratum["name"])
            for voice in reading.voices:
                name = f"{voice.language}: {voice.name}"
                yield indicator, stratum, name, reading.spoken(voice, *key)
            nb2 = beside.get(key)
            if nb2 is not None and not asked.by_strata:
                yield indicator, stratum, f"NB2: {nb2['engine']} {nb2['settings']}", nb2


def _table(reading: Reading, asked: Asked, lines: list[Line]) -> Table:
    first, last = reading.window
    several = len(asked.strata) > 1
    columns = [Column("Measure", numeric=False)]
    columns += [Column("Stratum", numeric=False)] if several else []
    columns += [Column("Engine", numeric=False)]
    columns += [Column(f"t = {fixed(t, 0)}") for t in range(first, last + 1)]
    rows = tuple(
        (
            indicator_cell(indicator),
            *([Cell(stratum["label"], tone="name")] if several else []),
            Cell(name, link=fit["id"] if fit else ""),
            *index_cells(fit, reading),
        )
        for indicator, stratum, name, fit in lines
    )
    return Table(
        asked.file,
        f"{asked.name}: numbers",
        tuple(columns),
        rows,
        note=f"Baseline 100 at t = {fixed(first, 0)}; under each value its 95 % interval.",
        csv=asked.file,
        heads=2 + several,
        tall=True,
    )


def _numbers(reading: Reading, lines: list[Line]) -> Iterator[dict[str, Any]]:
    for _, _, _, fit in lines:
        index = index_of(fit, reading)
        if index is None or fit is None:
            continue
        for k, t in enumerate(index.t):
            yield {
                **{name: fit[name] for name in HEADS[:6]},
                "t": t,
                "index": float(index.index[k]),
                "low": None if index.low is None else float(index.low[k]),
                "high": None if index.high is None else float(index.high[k]),
            }
