"""What the paper says, and which of its sentences these fits bear out."""

from __future__ import annotations

from collections import Counter

from harness.report.blocks import Section, Text
from harness.report.reading import Reading, Record
from harness.report.sections.material import Material, fold, section
from harness.report.tables.claims import (
    bases,
    by_claim,
    claims_table,
    results_of,
    statements_table,
    summary_table,
)
from harness.report.tables.selection import selection_table

OUTCOMES = ("supported", "contradicted", "undecided", "not testable")


def claims_section(material: Material) -> Section:
    """Return the claims of a paper; empty where the study has none."""
    reading = material.reading
    table = claims_table(reading)
    if table is None:
        return section("claims", "")
    return section(
        "claims",
        "What the paper says",
        Text(_counted(reading)),
        Text(_languages(reading)),
        summary_table(reading) if bases(reading) else None,
        table,
        fold("Every statement with its numbers", statements_table(reading)),
        fold("Impact models by AIC and BIC", selection_table(reading)),
    )


def _of_basis(records: list[Record], basis: str) -> list[Record]:
    return [record for record in records if record["basis"] == basis]


def _first(records: list[Record], key: str = "result") -> str:
    """What a claim comes to on the first basis that judged it, by the first engine."""
    outcome: str = records[0][key]
    return outcome


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in OUTCOMES if counts[name])


def _counted(reading: Reading) -> str:
    named = by_claim(reading)
    alone = [name for name, records in named.items() if not records[0]["language"]]
    apart = f" ({', '.join(alone)} by the medians of the data)" if alone and bases(reading) else ""
    claims = named.values()
    printed = Counter(_first(records, "result_as_printed") for records in claims)
    tested = Counter(_first(records) for records in claims)
    return (
        f"Of {len(claims)} sentences, judged as the paper judged (by intervals that overlap or do"
        f" not), {_listed(printed)}; by a test of each difference, {_listed(tested)}. Both by"
        f" {next(iter(bases(reading).values()), 'medians')}{apart}, as in the paper; the table says"
        " what becomes of them where counts may vary more."
    )


def _languages(reading: Reading) -> str:
    """Say where R and Python come to different ends."""
    split = sorted(
        {
            f"{name} ({label})"
            for name, records in by_claim(reading).items()
            for basis, label in bases(reading).items()
            if len(set(results_of(_of_basis(records, basis)).values())) > 1
        }
    )
    if split:
        return f"R and Python come to different ends on {', '.join(split)}."
    both = sum(
        len(results_of(_of_basis(records, basis))) > 1
        for records in by_claim(reading).values()
        for basis in bases(reading)
    )
    return f"R and Python come to the same end in all {both} judgements that both made."
