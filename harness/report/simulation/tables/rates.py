"""Failures by stage and singular fits, none hidden."""

from __future__ import annotations

from harness.report.reading import Record
from harness.report.rounding import NOTHING, interval, whole
from harness.report.simulation.reading import Simulation, failed
from harness.report.simulation.wording import percent
from harness.report.tables.table import Cell, Column, Table, Tone

STAGE_NOTE = (
    "Failed at simulate: the data could not be drawn; at fit: the engine gave no answer or did not"
    " converge; at test: there is an estimate, but no standard error or test."
)
SINGULAR = "a variance of the random effects estimated as zero; an answer, not a failure"


def rates_table(sim: Simulation) -> Table:
    """Return replicates, failures by stage and singular fits, one row a method on a process."""
    columns = (
        Column("Process", numeric=False),
        Column("Method", numeric=False),
        Column("Replicates"),
        *stage_columns(),
        Column("Converged", "replicates whose fit converged"),
        Column("Answered", "replicates that failed at no stage"),
        Column("Singular, %", f"{SINGULAR}; under it the 95 % interval (Wilson)"),
    )
    rows = tuple(
        (
            Cell(sim.process(rate["process"])["title"], tone="head"),
            Cell(sim.method(rate["method"])["label"]),
            Cell(whole(rate["replicates"])),
            *stage_cells(rate),
            Cell(whole(rate["converged"])),
            _answered(rate),
            _singular(rate),
        )
        for rate in sim.rates
    )
    return Table(
        "rates",
        "Failures by stage, and singular fits",
        columns,
        rows,
        note=f"A replicate that failed is counted here, not redrawn; every measure rests on the"
        f" others. {STAGE_NOTE}",
        csv="rates",
        heads=2,
    )


def stage_columns() -> tuple[Column, ...]:
    """Return one column a stage at which a replicate may fail."""
    return tuple(Column(head, "", "Failed at") for head in ("Simulate", "Fit", "Test"))


def stage_cells(record: Record) -> tuple[Cell, ...]:
    """Return the failures of each stage; those that are there stand out."""
    counts = (record["failed"].get(stage, 0) for stage in ("simulate", "fit", "test"))
    return tuple(Cell(whole(n), tone="near" if n else "muted") for n in counts)


def _answered(rate: Record) -> Cell:
    tone: Tone = "bad" if failed(rate) == rate["replicates"] else ""
    done = rate["replicates"] - failed(rate)
    return Cell(whole(done), sub="every replicate failed" if tone else "", tone=tone)


def _singular(rate: Record) -> Cell:
    done = rate["replicates"] - failed(rate)
    if not done:
        return Cell(NOTHING, tone="muted")
    low, high = rate.get("singular_low"), rate.get("singular_high")
    limits = "" if low is None or high is None else interval(100.0 * low, 100.0 * high)
    return Cell(percent(rate["singular"] / done).removesuffix(" %"), sub=limits)
