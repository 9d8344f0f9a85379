"""The designs that were simulated: power, what a significant result shows, failures."""

from __future__ import annotations

from harness.report.power.reading import PowerAnalysis, swayed
from harness.report.power.wording import limits_words, value_words
from harness.report.reading import Record
from harness.report.rounding import NOTHING, fixed, whole
from harness.report.simulation.reading import failed
from harness.report.simulation.tables.rates import SINGULAR, STAGE_NOTE, stage_cells, stage_columns
from harness.report.tables.table import Cell, Column, Table, Tone


def points_table(analysis: PowerAnalysis) -> Table:
    """Return power with its interval, one row a design."""
    columns = (
        *_axis_columns(analysis),
        Column("True change, %", "100·(exp(b) − 1) of what is tested"),
        Column("Replicates", "simulated; under it why no more"),
        Column("Rejected"),
        Column("Power, %", "of the replicates that gave a test; under it the 95 % interval"
               " (Wilson)"),
        Column("At least, %", group="Counting failures"),
        Column("At most, %", group="Counting failures"),
    )  # fmt: skip
    rows = tuple(
        (
            *_axis_cells(analysis, point),
            Cell(fixed(point["percent"], 2)),
            Cell(whole(point["replicates"]), sub=point["stopped"] or ""),
            Cell(whole(point["rejected"])),
            _power(analysis, point),
            *_bounds(point),
        )
        for point in analysis.points
    )
    note = "Counting failures: the power if no failed replicate had rejected, and if every one had."
    return _table(analysis, "points", "Power of each design", columns, rows, note)


def significant_table(analysis: PowerAnalysis) -> Table:
    """Return what a significant result would show: type S and type M, one row a design."""
    columns = (
        *_axis_columns(analysis),
        Column("Power, %"),
        Column("Type S, %", "significant estimates with the wrong sign"),
        Column("Type M", "mean size of the significant estimates over the true size"),
        Column("Mean estimate, %", "of all estimates, as percentage change"),
        Column("True change, %"),
    )
    rows = tuple(
        (
            *_axis_cells(analysis, point),
            Cell(_percent(point["power"])),
            Cell(_percent(point["type_s"])),
            Cell(fixed(point["type_m"], 2)),
            Cell(fixed(point["mean_percent"], 2)),
            Cell(fixed(point["percent"], 2)),
        )
        for point in analysis.points
    )
    title = "Type S, type M and the mean estimate"
    return _table(analysis, "significant", title, columns, rows)


def failures_table(analysis: PowerAnalysis) -> Table:
    """Return failures by stage and singular fits, one row a design."""
    columns = (
        *_axis_columns(analysis),
        Column("Replicates"),
        *stage_columns(),
        Column("Gave a test"),
        Column("Singular, %", SINGULAR),
    )
    rows = tuple(
        (
            *_axis_cells(analysis, point),
            Cell(whole(point["replicates"])),
            *stage_cells(point),
            _answered(point),
            _singular(point),
        )
        for point in analysis.points
    )
    title = "Failures by stage, and singular fits"
    return _table(analysis, "failures", title, columns, rows, STAGE_NOTE)


def _table(
    analysis: PowerAnalysis,
    name: str,
    title: str,
    columns: tuple[Column, ...],
    rows: tuple[tuple[Cell, ...], ...],
    note: str = "",
) -> Table:
    heads = len(analysis.axes)
    return Table(name, title, columns, rows, note, "points", heads, tall=True)


def _axis_columns(analysis: PowerAnalysis) -> tuple[Column, ...]:
    return tuple(Column(axis["label"], numeric=False) for axis in analysis.axes)


def _axis_cells(analysis: PowerAnalysis, point: Record) -> tuple[Cell, ...]:
    return tuple(
        Cell(value_words(axis, point["axis"][axis["name"]]), tone="head") for axis in analysis.axes
    )


def _power(analysis: PowerAnalysis, point: Record) -> Cell:
    if point["power"] is None:
        return Cell(NOTHING, sub=point["reason"] or "", tone="muted")
    enough = analysis.target is not None and point["power"] >= analysis.target
    return Cell(_percent(point["power"]), limits_words(point), "strong" if enough else "")


def _bounds(point: Record) -> tuple[Cell, Cell]:
    tone: Tone = "" if swayed(point) else "muted"
    low, high = (_percent(point[key]) for key in ("power_lowest", "power_highest"))
    return Cell(low, tone=tone), Cell(high, tone=tone)


def _answered(point: Record) -> Cell:
    done = point["replicates"] - failed(point)
    if done:
        return Cell(whole(done))
    return Cell("0", sub="every replicate failed", tone="bad")


def _singular(point: Record) -> Cell:
    done = point["replicates"] - failed(point)
    return Cell(_percent(point["singular"] / done) if done else NOTHING)


def _percent(share: float | None) -> str:
    return NOTHING if share is None else fixed(100.0 * share)
