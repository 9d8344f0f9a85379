"""Two methods on the same draws, replicate by replicate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.report.rounding import NOTHING, brief, whole
from harness.report.simulation.reading import Simulation
from harness.report.tables.concordance import MAX_D, MAX_S, SIGNS, TONES
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import LEVELS

LISTED = 20
VERDICT_NOTE = (
    "Counts of replicates. What the verdicts mean stands under “How to read this report”."
)


def agreement_table(sim: Simulation) -> Table | None:
    """Return counts of verdicts for each pair of methods; None where no pair was compared."""
    pairs = sim.results["agreement"]
    if not pairs:
        return None
    columns = (
        Column("Process", numeric=False),
        Column("Methods", numeric=False),
        Column("Replicates"),
        *verdict_columns(),
        Column("Largest difference", MAX_D),
        Column("Largest SE difference", MAX_S),
        Column("Log-likelihood", "largest absolute difference"),
        Column("Conclusion changes in", "replicates in which the sign or the significance of a term"
               f" differs, the first {LISTED}", numeric=False, wraps=True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(sim.process(pair["process"])["title"], tone="head"),
            Cell(sim.method(pair["method_a"])["label"], sim.method(pair["method_b"])["label"]),
            Cell(whole(pair["replicates"])),
            *verdict_cells(pair["verdicts"]),
            *(Cell(brief(pair[key])) for key in ("max_d", "max_s", "max_llf")),
            Cell(_listed(pair["changed"], pair.get("changed_count"))),
        )
        for pair in pairs
    )
    title = "Verdicts by pair of methods, on identical draws"
    return Table("agreement", title, columns, rows, VERDICT_NOTE, "agreement", heads=2)


def verdict_columns() -> tuple[Column, ...]:
    """Return one column a verdict; the glossary says what they mean."""
    return tuple(Column(f"{SIGNS[verdict]} {verdict}") for verdict in LEVELS)


def verdict_cells(verdicts: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Return the counts of the verdicts."""
    counts = ((verdict, verdicts.get(verdict, 0)) for verdict in LEVELS)
    return tuple(Cell(whole(n), tone=TONES[verdict] if n else "muted") for verdict, n in counts)


def _listed(changed: list[int], count: int | None) -> str:
    """The first replicates by number, after how many there are where that is known."""
    numbers = ", ".join(str(k) for k in changed[:LISTED])
    if not numbers:
        return NOTHING
    return numbers if count is None else f"{whole(count)}: {numbers}"
