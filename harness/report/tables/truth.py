"""Truth beside estimate: one row a stage, and the coverage in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from harness.report.numerics import percentage_change
from harness.report.reading import WHOLE_PANEL, Reading, by_name
from harness.report.rounding import NOTHING, fixed, unbroken
from harness.report.tables.stages import DECIMALS, change_cell
from harness.report.tables.table import Cell, Column, Table
from harness.report.truth import FAMILIES, Truth, coverage
from harness.report.words import plural, stage_name

NAMES = {"poisson": "Poisson", "nb2": "NB2"}


def coverage_sentence(reading: Reading, found: list[Truth]) -> str:
    """Return the coverage of the 95 % intervals by family.

    Strata and whole panel are told apart, and so are pseudo-responses, which have no NB2.
    """
    pseudo = {i["name"] for i in reading.indicators if i["response"] == "pseudo"}
    parts = [
        f"{where}{what} {' and '.join(shares)}"
        for of_pseudo, what in ((False, ""), (True, ", pseudo-responses,"))
        for whole_panel, where in ((False, "in the strata"), (True, "on the whole panel"))
        if (
            shares := _shares(
                truth
                for truth in found
                if (truth.stratum == WHOLE_PANEL) is whole_panel
                and (truth.indicator in pseudo) is of_pseudo
            )
        )
    ]
    return (
        "These data were drawn by a program, so the true stages are known. Of the 95 % intervals,"
        f" which should hold the truth 95 times in 100, so many do: {'; '.join(parts)}. Of the"
        " whole panel the truth is the average of its strata, weighted by their"
        f" {plural(reading.study['unit_word'])}; a model that gives all the same stages does not"
        " estimate exactly this where the strata differ."
    )


def _shares(found: Iterable[Truth]) -> list[str]:
    truths = list(found)
    return [
        f"{unbroken(f'{100 * held / n:.0f} %')} ({held} of {n}) by {NAMES[family]}"
        for family in FAMILIES
        for held, n in [coverage(truths, family)]
        if n
    ]


def truth_table(reading: Reading, found: list[Truth]) -> Table:
    """Return one row a stage: truth, estimate and interval by family, and whether it covers."""
    columns = (
        Column("Measure", numeric=False),
        Column("Stratum", numeric=False),
        Column("Stage", numeric=False),
        Column("Truth", "percentage change that the data were drawn with"),
        *(
            column
            for family in FAMILIES
            for column in (
                Column("Estimate", "", NAMES[family]),
                Column("Covers", "", NAMES[family], numeric=False),
            )
        ),
    )
    return Table(
        "truth",
        "Truth, estimate and interval",
        columns,
        tuple(_row(reading, truth) for truth in found),
        note="Percentage change over its 95 % interval; whether the interval holds the truth.",
        csv="truth",
        heads=3,
        tall=True,
    )


def _row(reading: Reading, truth: Truth) -> tuple[Cell, ...]:
    cells = []
    for family in FAMILIES:
        fit, held = truth.fits[family], truth.covered(family)
        cells.append(Cell(NOTHING, tone="muted") if fit is None else change_cell(fit, truth.term))
        words = {None: NOTHING, True: "yes", False: "no"}
        tone = {None: "muted", True: "good", False: "bad"}
        cells.append(Cell(words[held], tone=tone[held]))  # type: ignore[arg-type]
    return (
        Cell(by_name(reading.indicators, truth.indicator)["label"], tone="head"),
        Cell(by_name(reading.strata, truth.stratum)["label"], tone="name"),
        Cell(stage_name(truth.term, reading.study["period_word"]), tone="name"),
        Cell(fixed(percentage_change(truth.value), DECIMALS)),
        *cells,
    )
