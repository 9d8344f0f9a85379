"""What a referee would ask: one short table a question, with the sentence that answers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.report import scrutiny_sentences as sentences
from harness.report.blocks import Block, Heading, Section, Text
from harness.report.reading import Reading, Record, by_name
from harness.report.sections.material import Material, fold, section
from harness.report.tables import scrutiny_nulls, scrutiny_tests, scrutiny_units
from harness.report.tables.table import Table

Question = Callable[[Reading], list[Block | None]]
ByStratum = Callable[[Reading, Record], Table | None]


def scrutiny_section(material: Material) -> Section:
    """Return the questions that the study asks; empty where it asks none."""
    reading = material.reading
    blocks = [block for question in QUESTIONS for block in question(reading)]
    return section("scrutiny", "What a referee would ask", *blocks)


def _contrasts(reading: Reading) -> list[Block | None]:
    families = list(dict.fromkeys(row["family"] for row in reading.scrutiny("contrasts")))
    if not families:
        return []
    whole, *others = reading.strata

    def of(family: str) -> ByStratum:
        return lambda reading, stratum: scrutiny_tests.contrast_table(reading, stratum, family)

    widened = [_again(of(family)(reading, whole)) for family in families[1:]]
    rest = [_again(of(family)(reading, stratum)) for stratum in others for family in families]
    return [
        Heading("Do the stages differ from one another?"),
        Text(sentences.contrasts(reading)),
        Text(sentences.RULES, "aside"),
        of(families[0])(reading, whole),
        fold(f"Contrasts of stages by another family: {whole['label']}", *widened),
        fold("Contrasts of stages in the strata", *rest),
    ]


def _multiplicity(reading: Reading) -> list[Block | None]:
    if not reading.scrutiny("multiplicity"):
        return []
    whole, *others = reading.strata
    return [
        Heading("How much survives that many measures were tested?"),
        Text(sentences.multiplicity(reading)),
        scrutiny_tests.multiplicity_table(reading, [whole], "multiplicity"),
        fold(
            "The same in the strata, and the stages that do not survive",
            _again(scrutiny_tests.multiplicity_table(reading, others, "multiplicity-strata")),
            *(scrutiny_tests.fallen_table(reading, stratum) for stratum in reading.strata),
        ),
    ]


def _asked_by_stratum(
    key: str,
    heading: str,
    sentence: Callable[[Reading], str],
    caution: str,
    table: ByStratum,
    summary: str,
) -> Question:
    """Return a question whose table exists once a stratum."""

    def question(reading: Reading) -> list[Block | None]:
        if not reading.scrutiny(key):
            return []
        tables = [table(reading, stratum) for stratum in reading.strata]
        first = next((found for found in tables if found is not None), None)
        rest = [_again(found) for found in tables if found is not first]
        return [
            Heading(heading),
            Text(sentence(reading)),
            Text(caution, "aside"),
            first,
            fold(summary, *rest),
            _reasons(reading, reading.scrutiny(key)),
        ]

    return question


def _regression(reading: Reading) -> list[Block | None]:
    rows = reading.scrutiny("regression_to_the_mean")
    if not rows:
        return []
    return [
        Heading("Is a stratum's step regression to the mean?"),
        Text(sentences.regression(reading)),
        Text(sentences.REGRESSION, "aside"),
        scrutiny_units.regression_table(reading),
        _reasons(reading, rows),
    ]


def _again(table: Table | None) -> Table | None:
    """Return a table that follows one of its kind, without what that one explained."""
    if table is None:
        return None
    columns = tuple(replace(column, meaning="") for column in table.columns)
    return replace(table, note="Read as the table above.", columns=columns)


def _reasons(reading: Reading, rows: Sequence[Record]) -> Text | None:
    """Name the analyses without an answer, each reason once."""
    lost: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        if row["reason"]:
            strata = lost.setdefault(row["reason"], {}).setdefault(row["indicator"], [])
            strata.append(by_name(reading.strata, row["stratum"])["label"])
    if not lost:
        return None
    parts = [
        f"{'; '.join(_where(reading, *item) for item in own.items())}: {reason}"
        for reason, own in lost.items()
    ]
    return Text(f"Without an answer: {'. '.join(parts)}.", "aside")


def _where(reading: Reading, indicator: str, strata: list[str]) -> str:
    named = ", ".join(dict.fromkeys(strata))
    return f"{by_name(reading.indicators, indicator)['label']} ({named})"


QUESTIONS: tuple[Question, ...] = (
    _contrasts,
    _multiplicity,
    _asked_by_stratum(
        "placebo", "Would events at other times have looked the same?", sentences.placebo,
        sentences.PLACEBO, scrutiny_nulls.placebo_table, "Placebo events in the strata",
    ),
    _asked_by_stratum(
        "autocorrelation", "Are neighbouring periods independent, given the model?",
        sentences.autocorrelation, sentences.AUTOCORRELATION,
        scrutiny_nulls.autocorrelation_table, "Autocorrelation in the strata",
    ),
    _asked_by_stratum(
        "composition", "Is it the same panel at every t?", sentences.composition,
        sentences.COMPOSITION, scrutiny_units.composition_table, "Composition of the strata",
    ),
    _regression,
    _asked_by_stratum(
        "bounds", "How far could suppressed cells move the estimates?", sentences.bounds,
        sentences.BOUNDS, scrutiny_units.bounds_table, "Suppressed cells in the strata",
    ),
)  # fmt: skip
