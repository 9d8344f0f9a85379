"""Measures by stages: percentage change with its interval, marked for patterns a to d."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.report.derived import Overdispersion, too_narrow
from harness.report.figures.table_image import table_image
from harness.report.numerics import percentage_change
from harness.report.products.asked import Asked
from harness.report.products.made import Product
from harness.report.products.marks import MEANINGS, RULES, STAGE, Marks, contrast_z, marks_of
from harness.report.reading import Reading, Record, Voice, reliable
from harness.report.tables.cells import indicator_cell
from harness.report.tables.stages import change_cell, marked
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import stage_meaning, stage_name

HEADS = (
    "indicator", "stratum", "term", "language", "engine", "settings", "estimate", "se", "ci_low",
    "ci_high", "percentage_change", "percentage_low", "percentage_high", "marks_intervals",
    "marks_wald", "z_step0_less_pre", "z_pre_less_post", "nb2_changes_conclusion",
)  # fmt: skip
Row = tuple[Record, Record]


def stages_product(reading: Reading, found: list[Overdispersion], asked: Asked) -> Product:
    """Return the table of stages, one column a language only where their digits differ."""
    checks = {(c.indicator["name"], c.stratum["name"]): c for c in found}
    pairs: list[Row] = [(i, s) for i in asked.indicators for s in asked.strata]
    cells = {
        (i["name"], s["name"]): [
            [_cell(reading, voice, i, s, term, checks) for voice in reading.voices]
            for term in reading.stages
        ]
        for i, s in pairs
    }
    alike = all(_same(of_stage) for row in cells.values() for of_stage in row)
    voices = reading.voices[:1] if alike else reading.voices
    table = Table(
        asked.file,
        f"{asked.name}. Percentage change by stage: {asked.strata_words}",
        _columns(reading, asked, voices),
        tuple(_row(asked, i, s, cells[i["name"], s["name"]], len(voices)) for i, s in pairs),
        note=_note(reading, asked, list(checks.values()), alike),
        csv=asked.file,
        heads=1 + (len(asked.strata) > 1),
        image=asked.file,
    )
    rows = [row for i, s in pairs for row in _numbers(reading, i, s, checks)]
    return Product(asked.name, asked.file, (table,), table_image(table), HEADS, rows)


def _same(cells: list[Cell]) -> bool:
    """Whether the languages print the same, marks included."""
    return len({(cell.shown, cell.sub, cell.tone, cell.mark) for cell in cells}) <= 1


def _cell(
    reading: Reading, voice: Voice, indicator: Record, stratum: Record, term: str,
    checks: dict[tuple[str, str], Overdispersion],
) -> Cell:  # fmt: skip
    key = (indicator["name"], stratum["name"])
    fit = reading.spoken(voice, *key)
    cell = change_cell(fit, term)
    if fit is None or not reliable(fit):
        return cell
    cell = replace(cell, mark=marks_of(fit).text(term))
    return marked(cell, term in checks[key].changed)


def _columns(reading: Reading, asked: Asked, voices: list[Voice]) -> tuple[Column, ...]:
    period = reading.study["period_word"]
    head = [Column("Measure", numeric=False)]
    if len(asked.strata) > 1:
        head.append(Column("Stratum", numeric=False))
    if len(voices) == 1:
        return (*head, *(Column(stage_name(t, period), stage_meaning(t, period))
                         for t in reading.stages))  # fmt: skip
    return (
        *head,
        *(
            Column(f"{v.language}\n{v.name}", stage_meaning(term, period), stage_name(term, period))
            for term in reading.stages
            for v in voices
        ),
    )


def _row(
    asked: Asked, indicator: Record, stratum: Record, cells: list[list[Cell]], voices: int
) -> tuple[Cell, ...]:
    first = stratum is asked.strata[0]
    head = [indicator_cell(indicator) if first else Cell("", tone="head")]
    if len(asked.strata) > 1:
        head.append(Cell(stratum["label"], tone="name"))
    return (*head, *(cell for of_stage in cells for cell in of_stage[:voices]))


def _note(reading: Reading, asked: Asked, checks: list[Overdispersion], alike: bool) -> str:
    chosen = {s["name"] for s in asked.strata}, {i["name"] for i in asked.indicators}
    own = [c for c in checks if c.stratum["name"] in chosen[0] and c.indicator["name"] in chosen[1]]
    parts = [
        "Percentage change over its 95 % confidence interval; bold: the interval leaves out 0.",
        _languages(reading, alike),
    ]
    if set(STAGE.values()) <= set(reading.stages):
        parts += [MEANINGS.format(period=reading.study["period_word"]), RULES]
    if any(check.changed for check in own):
        parts.append("◆: a negative binomial model changes the conclusion.")
    if any(i["response"] == "pseudo" for i in asked.indicators):
        parts.append(_pseudo_intervals(reading, asked))
    parts += [too_narrow(c for c in own if not c.nb2), asked.absent_words]
    return " ".join(filter(None, parts))


def _pseudo_intervals(reading: Reading, asked: Asked) -> str:
    """Say where intervals of amounts and rates come from."""
    own = [
        reading.reference(i["name"], s["name"])
        for i in asked.indicators
        if i["response"] == "pseudo"
        for s in asked.strata
    ]
    if any(fit and fit["se_method"] == "cluster" for fit in own):
        return "Intervals of pseudo-responses are cluster-robust (CR2, t)."
    return "Intervals of pseudo-responses depend on the unit they are written in."


def _languages(reading: Reading, alike: bool) -> str:
    names = [f"{voice.name} ({voice.language})" for voice in reading.voices]
    if len(names) == 1:
        return f"Fitted by {names[0]}."
    if alike:
        return f"{' and '.join(names)} print the same digits and marks in every cell: shown once."
    return f"Columns: {' and '.join(names)}."


def _numbers(
    reading: Reading, indicator: Record, stratum: Record,
    checks: dict[tuple[str, str], Overdispersion],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    key = (indicator["name"], stratum["name"])
    for voice in reading.voices:
        fit = reading.spoken(voice, *key)
        if fit is None:
            continue
        marks, usable = marks_of(fit), reliable(fit)
        for term in reading.stages:
            p = fit["params"][term]
            yield {
                "indicator": key[0], "stratum": key[1], "term": term,
                **{name: fit[name] for name in ("language", "engine", "settings")},
                **{name: p[name] for name in ("estimate", "se", "ci_low", "ci_high")},
                "percentage_change": percentage_change(p["estimate"]),
                "percentage_low": percentage_change(p["ci_low"]),
                "percentage_high": percentage_change(p["ci_high"]),
                "marks_intervals": _letters(marks.overlap, term),
                "marks_wald": None if marks.wald is None else _letters(marks.wald, term),
                **_contrasts(fit, term, marks if usable else None),
                "nb2_changes_conclusion": term in checks[key].changed if usable else None,
            }  # fmt: skip


def _contrasts(fit: Record, term: str, marks: Marks | None) -> dict[str, float | None]:
    known = marks is not None and marks.wald is not None
    return {
        "z_step0_less_pre": contrast_z(fit, "step0", "pre") if known and term == "step0" else None,
        "z_pre_less_post": contrast_z(fit, "pre", "post") if known and term == "post" else None,
    }


def _letters(marks: frozenset[str], term: str) -> str:
    return " ".join(sorted(letter for letter in marks if STAGE[letter] == term))
