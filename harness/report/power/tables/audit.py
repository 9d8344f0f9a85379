"""A share of the replicates refitted by a second engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.report.power.reading import PowerAnalysis
from harness.report.power.wording import design_words
from harness.report.reading import Record
from harness.report.rounding import brief, p_text, whole
from harness.report.simulation.tables.agreement import VERDICT_NOTE, verdict_cells, verdict_columns
from harness.report.tables.concordance import MAX_D, MAX_S
from harness.report.tables.table import Cell, Column, Table


def audit_table(audit: Record) -> Table:
    """Return the verdicts on the replicates that were refitted."""
    columns = (
        Column("Refitted by", numeric=False),
        Column("Replicates"),
        *verdict_columns(),
        Column("Largest difference", MAX_D),
        Column("Largest SE difference", MAX_S),
        Column("Log-likelihood", "largest absolute difference"),
        Column("p-value", "largest difference"),
    )
    row = (
        Cell(audit["engine"], audit["settings"], "name"),
        Cell(whole(audit["replicates"])),
        *verdict_cells(audit["verdicts"]),
        *(Cell(brief(audit[key])) for key in ("max_d", "max_s", "max_llf")),
        Cell(brief(audit.get("max_p"))),
    )
    title = "The audit, replicate by replicate"
    return Table("audit", title, columns, (row,), VERDICT_NOTE, "audit")


def decisions_table(analysis: PowerAnalysis, audit: Record) -> Table | None:
    """Return the replicates on which the engines decide differently; None where there is none."""
    if not audit["decisions_differ"]:
        return None
    columns = (
        Column("Design", numeric=False),
        Column("Replicate"),
        Column("p, here", "p-value of the engine that did all replicates"),
        Column("p, audit", "p-value of the engine that refitted a share of them"),
        Column("Why", numeric=False, wraps=True),
    )
    rows = tuple(
        (
            Cell(_design(analysis, found["point"]), tone="name"),
            Cell(str(found["replicate"])),
            Cell(_p(found["p_fast"])),
            Cell(_p(found["p_audit"])),
            Cell(found["explanation"] or "not explained"),
        )
        for found in audit["decisions_differ"]
    )
    return Table(
        "decisions", "Every decision that differs", columns, rows, csv="decisions", tall=True
    )


def _design(analysis: PowerAnalysis, point: Any) -> str:
    """Where a replicate lies: by the values of the axes where they are given."""
    named = isinstance(point, Mapping)
    return design_words(analysis, {"axis": point}) if named else str(point)


def _p(p: float | None) -> str:
    """A p-value with the digits that tell two sides of a level apart."""
    return p_text(p) if p is None or p < 0.001 else f"{p:.6f}"
