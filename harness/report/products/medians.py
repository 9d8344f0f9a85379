"""Median observed rates around the event, one panel a measure."""

from __future__ import annotations

from typing import Any

from harness.report.blocks import Block, Fold, Text
from harness.report.figures.medians import MEDIANS_CAPTION, draw_medians
from harness.report.figures.panels import finish_panels, frame_panel, shading
from harness.report.figures.style import Drawing, drawing, house_style, small_multiples
from harness.report.products.asked import Asked
from harness.report.products.made import Product
from harness.report.reading import Reading, Record
from harness.report.tables.data import medians_of
from harness.report.words import plural

HEADS = ("indicator", "stratum", "t", "rate", "units")


def medians_product(reading: Reading, asked: Asked) -> Product:
    """Return the figure, and the table of its numbers."""
    names = [(i["name"], s["name"]) for i in asked.indicators for s in asked.strata]
    rows = [
        {head: m[head] for head in HEADS}
        for m in reading.results["medians"]
        if (m["indicator"], m["stratum"]) in names
    ]
    picture = _drawn(reading, asked, rows) if rows else None
    pairs = [(i, s) for s in asked.strata for i in asked.indicators]
    table = medians_of(reading, pairs, asked.file, f"{asked.name}: numbers", asked.file)
    blocks: list[Block] = [picture] if picture else [Text("No rates to show.", "aside")]
    if asked.absent:
        blocks.append(Text(asked.absent_words, "aside"))
    return Product(
        asked.name, asked.file, (*blocks, Fold(f"Numbers of {asked.name}", (table,))), picture,
        HEADS, rows,
    )  # fmt: skip


def _drawn(reading: Reading, asked: Asked, rows: list[dict[str, Any]]) -> Drawing:
    with house_style():
        figure, axes = small_multiples(len(asked.indicators))
        strata: list[Record] = list(asked.strata)
        for ax, indicator in zip(axes, asked.indicators, strict=True):
            frame_panel(ax, indicator, reading)
            draw_medians(ax, reading, indicator, strata)
        finish_panels(figure, axes, reading, legend=len(strata) > 1)
        units, period = plural(reading.study["unit_word"]), reading.study["period_word"]
        names = ", ".join(i["label"] for i in asked.indicators)
        return drawing(
            figure,
            asked.file,
            f"{asked.name}: line charts of median observed rates around the event: {names}.",
            f"{asked.name}. Median rates, {asked.strata_words}. "
            + MEDIANS_CAPTION.format(units=units, period=period)
            + shading(reading)
            + " Vertical scales differ.",
            rows,
        )
