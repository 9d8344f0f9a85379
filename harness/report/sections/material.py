"""What every section is made from, and how one is put together."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.blocks import Block, Findings, Fold, Section
from harness.report.derived import Overdispersion
from harness.report.figures.style import Drawing
from harness.report.findings import finding
from harness.report.products import Product
from harness.report.reading import Reading, Record
from harness.report.tables.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What the sections are made from."""

    reading: Reading
    found: list[Overdispersion]
    drawings: dict[str, Drawing]
    products: tuple[Product, ...] = ()

    def figure(self, kind: str, stratum: Record | None = None) -> Drawing | None:
        """Return a figure, None where the results had nothing to show."""
        return self.drawings.get(kind if stratum is None else f"{kind}-{stratum['name']}")


def section(anchor: str, title: str, *blocks: Block | None) -> Section:
    """Return a section of the blocks that are there."""
    return Section(anchor, title, tuple(block for block in blocks if block is not None))


def findings_of(material: Material, stratum: Record) -> Findings:
    """Return the findings on every indicator of a stratum."""
    own = [check for check in material.found if check.stratum["name"] == stratum["name"]]
    return Findings(tuple(finding(material.reading, check) for check in own))


def fold(summary: str, *blocks: Drawing | Table | None) -> Fold | None:
    """Return what is there behind a line that opens it, None where nothing is."""
    kept = tuple(block for block in blocks if block is not None)
    return Fold(summary, kept) if kept else None
