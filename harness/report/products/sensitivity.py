"""One table of every variant: whether another choice changes what is said of a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.report.blocks import Block, Text
from harness.report.figures.sensitivity_map import sensitivity_map
from harness.report.numerics import percentage_change
from harness.report.products.asked import Asked
from harness.report.products.made import Product
from harness.report.products.variants import BASE, Shift, Variants
from harness.report.reading import Reading, Record
from harness.report.rounding import MINUS, NOTHING, fixed
from harness.report.tables.cells import indicator_cell
from harness.report.tables.stages import change_cell, marked
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import stage_name

HEADS = (
    "indicator", "stratum", "term", "variant", "engine", "settings", "family", "estimate", "se",
    "ci_low", "ci_high", "percentage_change", "shift_in_base_se", "conclusion_differs",
)  # fmt: skip
Key = tuple[Record, Record, str]


def sensitivity_product(reading: Reading, asked: Asked) -> Product:
    """Return the table and its picture: one row a stage of a measure, one column a variant."""
    variants = Variants(reading)
    keys: list[Key] = [
        (i, s, term) for i in asked.indicators for s in asked.strata for term in reading.stages
    ]
    if not variants.names or not keys:
        why = asked.absent_words or "The study has no variants to set beside the base model."
        nothing = Text(why, "aside")
        return Product(asked.name, asked.file, (nothing,), None, HEADS, [])
    title = f"{asked.name}. Shift of every stage under every variant, {asked.strata_words}"
    picture = sensitivity_map(variants, asked.indicators, asked.strata, asked.file, title)
    blocks: list[Block] = [Text(_sentence(variants, keys)), picture]
    blocks.append(_table(reading, asked, variants, keys))
    return Product(
        asked.name, asked.file, tuple(blocks), picture, HEADS,
        list(_numbers(reading, variants, keys)),
    )  # fmt: skip


def _sentence(variants: Variants, keys: list[Key]) -> str:
    """How many conclusions each variant changes, of those it speaks to."""
    parts = []
    for name in variants.names:
        shifts = [variants.shift(i["name"], s["name"], name, term) for i, s, term in keys]
        usable = [shift for shift in shifts if shift.usable]
        if usable:
            parts.append(f"{name} {sum(x.differs for x in usable)} of {len(usable)}")
    return (
        "Conclusions (rise, fall or no clear change of a stage at the 5 % level) that differ from"
        f" those of the base model: {'; '.join(parts)}."
    )


def _table(reading: Reading, asked: Asked, variants: Variants, keys: list[Key]) -> Table:
    several = len(asked.strata) > 1
    columns = (
        Column("Measure", numeric=False),
        *([Column("Stratum", numeric=False)] if several else []),
        Column("Stage", numeric=False),
        Column("Base", "percentage change under the base model, over its 95 % interval"),
        *(Column(name) for name in variants.names),
    )
    rows = tuple(
        (
            indicator_cell(indicator),
            *([Cell(stratum["label"], tone="name")] if several else []),
            Cell(stage_name(term, reading.study["period_word"]), tone="name"),
            change_cell(reading.reference(indicator["name"], stratum["name"]), term),
            *(
                _cell(variants.shift(indicator["name"], stratum["name"], name, term), term)
                for name in variants.names
            ),
        )
        for indicator, stratum, term in keys
    )
    return Table(
        asked.file,
        f"{asked.name}. Every variant beside the base model: {asked.strata_words}",
        columns,
        rows,
        note="Percentage change under each variant; under it how far the estimate moved, in"
        " standard errors of the base model. Bold: the 95 % interval leaves out 0. ◆: another"
        f" conclusion than the base model's. {NOTHING}: not asked, or no such stage."
        f"{_of_odds(variants)}"
        f" {asked.absent_words}",
        csv=asked.file,
        heads=2 + several,
        image=asked.file,
        tall=True,
    )


def _of_odds(variants: Variants) -> str:
    names = dict.fromkeys(
        fit["variant"] for fit in variants.reading.fits if fit["family"] == "binomial"
    )
    return f" Changes of odds, not of rates: {', '.join(names)}." if names else ""


def _cell(shift: Shift, term: str) -> Cell:
    if shift.fit is None:
        return Cell(NOTHING, tone="muted")
    if not shift.usable or shift.shift is None:
        return Cell("no reliable estimate", tone="muted")
    cell = change_cell(shift.fit, term)
    moved = fixed(shift.shift, 2)
    sign = "" if moved.startswith((MINUS, "0.00")) else "+"
    return marked(replace(cell, sub=f"{sign}{moved} SE"), shift.differs)


def _numbers(reading: Reading, variants: Variants, keys: list[Key]) -> Iterator[dict[str, Any]]:
    for indicator, stratum, term in keys:
        key = (indicator["name"], stratum["name"])
        base = reading.reference(*key)
        shifts = [(BASE, Shift(base))]
        shifts += [(name, variants.shift(*key, name, term)) for name in variants.names]
        for name, shift in shifts:
            if shift.fit is None:
                continue
            fit, p = shift.fit, shift.fit["params"][term]
            yield {
                "indicator": key[0], "stratum": key[1], "term": term, "variant": name,
                **{field: fit[field] for field in ("engine", "settings", "family")},
                **{field: p[field] for field in ("estimate", "se", "ci_low", "ci_high")},
                "percentage_change": percentage_change(p["estimate"]),
                "shift_in_base_se": shift.shift,
                "conclusion_differs": None if shift.shift is None else shift.differs,
            }  # fmt: skip
