"""What was found of each method on each process, in plain sentences made from the numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.report.findings import Finding
from harness.report.reading import Record
from harness.report.rounding import fixed, tied, whole
from harness.report.simulation.judging import (
    Judged,
    away_from_zero,
    judged,
    judged_coverage,
    outside,
)
from harness.report.simulation.reading import Simulation, failed
from harness.report.simulation.wording import (
    by_stage,
    each,
    level_text,
    monte_carlo,
    of_replicates,
    percent,
    term_words,
)

FEW = 2
NOTHING_LEFT = "Every replicate failed ({}): there is nothing to judge, and this is not power 0."


def finding(sim: Simulation, rate: Record) -> Finding:
    """Return what was found of one method on one process."""
    process, method = rate["process"], rate["method"]
    asked = sim.method(method)
    label, unit = asked["label"], f"{asked['engine']} {asked['settings']}"
    lost = failed(rate)
    if lost == rate["replicates"]:
        return Finding(label, unit, (NOTHING_LEFT.format(by_stage(rate)),), "", True)
    said = (
        _coverage(sim, process, method),
        _type_one(sim, process, method),
        _errors(sim, process, method),
        _bias(sim, process, method),
    )
    check = f"{whole(lost)} of {of_replicates(rate['replicates'])} failed ({by_stage(rate)})."
    sentences = tuple(tied(text) for text in said if text)
    return Finding(label, unit, sentences, check if lost else "", bool(lost))


def coverage_clause(sim: Simulation, found: Judged) -> str:
    """Return one coverage with the data, the method and the Monte Carlo error."""
    row = found.row
    process, method = sim.process(row["process"]), sim.method(row["method"])
    return (
        f"On data from “{process['title']}”, the {level_text(sim.level)} % intervals of"
        f" {term_words(row['term'])} by {method['label']} hold the truth in {percent(row['value'])}"
        f" of {of_replicates(row['n'])}{monte_carlo(row['mcse'])}."
    )


def type_one_clause(sim: Simulation, found: Judged) -> str:
    """Return one type I error with the data, the method and the Monte Carlo error."""
    row = found.row
    process, method = sim.process(row["process"]), sim.method(row["method"])
    return (
        f"On data from “{process['title']}”, where {term_words(row['term'])} is 0, the test by"
        f" {method['label']} rejects it in {percent(row['value'])} of"
        f" {of_replicates(row['n'])}{monte_carlo(row['mcse'])}."
    )


def _coverage(sim: Simulation, process: str, method: str) -> str:
    terms = sim.terms(process, method)
    found = [one for term in terms if (one := judged_coverage(sim, process, method, term))]
    level = f"{level_text(sim.level)} %"
    if not found:
        return "The coverage of no interval is known."
    off = outside(found)
    if not off:
        number = "" if len(found) == 1 else f"all {len(found)} of them "
        return (
            f"The {level} intervals hold the truth as often as they should, {number}within Monte"
            f" Carlo error: in {_range(found)}."
        )
    parts = [_too(level, off, "below", "too rarely"), _too(level, off, "above", "too often")]
    rest = [term_words(one.row["term"]) for one in found if one.verdict == "within"]
    kept = f"Within Monte Carlo error: {each(rest)}." if rest else ""
    return " ".join(filter(None, (*parts, kept)))


def _too(level: str, off: Sequence[Judged], verdict: str, word: str) -> str:
    """Say which intervals hold the truth too rarely, or too often: by name where they are few."""
    chosen = [one for one in off if one.verdict == verdict]
    if not chosen:
        return ""
    said = f"The {level} intervals hold the truth {word}:"
    if len(chosen) <= FEW:
        parts = (
            f"of {term_words(one.row['term'])} in {percent(one.row['value'])}"
            f"{monte_carlo(one.row['mcse'])}"
            for one in chosen
        )
        return f"{said} {' and '.join(parts)}."
    ends = [pick(chosen, key=lambda one: one.row["value"]) for pick in (min, max)]
    low, high = (f"{percent(one.row['value'])} ({term_words(one.row['term'])})" for one in ends)
    error = fixed(100.0 * max(one.error for one in chosen))
    terms = each([term_words(one.row["term"]) for one in chosen])
    return f"{said} {terms}, from {low} to {high}, Monte Carlo error at most {error}."


def _range(found: Sequence[Judged]) -> str:
    values = [100.0 * one.row["value"] for one in found]
    low, high = fixed(min(values)), fixed(max(values))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _type_one(sim: Simulation, process: str, method: str) -> str:
    nominal = 1.0 - sim.level
    rows = (
        judged(sim.measure(process, method, term, "rejection"), nominal)
        for term in sim.without_effect(process, method)
    )
    found = [one for one in rows if one]
    if not found:
        return ""
    off, near = outside(found), [one for one in found if one.verdict == "within"]
    parts = [
        f"of {term_words(one.row['term'])} is {percent(one.row['value'])}"
        f"{monte_carlo(one.row['mcse'])}, {'less' if one.verdict == 'below' else 'more'} than"
        f" {level_text(nominal)} %"
        for one in off
    ]
    said = f"The type I error {'; '.join(parts)}." if parts else ""
    if not near:
        return said
    terms = each([term_words(one.row["term"]) for one in near])
    word = "errors" if len(near) > 1 else "error"
    inside = f"{word} of {terms} within Monte Carlo error of {level_text(nominal)} %"
    return f"{said} Type I {inside}: {_range(near)}.".strip()


def _errors(sim: Simulation, process: str, method: str) -> str:
    worst, known = _largest(sim, process, method, "relative_error_se", lambda row: row["value"])
    if worst is None:
        return "Standard errors are as large as the estimates scatter." if known else ""
    size, word = abs(worst["value"]), "small" if worst["value"] < 0 else "large"
    return (
        f"Standard errors are up to {fixed(size)} % too {word} ({term_words(worst['term'])}, Monte"
        f" Carlo error {fixed(worst['mcse'])})."
    )


def _bias(sim: Simulation, process: str, method: str) -> str:
    def in_errors(row: Record) -> float | None:
        scatter = sim.known(process, method, row["term"], "empirical_se")
        return row["value"] / scatter["value"] if scatter and scatter["value"] else None

    worst, known = _largest(sim, process, method, "bias", in_errors)
    if worst is None:
        return "No bias beyond Monte Carlo error." if known else ""
    size = in_errors(worst)
    assert size is not None
    way = "low" if size < 0 else "high"
    error = abs(size * worst["mcse"] / worst["value"])
    return (
        f"Estimates are up to {fixed(abs(size), 2)} standard errors too {way}"
        f" ({term_words(worst['term'])}, Monte Carlo error {fixed(error, 2)})."
    )


def _largest(
    sim: Simulation, process: str, method: str, measure: str, size: Callable[[Record], float | None]
) -> tuple[Record | None, int]:
    """Return the row furthest from 0 of those beyond Monte Carlo error, and how many are known."""
    terms = sim.terms(process, method)
    rows = [row for term in terms if (row := sim.known(process, method, term, measure))]
    beyond = [(abs(s), row) for row in rows if away_from_zero(row) and (s := size(row)) is not None]
    return max(beyond, key=lambda pair: pair[0], default=(0.0, None))[1], len(rows)
