"""Claims of a paper by everything that judged them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.report.numerics import percentage_change
from harness.report.reading import EXACT, Reading, Record
from harness.report.rounding import fixed, interval
from harness.report.tables.origins import of_claims
from harness.report.tables.table import Cell, Column, Table, Tone

TONES: dict[str, Tone] = {
    "supported": "good",
    "contradicted": "bad",
    "undecided": "near",
    "not testable": "muted",
}


def bases(reading: Reading) -> dict[str, str]:
    """Return what claims are judged by, with its label; the medians of the data are no model."""
    return {claim["basis"]: claim["basis_label"] for claim in _told(reading) if claim["language"]}


def _told(reading: Reading) -> list[Record]:
    """What engines of maximum likelihood say, and the medians, which no engine is needed for."""
    claims = reading.results["claims"]
    return [claim for claim in claims if claim["estimator"] in (EXACT, None)]


def by_claim(reading: Reading) -> dict[str, list[Record]]:
    """Return the records of each claim."""
    found: dict[str, list[Record]] = {}
    for claim in _told(reading):
        found.setdefault(claim["id"], []).append(claim)
    return found


def results_of(records: Iterable[Record], key: str = "result") -> dict[str, str]:
    """Return what a claim comes to in each language, engines that say the same told once."""
    found: dict[str, list[str]] = {}
    for record in records:
        said = found.setdefault(record["language"] or "", [])
        if record[key] not in said:
            said.append(record[key])
    return {language: ", ".join(sorted(said)) for language, said in found.items()}


def claims_table(reading: Reading) -> Table | None:
    """Return a row a claim: the paper's own rule first, then every test."""
    claims = by_claim(reading)
    if not claims:
        return None
    judges = bases(reading)
    columns = (
        Column("Claim", numeric=False, wraps=True),
        Column("As printed", "by whether 95 % intervals overlap, the paper's rule", numeric=False),
        *(Column(label, group="By a test of the difference", numeric=False)
          for label in judges.values()),
        Column("Decided by", "the statement that decides the first test, and its numbers",
               numeric=False, wraps=True),
    )  # fmt: skip
    rows = tuple(_row(name, records, list(judges)) for name, records in claims.items())
    return Table("claims", "The paper's sentences", columns, rows, _note(), "claims", tall=True,
                 origin=of_claims(reading))  # fmt: skip


def _row(name: str, records: list[Record], judges: list[str]) -> tuple[Cell, ...]:
    first = [record for record in records if record["basis"] == records[0]["basis"]]
    tests = [
        _outcome([record for record in records if record["basis"] == judge]) for judge in judges
    ]
    if not first[0]["language"]:
        tests[0] = replace(_outcome(first), sub="medians, by bootstrap")
    return (
        Cell(name, first[0]["text"], "head"),
        _outcome(first, "result_as_printed"),
        *tests,
        Cell(_spoken(records)["evidence"]),
    )


def _spoken(records: list[Record]) -> Record:
    return next((record for record in records if record["language"] == "R"), records[0])


def _outcome(records: list[Record], key: str = "result") -> Cell:
    said = results_of(records, key)
    distinct = list(dict.fromkeys(said.values()))
    if not distinct:
        return Cell("")
    first = records[0]
    held = first[f"parts_supported{'_as_printed' if key == 'result_as_printed' else ''}"]
    share = f"{held} of {first['parts']}" if first["parts"] > 1 else ""
    if len(distinct) == 1:
        return Cell(distinct[0], share, TONES.get(distinct[0], "bad"))
    return Cell("; ".join(f"{language}: {word}" for language, word in said.items()), warns=True)


def _note() -> str:
    return (
        "A claim is supported where all that it says is, or most of it where it speaks of most;"
        " contradicted where a statement that it needs is; undecided where an interval includes"
        " both. Below, how many of its statements are supported; nothing is adjusted for their"
        " number. By maximum likelihood; what other estimators say stands in the CSV. Empty: this"
        " model was not asked."
    )


def summary_table(reading: Reading) -> Table:
    """Return which claims come to which end by each rule and model, a row each."""
    claims = by_claim(reading)
    judges = bases(reading)
    first = next(iter(judges))
    columns = (
        Column("Judged by", numeric=False),
        *(Column(name.capitalize(), numeric=False, wraps=True) for name in TONES),
    )
    ways = [(first, "result_as_printed", "intervals that overlap, as the paper did")]
    ways += [(basis, "result", "a test of each difference") for basis in judges]
    alone = [r[0] for r in claims.values() if not r[0]["language"]]
    ways += [(one["basis"], "result", "a bootstrap of the units") for one in alone[:1]]
    labels = {**judges, **{one["basis"]: one["basis_label"] for one in alone}}
    rows = []
    for basis, key, how in ways:
        told = {
            name: own[0][key]
            for name, records in claims.items()
            if (own := [one for one in records if one["basis"] == basis])
        }
        cells = (_names([n for n, said in told.items() if said == end]) for end in TONES)
        rows.append((Cell(labels[basis], how, "head"), *cells))
    return Table("claims-summary", "Which sentences hold", columns, tuple(rows),
                 origin=of_claims(reading))  # fmt: skip


def _names(names: list[str]) -> Cell:
    return Cell(str(len(names)), ", ".join(names)) if names else Cell("0", tone="muted")


def statements_table(reading: Reading) -> Table | None:
    """Return every statement of every claim with the numbers of the first engine."""
    rows = tuple(_statements(reading))
    columns = (
        Column("Claim", numeric=False),
        Column("Statement", numeric=False),
        Column("Estimate", "difference of its two sides, %"),
        Column("95 % CI"),
        Column("Result", numeric=False),
        Column("As printed", numeric=False),
    )
    if not rows:
        return None
    title = "What each sentence comes down to"
    return Table("claim-statements", title, columns, rows, "", "claim_statements", tall=True,
                 origin=of_claims(reading))  # fmt: skip


def _unbounded(one: Record) -> str:
    """What a number without interval is, or why there is none."""
    if one["estimate"] is None:
        return str(one["reason"])
    return "below the others" if one["estimate"] > 0 else "above the lowest (minus)"


def _statements(reading: Reading) -> Iterator[tuple[Cell, ...]]:
    for name, records in by_claim(reading).items():
        for one in _spoken(records)["statements"]:
            bounded = one["low"] is not None
            shown = [
                percentage_change(one[key]) if bounded else one[key]
                for key in ("estimate", "low", "high")
            ]
            yield (
                Cell(name, tone="name"),
                Cell(one["says"], f"{one['indicator']} · {one['stratum']}"),
                Cell(fixed(shown[0]), "" if bounded else _unbounded(one)),
                Cell(interval(shown[1], shown[2])),
                Cell(one["result"], tone=TONES[one["result"]]),
                Cell(one["as_printed"], tone=TONES[one["as_printed"]]),
            )
