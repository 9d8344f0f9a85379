"""The designs that a search looked at."""

from __future__ import annotations

import scipy.stats

from harness.report.power.reading import PowerAnalysis
from harness.report.power.wording import limits_words, value_words
from harness.report.reading import Record
from harness.report.rounding import NOTHING, fixed, whole
from harness.report.tables.table import Cell, Column, Table


def search_table(analysis: PowerAnalysis) -> Table | None:
    """Return value, replicates and power of each design in the order of the search."""
    search = analysis.results["search"]
    if not search or not search["evaluations"]:
        return None
    axis = analysis.axis(search["axis"])
    bounded = any(_limits(seen) for seen in search["evaluations"])
    columns = (
        Column(axis["label"], numeric=False),
        Column("Replicates"),
        Column("Power, %", "under it the 95 % interval (Wilson)" if bounded else ""),
    )
    rows = tuple(
        (
            Cell(value_words(axis, seen["value"]), tone="head"),
            Cell(whole(seen["replicates"])),
            Cell(NOTHING if seen["power"] is None else fixed(100.0 * seen["power"]),
                 _limits(seen)),
        )
        for seen in search["evaluations"]
    )  # fmt: skip
    return Table("search", "Designs the search looked at", columns, rows, csv="search")


def _limits(seen: Record) -> str:
    """The interval of the power at one value, where it is known how many tests were made."""
    n = seen.get("tested")
    if not n:
        return limits_words(seen)
    found = scipy.stats.binomtest(seen["rejected"], n).proportion_ci(method="wilson")
    return limits_words({"low": float(found.low), "high": float(found.high)})
