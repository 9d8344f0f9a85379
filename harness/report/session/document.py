"""The report on a test session: which checks agree, why others do not, every fit by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.report.blocks import Block, Code, Glossary, Heading, Section, Text
from harness.report.reading import Record
from harness.report.rounding import brief, whole
from harness.report.sections.material import section
from harness.report.slug import slugs
from harness.report.status import Check, Light, Status
from harness.report.tables.concordance import MAX_D, MAX_S, TONES, verdict_cell
from harness.report.tables.table import Cell, Column, Table
from harness.report.whole import Document
from harness.report.words import CAUSES, LEVELS, counted


def session_document(records: Sequence[Record]) -> Document:
    """Return the report."""
    agree = sum(record["reaches"] for record in records)
    return Document(
        kind="Test session",
        name="pytest",
        title="Agreement of engines in a test session",
        command="pytest --harness-report",
        status=_status(records),
        count=f"{whole(agree)} of {whole(len(records))}",
        counted="checks reach their level.",
        aside="What was checked",
        aside_text="Each check fits one model on one panel in several engines and compares every"
        " pair; engines with the same estimator must agree.",
        sections=tuple(one for one in _sections(records) if one.blocks),
        drawings=(),
        images={},
        fit_ids=slugs(key for k, record in enumerate(records) for key in _lines_of(k, record)),
    )


def fit_key(k: int, engine: str) -> str:
    """Return by what the fit of an engine in a check is known: a check has one an engine."""
    return f"{k + 1}/{engine}"


def _lines_of(k: int, record: Record) -> dict[str, Record]:
    """Return the fits of a check that have lines to redo them."""
    return {fit_key(k, fit["engine"]): fit for fit in record["fits"] if fit["reproduce"]}


def _sections(records: Sequence[Record]) -> tuple[Section, ...]:
    return (
        section("findings", "Checks", _checks_table(records)),
        section("causes", "What falls short", *_causes(records)),
        section("pairs", "All pairs", _pairs_table(records)),
        section("lines", "Every fit by hand", *_lines(records)),
        section(
            "words",
            "How to read this report",
            Glossary("Verdicts", tuple(LEVELS.items())),
            Glossary("Causes", tuple(CAUSES.items())),
        ),
    )


def _status(records: Sequence[Record]) -> Status:
    short = [record for record in records if not record["reaches"]]
    light: Light = "red" if short else "green"
    said = "check reaches its level" if len(records) == 1 else "checks reach their level"
    sentence = (
        f"{counted(len(short), 'check')} of {whole(len(records))} fall short of the level that was"
        f" asked for; the first is {short[0]['where']}."
        if short
        else f"All {whole(len(records))} {said}."
    )
    pairs = [pair for record in records for pair in record["pairs"] if pair["like_for_like"]]
    apart = [pair["max_diff_se"] for pair in pairs if pair["max_diff_se"] is not None]
    fits = [fit for record in records for fit in record["fits"]]
    lost = [fit for fit in fits if fit["failure"] or not fit["converged"]]
    odd = sum(pair["cause"] == "unexplained" for record in records for pair in record["pairs"])
    checks = (
        Check("Do the engines agree?", light, "No" if short else "Yes",
              f"{brief(max(apart))} SE" if apart else "nothing",
              "at most between two estimates of the same quantity by engines of one kind",
              "pairs"),
        Check("Is every difference explained?", "red" if odd else "green", "No" if odd else "Yes",
              whole(odd), "differences without a proven cause", "causes" if short else "pairs"),
        Check("Did every fit finish?", "amber" if lost else "green", "No" if lost else "Yes",
              f"{whole(len(fits) - len(lost))} of {whole(len(fits))}", "fits converged", "lines"),
    )  # fmt: skip
    return Status(light, "Agreement not reached" if short else "Agreement", sentence, checks)


def _checks_table(records: Sequence[Record]) -> Table:
    columns = (
        Column("Test", numeric=False, wraps=True),
        Column("Level asked for", numeric=False),
        Column("Verdict", "the worst of the engines of one kind", numeric=False),
        Column("Rows"),
        Column("Units"),
        Column("Family", numeric=False),
        Column("Engines", numeric=False, wraps=True),
    )
    rows = tuple(
        (
            Cell(record["where"], record["label"], tone="head"),
            Cell(record["level"]),
            replace(
                verdict_cell(record),
                tone=TONES[record["verdict"]] if record["reaches"] else "bad",
            ),
            Cell(whole(record["nobs"])),
            Cell(whole(record["units"])),
            Cell(record["family"]),
            Cell(", ".join(fit["engine"] for fit in record["fits"])),
        )
        for record in records
    )
    return Table("checks", "Checks of this session", columns, rows)


def _pairs_table(records: Sequence[Record]) -> Table:
    columns = (
        Column("Test", numeric=False, wraps=True),
        Column("Engine a", numeric=False),
        Column("Engine b", numeric=False),
        Column("Like for like", "same estimator, both at their tightest", numeric=False),
        Column("Verdict", numeric=False),
        Column("Largest difference", MAX_D),
        Column("Largest SE difference", MAX_S),
        Column("Log-likelihood", "difference"),
        Column("Cause", numeric=False),
    )
    rows = tuple(
        (
            Cell(record["where"], record["label"], tone="head"),
            Cell(pair["engine_a"], link=fit_key(k, pair["engine_a"])),
            Cell(pair["engine_b"], link=fit_key(k, pair["engine_b"])),
            Cell("yes" if pair["like_for_like"] else "no"),
            verdict_cell(pair),
            *(Cell(brief(pair[key])) for key in ("max_diff_se", "max_rel_se", "llf_diff")),
            Cell(pair["cause"] or ""),
        )
        for k, record in enumerate(records) for pair in record["pairs"]
    )  # fmt: skip
    return Table("pairs", "All pairs", columns, rows, csv="pairs")


def _causes(records: Sequence[Record]) -> list[Block]:
    blocks: list[Block] = []
    for record in records:
        if not record["reaches"]:
            blocks += [Heading(_name(record)), Text(record["explanation"])]
            blocks += [
                Text(f"{fit['engine']}: {fit['failure']}", "warning")
                for fit in record["fits"] if fit["failure"]
            ]  # fmt: skip
    return blocks


def _lines(records: Sequence[Record]) -> list[Block]:
    blocks: list[Block] = []
    for k, record in enumerate(records):
        blocks.append(Heading(_name(record)))
        for key, fit in _lines_of(k, record).items():
            blocks += [Text(f"{fit['engine']} {fit['version']}, {fit['settings']}", "aside"),
                       Code(fit["reproduce"], fit=key)]  # fmt: skip
    return blocks


def _name(record: Record) -> str:
    return f"{record['where']} {record['label']}".strip()
