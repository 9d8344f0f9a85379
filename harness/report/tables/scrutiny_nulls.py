"""Observed figures against what chance gives: placebo events and residual autocorrelation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harness.report.numerics import percentage_change
from harness.report.reading import Reading, Record
from harness.report.rounding import NOTHING, fixed, interval, p_text
from harness.report.tables.cells import indicator_cell
from harness.report.tables.origins import of_autocorrelation, of_placebo
from harness.report.tables.scrutiny_tests import family_head
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import plural, stage_name


def placebo_table(reading: Reading, stratum: Record) -> Table | None:
    """Return the steps against those of placebo events, one row an indicator."""
    own = [row for row in reading.scrutiny("placebo") if row["stratum"] == stratum["name"]]
    found = {(row["indicator"], row["term"]): row for row in own}
    terms = list(dict.fromkeys(row["term"] for row in own if row["term"]))
    if not own:
        return None
    period = reading.study["period_word"]
    columns = [Column("Indicator", numeric=False)]
    for term in terms:
        group = stage_name(term, period)
        columns += [
            Column("Observed", "", group),
            Column("Placebo band", "", group),
            Column("p, size", "", group),
            Column("p, centred", "", group),
        ]
    rows = _rows(reading, found, terms, _placebo_cells)
    note = (
        "Percentage changes. Placebo band: median over the 95 % range of the estimates with the"
        f" events permuted among the {plural(reading.study['unit_word'])}. p, size: share of"
        " estimates at least as large, the observed one among them; p, centred: of those at least"
        " as far from the centre. Bold: outside the band."
    )
    return Table(
        f"placebo-{stratum['name']}", f"Placebo events: {stratum['label']}", tuple(columns), rows,
        note=note, csv="scrutiny_placebo", origin=of_placebo(reading, replicates_of(own)),
    )  # fmt: skip


def replicates_of(rows: Sequence[Record]) -> int:
    """Return how many replicates were asked for, fitted or not."""
    asked = ((row["replicates"] or 0) + (row["failures"] or 0) for row in rows)
    return max(asked, default=0)


def _placebo_cells(row: Record | None) -> tuple[Cell, ...]:
    if row is None or row["observed"] is None:
        return (Cell(NOTHING, tone="muted"),) * 4
    outside = not row["low"] <= row["observed"] <= row["high"]
    low, high = percentage_change(row["low"]), percentage_change(row["high"])
    return (
        Cell(fixed(percentage_change(row["observed"]), 2), tone="strong" if outside else ""),
        Cell(fixed(percentage_change(row["median"]), 2), sub=interval(low, high, 2)),
        Cell(p_text(row["p_value"])),
        Cell(p_text(row["p_centred"])),
    )


def _rows(
    reading: Reading, found: Mapping[tuple[str, str], Record], groups: Sequence[str],
    cells: Callable[[Record | None], tuple[Cell, ...]],
) -> tuple[tuple[Cell, ...], ...]:  # fmt: skip
    """Return one row an indicator that was asked, the cells of each group one after another."""
    asked = {indicator for indicator, _ in found}
    return tuple(
        (indicator_cell(i), *(c for group in groups for c in cells(found.get((i["name"], group)))))
        for i in reading.indicators
        if i["name"] in asked
    )


def autocorrelation_table(reading: Reading, stratum: Record) -> Table | None:
    """Return the residual autocorrelation of each family that has one, one row an indicator."""
    own = [
        row
        for row in reading.scrutiny("autocorrelation")
        if row["stratum"] == stratum["name"] and row["observed"] is not None
    ]
    found = {(row["indicator"], row["family"]): row for row in own}
    families = list(dict.fromkeys(row["family"] for row in own))
    if not own:
        return None
    columns = [Column("Indicator", numeric=False)]
    for family in families:
        group = family_head(family)
        columns += [
            Column("Observed", "", group),
            Column("Expected range", "", group),
            Column("p", "", group),
        ]
    rows = _rows(reading, found, families, _lag_cells)
    note = (
        "Lag-1 autocorrelation of the Pearson residuals. Expected range: median over the 95 % range"
        " of data simulated from the fitted model, in which the periods of a unit are independent"
        " but for its random effects. It lies below 0 because each unit's own line was fitted to a"
        " few periods. Bold: outside the range."
    )
    return Table(
        f"autocorrelation-{stratum['name']}", f"Autocorrelation: {stratum['label']}",
        tuple(columns), rows, note=note, csv="scrutiny_autocorrelation",
        origin=of_autocorrelation(reading, replicates_of(own)),
    )  # fmt: skip


def _lag_cells(row: Record | None) -> tuple[Cell, ...]:
    if row is None or row["observed"] is None:
        return (Cell(NOTHING, tone="muted"),) * 3
    outside = not row["low"] <= row["observed"] <= row["high"]
    return (
        Cell(fixed(row["observed"], 2), tone="strong" if outside else ""),
        Cell(fixed(row["median"], 2), sub=interval(row["low"], row["high"], 2)),
        Cell(p_text(row["p_value"])),
    )
