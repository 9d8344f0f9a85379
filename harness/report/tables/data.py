"""The panel: what was dropped, rows by time, median rates; and the versions."""

from __future__ import annotations

from collections.abc import Iterable

from harness.report.frames import version_rows
from harness.report.reading import Reading, Record, by_name
from harness.report.rounding import NOTHING, fixed, whole
from harness.report.tables.cells import indicator_cell
from harness.report.tables.origins import of_data
from harness.report.tables.table import Cell, Column, Origin, Table
from harness.report.words import plural


def dropped_table(reading: Reading) -> Table | None:
    """Return what was dropped and why."""
    dropped = reading.results["panel"]["dropped"]
    if not dropped:
        return None
    units = plural(reading.study["unit_word"])
    columns = (
        Column("Reason", numeric=False, wraps=True),
        Column("Rows", "rows of the data left out"),
        Column(units.capitalize(), f"number of {units}"),
        Column("Which", numeric=False, wraps=True),
    )
    rows = tuple(
        (
            Cell(block["reason"], tone="head"),
            Cell(whole(block["rows"])),
            Cell(whole(len(block["units"]))),
            Cell(", ".join(str(unit) for unit in block["units"]) or NOTHING),
        )
        for block in dropped
    )
    return Table("dropped", "Dropped before fitting", columns, rows, csv="dropped",
                 origin=of_data(reading))  # fmt: skip


def rows_by_t_table(reading: Reading) -> Table:
    """Return the number of rows at each time to the event."""
    rows = reading.results["panel"]["rows_by_t"]
    times = sorted(rows, key=int)
    columns = (
        Column("t", numeric=False),
        *(Column(fixed(int(t), 0)) for t in times),
    )
    counts = (Cell("Rows", tone="head"), *(Cell(whole(rows[t])) for t in times))
    return Table("rows-by-t", "Rows at each time to the event", columns, (counts,), csv="rows_by_t",
                 origin=of_data(reading))  # fmt: skip


def strata_table(reading: Reading) -> Table:
    """Return the strata with their sizes."""
    units = plural(reading.study["unit_word"])
    columns = (
        Column("Stratum", numeric=False),
        Column("Name in the files", numeric=False),
        Column(units.capitalize(), f"number of {units}"),
        Column("Split by", "what the strata are told apart by", numeric=False, wraps=True),
    )
    rows = tuple(
        (
            Cell(s["label"], tone="head"),
            Cell(s["name"]),
            Cell(whole(s["units"])),
            Cell(s.get("description") or NOTHING),
        )
        for s in reading.strata
    )
    return Table("strata", "Strata", columns, rows, origin=of_data(reading))


def medians_table(reading: Reading) -> Table:
    """Return median rates, indicator and stratum by time to the event."""
    title = "Median rates around the event"
    return medians_of(reading, reading.analyses, "medians", title, "medians")


def medians_of(
    reading: Reading, pairs: list[tuple[Record, Record]], name: str, title: str, csv: str
) -> Table:
    """Return median rates of some indicators and strata by time to the event."""
    medians: dict[tuple[str, str], dict[int, Record]] = {}
    for m in reading.results["medians"]:
        medians.setdefault((m["indicator"], m["stratum"]), {})[int(m["t"])] = m
    times = sorted({t for cells in medians.values() for t in cells})
    columns = (
        Column("Indicator", numeric=False),
        Column("Stratum", numeric=False),
        *(Column(f"t = {fixed(t, 0)}") for t in times),
    )
    rows = tuple(
        (
            indicator_cell(i),
            Cell(s["label"]),
            *(_median(medians.get((i["name"], s["name"]), {}).get(t)) for t in times),
        )
        for i, s in pairs
    )
    units = plural(reading.study["unit_word"])
    return Table(
        name,
        title,
        columns,
        rows,
        note=f"Median over {units} of the observed rate; under it the number of {units}.",
        csv=csv,
        heads=2,
        tall=True,
        origin=of_data(reading),
    )


def _median(record: Record | None) -> Cell:
    if record is None or record["rate"] is None:
        return Cell(NOTHING)
    return Cell(f"{record['rate']:.4g}".replace("-", "−"), sub=whole(record["units"]))


def versions_table(environment: Record) -> Table:
    """Return the version of everything that computed."""
    columns = (
        Column("Language", numeric=False),
        Column("Package", numeric=False),
        Column("Version", numeric=False),
    )
    rows = tuple(
        (Cell(row["language"]), Cell(row["name"]), Cell(str(row["version"])))
        for row in version_rows(environment)
    )
    return Table("versions", "Versions", columns, rows, csv="versions", heads=2,
                 origin=Origin("Asked of the programs when the study ran"))  # fmt: skip


def unfit_table(reading: Reading) -> Table | None:
    """Return the analyses that the data cannot answer, and why; None where there is none.

    What fails for the same reason stands in one row.
    """
    groups: dict[tuple[str, str], list[Record]] = {}
    for row in reading.results.get("unfit", []):
        groups.setdefault((row["indicator"], _why(row)), []).append(row)
    if not groups:
        return None
    rows = tuple(
        (
            Cell(by_name(reading.indicators, indicator)["label"], tone="head"),
            Cell(_each(by_name(reading.strata, row["stratum"])["label"] for row in own)),
            Cell(_each(row["variant"] for row in own)),
            Cell(why),
        )
        for (indicator, why), own in groups.items()
    )
    columns = (
        Column("Indicator", numeric=False),
        *(Column(name, numeric=False, wraps=True) for name in ("Stratum", "Variant", "Why")),
    )
    title = "Analyses that the data cannot answer"
    return Table(name="unfit", title=title, columns=columns, rows=rows, tall=True,
                 origin=of_data(reading))  # fmt: skip


def _why(row: Record) -> str:
    """The reason without the analysis that it begins with."""
    reason: str = row["reason"]
    return reason.partition(": ")[2] or reason


def _each(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
