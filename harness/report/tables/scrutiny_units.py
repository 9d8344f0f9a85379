"""Who makes the result: composition, regression to the mean, suppressed cells."""

from __future__ import annotations

from typing import Literal

from harness.report.numerics import excludes_zero, percentage_change
from harness.report.reading import WHOLE_PANEL, Reading, Record
from harness.report.rounding import NOTHING, fixed, interval, whole
from harness.report.tables.cells import indicator_cell
from harness.report.tables.origins import of_composition, of_fillings, of_regression
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import plural, stage_name

CLEAR_SE = 1.0  # a move of so many standard errors is marked


def composition_table(reading: Reading, stratum: Record) -> Table | None:
    """Return the units of one stratum and what the complete ones say, one row an indicator."""
    own = [row for row in reading.scrutiny("composition") if row["stratum"] == stratum["name"]]
    if not own:
        return None
    stages = [term for term in reading.stages if any(row["term"] == term for row in own)]
    period, units = reading.study["period_word"], plural(reading.study["unit_word"])
    columns = (
        Column("Indicator", numeric=False),
        Column(units.capitalize(), "with a row in the window"),
        Column("Complete", "with a row at every t"),
        Column("Fewest", "at any t; under it that t"),
        *(
            Column(stage_name(term, period), "complete minus all, in standard errors",
                   "Moves by")
            for term in stages
        ),
    )  # fmt: skip
    rows = tuple(
        _composition_row(indicator, mine, stages)
        for indicator in reading.indicators
        if (mine := [row for row in own if row["indicator"] == indicator["name"]])
    )
    note = (
        "The model refitted on the complete ones alone; under each move the percentage change that"
        f" they give. Bold: a move of {whole(CLEAR_SE)} standard error or more, of the base model's"
        " standard errors."
    )
    return Table(
        f"composition-{stratum['name']}", f"Composition of the panel: {stratum['label']}", columns,
        rows, note=note, csv="scrutiny_composition", origin=of_composition(reading),
    )  # fmt: skip


def _composition_row(indicator: Record, mine: list[Record], stages: list[str]) -> tuple[Cell, ...]:
    head, found = mine[0], {row["term"]: row for row in mine}
    fewest = head["fewest_at"]
    return (
        indicator_cell(indicator),
        Cell(whole(head["units"])),
        Cell(whole(head["complete_units"])),
        Cell(whole(head["fewest_units"]), sub="" if fewest is None else f"t = {fixed(fewest, 0)}"),
        *(_move_cell(found.get(term)) for term in stages),
    )


def _move_cell(row: Record | None) -> Cell:
    if row is None or row["difference_se"] is None:
        return Cell(NOTHING, tone="muted")
    return Cell(
        fixed(row["difference_se"], 1),
        sub=f"{fixed(percentage_change(row['complete_estimate']), 1)} %",
        tone="strong" if abs(row["difference_se"]) >= CLEAR_SE else "",
    )


def regression_table(reading: Reading) -> Table | None:
    """Return what regression to the mean would bring to each stratum, one row an indicator."""
    own = [row for row in reading.scrutiny("regression_to_the_mean") if row["level"] is not None]
    found = {(row["indicator"], row["stratum"]): row for row in own}
    strata = [s for s in reading.strata if s["name"] != WHOLE_PANEL]
    if not own:
        return None
    columns = [
        Column("Indicator", numeric=False),
        Column(
            "Slope", "change at the event per unit of deviation before it; 0: nothing regresses"
        ),
    ]
    for stratum in strata:
        columns += [
            Column("Level", "", stratum["label"]),
            Column("Expected", "", stratum["label"]),
            Column("At most", "", stratum["label"]),
            Column("Observed", "", stratum["label"]),
        ]
    rows = []
    for i in reading.indicators:
        mine = [found.get((i["name"], s["name"])) for s in strata]
        first = next((row for row in mine if row), None)
        if first is not None:
            cells = [cell for row in mine for cell in _regression_cells(row)]
            rows.append((indicator_cell(i), _slope_cell(first), *cells))
    note = (
        "All against the same of the whole panel, in per cent, over 95 % bootstrap intervals."
        " Level: geometric mean rate before the event. Expected: the step that regression to the"
        " mean alone would bring. At most: if all of the deviation went back. Observed: the step of"
        " the base model. Bold: the interval leaves out 0."
    )
    return Table(
        "regression-to-the-mean", "Regression to the mean", tuple(columns), tuple(rows), note=note,
        csv="scrutiny_regression_to_the_mean", origin=of_regression(reading),
    )  # fmt: skip


def _slope_cell(row: Record) -> Cell:
    return Cell(
        fixed(row["slope"], 2), sub=interval(row["slope_low"], row["slope_high"], 2),
        tone=_tone(row["slope_low"], row["slope_high"]),
    )  # fmt: skip


def _regression_cells(row: Record | None) -> tuple[Cell, ...]:
    if row is None:
        return (Cell(NOTHING, tone="muted"),) * 4
    level, expected = (
        Cell(
            fixed(percentage_change(row[name]), 1),
            sub=interval(
                percentage_change(row[f"{name}_low"]), percentage_change(row[f"{name}_high"])
            ),
            tone=_tone(row[f"{name}_low"], row[f"{name}_high"]),
        )
        for name in ("level", "expected")
    )
    rest = (Cell(fixed(percentage_change(row[n]), 1)) for n in ("at_most", "observed_difference"))
    return level, expected, *rest


def _tone(low: float | None, high: float | None) -> Literal["", "strong"]:
    return "strong" if excludes_zero(low, high) else ""


def bounds_table(reading: Reading, stratum: Record) -> Table | None:
    """Return the range over fillings of suppressed cells, one row an indicator that has them."""
    own = [row for row in reading.scrutiny("bounds") if row["stratum"] == stratum["name"]]
    found = {(row["indicator"], row["term"]): row for row in own}
    variants = ", ".join(dict.fromkeys(name for row in own for name in row["fillings"].split()))
    moved = {row["indicator"] for row in own if row["reason"] or row["range_se"]}
    stages = [term for term in reading.stages if any(row["term"] == term for row in own)]
    if not moved:
        return None
    period = reading.study["period_word"]
    columns = (
        Column("Indicator", numeric=False),
        *(Column(stage_name(t, period)) for t in stages),
    )
    rows = tuple(
        (indicator_cell(i), *(_range_cell(found.get((i["name"], term))) for term in stages))
        for i in reading.indicators
        if i["name"] in moved
    )
    note = (
        "Lowest to highest percentage change over the fits with suppressed cells left out, all at"
        " their smallest and all at their largest count; under it the width in standard errors."
        " ◆: a conclusion at the 5 % level changes. Measures without suppressed cells in the window"
        " are left out."
    )
    return Table(
        f"bounds-{stratum['name']}", f"Suppressed cells: {stratum['label']}", columns, rows,
        note=note, csv="scrutiny_bounds", origin=of_fillings(reading, variants),
    )  # fmt: skip


def _range_cell(row: Record | None) -> Cell:
    if row is None or row["lowest"] is None:
        return Cell(NOTHING, tone="muted")
    text = interval(percentage_change(row["lowest"]), percentage_change(row["highest"]), 2)
    mark = bool(row["conclusion_changes"])
    return Cell(
        f"◆ {text}" if mark else text,
        sub=f"{fixed(row['range_se'], 1)} SE",
        tone="near" if mark else "",
        warns=mark,
        link=row.get("fit") or "",
    )
