"""Every performance measure with its Monte Carlo error."""

from __future__ import annotations

from harness.report.reading import Record
from harness.report.rounding import NOTHING, whole
from harness.report.simulation.measures import (
    error_text,
    measure_named,
    measured,
    value_text,
)
from harness.report.simulation.reading import Simulation
from harness.report.tables.table import Cell, Column, Table, Tone

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def measures_table(sim: Simulation) -> Table:
    """Return all measures, one row a term of a method on a process."""
    marks = _marks(sim)
    shown = measured(sim.results["performance"])
    columns = (
        Column("Process and method", numeric=False),
        Column("Term", numeric=False),
        Column("Replicates", "those that the measures rest on"),
        *(Column(measure.head, measure.meaning) for measure in shown),
    )
    rows = []
    for rate in sim.rates:
        process, method = rate["process"], rate["method"]
        head = Cell(sim.process(process)["title"], sim.method(method)["label"], "head")
        for term in sim.terms(process, method):
            own = [sim.measure(process, method, term, measure.name) for measure in shown]
            n = max(
                (row["n"] for row in own if row is not None and row["n"] is not None), default=0
            )
            rows.append((head, Cell(term), Cell(whole(n)), *(_cell(row, marks) for row in own)))
    return Table(
        "measures",
        "All measures",
        columns,
        tuple(rows),
        note=_note(marks),
        csv="performance",
        heads=2,
        tall=True,
    )


def _marks(sim: Simulation) -> dict[str, str]:
    """Return a letter for each reason why a measure has no value or no Monte Carlo error."""
    reasons = dict.fromkeys(_reason(row) for row in sim.results["performance"])
    return {reason: _letters(k) for k, reason in enumerate(filter(None, reasons))}


def _reason(row: Record) -> str:
    """Why something is missing from a measure; empty where nothing is."""
    if row["value"] is not None and row["mcse"] is not None:
        return ""
    return row["reason"] or "no reason given"


def _letters(k: int) -> str:
    rounds, letter = divmod(k, len(LETTERS))
    return LETTERS[letter] * (rounds + 1)


def _note(marks: dict[str, str]) -> str:
    base = (
        "Under each value its Monte Carlo standard error, which also decides the digits of values"
        " on the log scale."
    )
    why = "; ".join(f"{letter}: {reason}" for reason, letter in marks.items())
    return f"{base} Without a value or an error: {why}." if why else base


def _cell(row: Record | None, marks: dict[str, str]) -> Cell:
    if row is None:
        return Cell(NOTHING, tone="muted")
    measure, mark = measure_named(row["measure"]), marks.get(_reason(row), "")
    tone: Tone = "muted" if row["value"] is None else ""
    return Cell(value_text(measure, row), error_text(measure, row), tone, mark=mark)
