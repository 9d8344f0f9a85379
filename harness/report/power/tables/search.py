"""What the searches looked at."""

from __future__ import annotations

import scipy.stats

from harness.report.power.answer import DIGITS, answer_axis
from harness.report.power.reading import PowerAnalysis
from harness.report.power.wording import limits_words, value_words
from harness.report.reading import Record
from harness.report.rounding import NOTHING, fixed, whole
from harness.report.tables.table import Cell, Column, Table


def search_tables(analysis: PowerAnalysis) -> list[Table]:
    """Return what each search looked at: for the smallest design, for the smallest change."""
    titles = {"search": "Designs the search looked at", "detectable": "Changes it looked at"}
    found = ((name, analysis.results[name], title) for name, title in titles.items())
    return [
        _table(analysis, name, asked, title)
        for name, asked, title in found
        if asked and asked.get("evaluations")
    ]


def _table(analysis: PowerAnalysis, name: str, asked: Record, title: str) -> Table:
    """Value, replicates and power, in the order of the search."""
    axis, looks = answer_axis(analysis, asked), asked["evaluations"]
    bounded = any(_limits(seen) for seen in looks)
    columns = (
        Column("Change" if asked["axis"] == "percent" else axis["label"], numeric=False),
        Column("Replicates"),
        Column("Power, %", "under it the 95 % interval (Wilson)" if bounded else ""),
    )
    rows = tuple(
        (
            Cell(value_words(axis, seen["value"], DIGITS), tone="head"),
            Cell(whole(seen["replicates"])),
            Cell(NOTHING if seen["power"] is None else fixed(100.0 * seen["power"]), _limits(seen)),
        )
        for seen in looks
    )
    return Table(name, title, columns, rows, csv=name)


def _limits(seen: Record) -> str:
    """The interval of the power at one value, where it is known how many tests were made."""
    n = seen.get("tested")
    if not n:
        return limits_words(seen)
    found = scipy.stats.binomtest(seen["rejected"], n).proportion_ci(method="wilson")
    return limits_words({"low": float(found.low), "high": float(found.high)})
