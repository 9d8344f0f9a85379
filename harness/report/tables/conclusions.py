"""Conclusions that another program would have changed: counts, and each one."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.reading import Reading, Record
from harness.report.rounding import brief, p_phrase
from harness.report.tables.cells import analysis_cell
from harness.report.tables.origins import of_pairs
from harness.report.tables.table import Cell, Column, Table, Tone
from harness.report.words import stage_name

KINDS = {
    "like for like": "★ like for like",
    "maximum likelihood": "default settings or another approximation",
    "settings": "one engine, default and tight",
    "estimator": "a different estimator",
}
STATES = {-1: "falls", 0: "no clear change", 1: "rises"}


def counts_table(reading: Reading) -> Table | None:
    """Return how many conclusions change between each two engines."""
    pairs = reading.agreement["conclusions"]["pairs"]
    ordered = [pair for kind in KINDS for pair in pairs if pair["kind"] == kind]
    if not ordered:
        return None
    columns = (
        Column("Engines", numeric=False),
        Column("Kind", "what sets the two apart", numeric=False),
        Column("Conclusions changed", "stages of analyses on which the two say another sentence"),
        Column("Knife-edge", "more, on a negligible difference: the p-value itself sits on 0.05"),
        Column("Analyses changed", "analyses in which the pattern of stages is another"),
        Column("Not compared", "analyses in which one of the two gave no answer"),
    )
    rows = tuple(_count_row(pair) for pair in ordered)
    return Table("conclusions", "Sentences that change, by pair of engines", columns, rows,
                 csv="conclusions", heads=2, tall=True, origin=of_pairs(reading))  # fmt: skip


def _count_row(pair: Record) -> tuple[Cell, ...]:
    tone: Tone = "good"
    if pair["changed"]:
        tone = "" if pair["kind"] == "estimator" else "bad"
    edge, lost = pair["knife_edge"], pair["missing"]
    return (
        Cell(f"{pair['a']} – {pair['b']}", tone="name"),
        Cell(KINDS[pair["kind"]]),
        Cell(f"{pair['changed']} of {pair['conclusions']}", tone=tone),
        Cell(str(edge), tone="near" if edge else "muted"),
        Cell(f"{pair['patterns_changed']} of {pair['patterns']}"),
        Cell(str(lost), tone="" if lost else "muted"),
    )


def changed_rows(reading: Reading, estimators: bool, knife_edge: bool) -> list[Record]:
    """Return changed conclusions, with or without another estimator, knife-edge or not."""
    return [
        row
        for row in reading.agreement["conclusions"]["changed"]
        if (row["kind"] == "estimator") is estimators and row["knife_edge"] is knife_edge
    ]


def changed_table(reading: Reading, chosen: Sequence[Record], name: str, title: str) -> Table:
    """Return changed conclusions with the numbers of both engines."""
    columns = (
        Column("Analysis", "indicator and stratum", numeric=False),
        Column("Stage", numeric=False),
        Column("Fit a", "what it says; under it estimate (log rate ratio), SE and p", "", False),
        Column("Fit b", "the same of the other engine", "", False),
        Column("Difference", "of the estimates, in standard errors"),
        Column("SE difference", "relative"),
    )
    rows = tuple(_changed_row(reading, row) for row in chosen)
    return Table(name, title, columns, rows, csv="changed_conclusions", heads=2, tall=True)


def _changed_row(reading: Reading, row: Record) -> tuple[Cell, ...]:
    return (
        analysis_cell(reading, row),
        Cell(stage_name(row["term"], reading.study["period_word"])),
        _said(reading, row, "a"),
        _said(reading, row, "b"),
        Cell(brief(row["diff_se"])),
        Cell(brief(row["rel_se"])),
    )


def _said(reading: Reading, row: Record, side: str) -> Cell:
    engine, _, settings = row[side].rpartition(" ")
    fit = reading.fit(row["indicator"], row["stratum"], engine, settings, row["variant"])
    numbers = (
        f"b = {brief(row[f'estimate_{side}'], 3)}, SE {brief(row[f'se_{side}'], 3)},"
        f" p {p_phrase(row[f'p_{side}'])}"
    )
    said = f"{row[side]}: {STATES[row[f'state_{side}']]}"
    return Cell(said, sub=numbers, link=fit["id"] if fit else "")
