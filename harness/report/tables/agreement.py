"""Bland-Altman limits of agreement and Lin's coefficient of the like-for-like pairs."""

from __future__ import annotations

from collections.abc import Iterable

from harness.report.derived import PairPoints, apart, pair_points
from harness.report.reading import Reading
from harness.report.rounding import NOTHING, brief, whole
from harness.report.tables.table import Cell, Column, Table


def agreement_table(reading: Reading) -> Table | None:
    """Return the Bland-Altman summary of the like-for-like pairs."""
    rows = tuple(
        row
        for rows_of, pairs in apart(reading.like_for_like).items()
        for points in pair_points(reading, pairs)
        for row in _agreement_rows(points, rows_of)
    )
    if not rows:
        return None
    columns = (
        Column("b minus a", "the two engines", numeric=False),
        Column("Rows", numeric=False),
        Column("Quantity", numeric=False),
        Column("n", "stages over all analyses"),
        Column("Mean", "systematic difference"),
        Column("SD", "standard deviation of the differences"),
        Column("Limits of agreement", "mean ∓ 1.96 SD: 95 % of differences are expected inside"),
        Column("1 − CCC", "distance of Lin's concordance correlation from perfect agreement"),
    )
    return Table(
        "agreement",
        "Limits of agreement (Bland and Altman)",
        columns,
        rows,
        note="Descriptive: the fits share one panel and are dependent, so this is never a gate.",
        csv="agreement",
        heads=3,
    )


def _agreement_rows(points: PairPoints, rows_of: str) -> Iterable[tuple[Cell, ...]]:
    pair = f"{points.b} − {points.a}"
    for quantity, summary, ccc in (
        ("estimates, in SE", points.agreement, brief(points.discordance)),
        ("SE, relative", points.agreement_of_errors, NOTHING),
    ):
        if summary:
            limits = f"{brief(summary.low)} to {brief(summary.high)}"
            yield (
                Cell(pair, tone="name"),
                Cell(rows_of),
                Cell(quantity),
                Cell(whole(summary.n)),
                Cell(brief(summary.mean)),
                Cell(brief(summary.sd)),
                Cell(limits if summary.low is not None else NOTHING),
                Cell(ccc),
            )
