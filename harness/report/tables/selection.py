"""Which impact model has the lowest AIC and BIC, by engine."""

from __future__ import annotations

from harness.report.reading import Reading, Record, by_name
from harness.report.rounding import fixed
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import FAMILIES

Key = tuple[str, str, str]


def selection_table(reading: Reading) -> Table | None:
    """Return a row an analysis and family: the lowest of each criterion in every engine."""
    records = reading.results.get("selection", [])
    if not records:
        return None
    engines = list(dict.fromkeys(record["engine"] for record in records))
    columns = (
        Column("Analysis", numeric=False),
        Column("Family", numeric=False),
        *(
            Column(engine, group=f"Lowest {name}", numeric=False)
            for name in ("AIC", "BIC")
            for engine in engines
        ),
    )
    by_analysis: dict[Key, list[Record]] = {}
    for record in records:
        key = (record["indicator"], record["stratum"], record["variant"])
        by_analysis.setdefault(key, []).append(record)
    rows = tuple(_row(reading, own, engines) for own in by_analysis.values())
    note = (
        "Below the name: how far the study's own model lies above it. Same rows and random effects"
        " throughout; n in BIC is the number of rows. " + _agreement(by_analysis)
    )
    title = "Impact models: the lowest AIC and BIC"
    return Table("selection", title, columns, rows, note, "selection", tall=True)


def _agreement(by_analysis: dict[Key, list[Record]]) -> str:
    split = 0
    for own in by_analysis.values():
        for name in ("lowest_aic", "lowest_bic"):
            split += len({record["impact"] for record in own if record[name]}) > 1
    n = 2 * len(by_analysis)
    return (
        f"The engines choose the same model in all {n} choices."
        if not split
        else f"The engines choose differently in {split} of {n} choices."
    )


def _row(reading: Reading, own: list[Record], engines: list[str]) -> tuple[Cell, ...]:
    one = own[0]
    family: str = one["family"]
    indicator = by_name(reading.indicators, one["indicator"])
    stratum = by_name(reading.strata, one["stratum"])
    cells = (_cell(own, engine, criterion) for criterion in ("aic", "bic") for engine in engines)
    return (
        Cell(indicator["label"], stratum["label"], "head"),
        Cell(FAMILIES.get(family, family)),
        *cells,
    )


def _cell(own: list[Record], engine: str, criterion: str) -> Cell:
    mine = [record for record in own if record["engine"] == engine]
    if not mine:
        return Cell("")
    lowest = next(record for record in mine if record[f"lowest_{criterion}"])
    above = mine[0][criterion] - lowest[criterion]
    return Cell(
        lowest["impact"], "" if lowest is mine[0] else fixed(above), link=lowest.get("fit") or ""
    )
