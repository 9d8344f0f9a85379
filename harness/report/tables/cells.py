"""Cells that several tables open their rows with."""

from __future__ import annotations

from harness.report.reading import Reading, Record, by_name
from harness.report.tables.table import Cell
from harness.report.words import unit_of


def indicator_cell(indicator: Record) -> Cell:
    """Return the label of an indicator over its unit."""
    return Cell(indicator["label"], sub=unit_of(indicator), tone="head")


def analysis_cell(reading: Reading, record: Record) -> Cell:
    """Return the analysis that a fit or a comparison belongs to."""
    indicator = by_name(reading.indicators, record["indicator"])
    stratum = by_name(reading.strata, record["stratum"])
    extra = "" if record["variant"] == "base" else f" · {record['variant']}"
    return Cell(indicator["label"], f"{stratum['label']} · {record['indicator']}{extra}", "head")
