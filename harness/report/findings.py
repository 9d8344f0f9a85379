"""What was found, in plain sentences made from the numbers of the reference fit."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.derived import Overdispersion, end_state, index_of, significant, too_narrow
from harness.report.numerics import ChainedIndex, percentage_change
from harness.report.reading import EXACT, Reading, Record, unreliable
from harness.report.rounding import fixed, interval, tied
from harness.report.words import plural, unit_of

SLOPES = ("pre", "post")
SMALL_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for one indicator; ``check`` says whether a negative binomial model agrees."""

    label: str
    unit: str
    sentences: tuple[str, ...]
    check: str
    cautious: bool


def finding(reading: Reading, found: Overdispersion) -> Finding:
    """Return the findings on one analysis, from the reference fit."""
    indicator = found.indicator
    fit = reading.reference(indicator["name"], found.stratum["name"])
    label, unit = indicator["label"], unit_of(indicator)
    if fit is None:
        return Finding(label, unit, (_nothing(found, reading),), "", False)
    sentences = (*_sentences(fit, reading), *_speaker(fit, reading))
    check, cautious = _check(found, reading)
    return Finding(label, unit, sentences, check, cautious)


def _nothing(found: Overdispersion, reading: Reading) -> str:
    key = (found.indicator["name"], found.stratum["name"], "base")
    fits = [f for f in reading.fits if (f["indicator"], f["stratum"], f["variant"]) == key]
    exact = [fit for fit in fits if fit["estimator"] == EXACT] or fits
    tight = [fit for fit in exact if fit["settings"] == "tight"] or exact
    reasons = [f"{fit['engine']} {fit['settings']} {unreliable(fit)}" for fit in tight]
    return f"No reliable estimate: {'; '.join(reasons)}."


def _speaker(fit: Record, reading: Reading) -> list[str]:
    """Who speaks, where it is not the first voice."""
    first = reading.voices[0]
    if (fit["engine"], fit["settings"]) == (first.engine, first.settings):
        return []
    silent = reading.spoken(first, fit["indicator"], fit["stratum"])
    why = f": {first.name} {unreliable(silent)}" if silent else ""
    return [f"These numbers are by {fit['engine']} {fit['settings']}{why}."]


def _sentences(fit: Record, reading: Reading) -> list[str]:
    period = reading.study["period_word"]
    openings = {
        "step0": f"in the event {period}",
        "step1": f"in the {period} after",
        "pre": "before the event",
        "post": "afterwards",
    }
    known = [term for term in openings if term in reading.stages]
    clauses = {term: _clause(fit, term, openings[term], period) for term in known}
    pairs = (("step0", "step1"), ("pre", "post"))
    joined = ["; ".join(clauses[term] for term in pair if term in clauses) for pair in pairs]
    others = [
        _clause(fit, term, f"for {term}", period) for term in reading.stages if term not in known
    ]
    sentences = [text for text in (*joined, "; ".join(others)) if text]
    found = [f"{text[0].upper()}{text[1:]}." for text in sentences] + _chained(fit, reading)
    return [tied(text) for text in found]


def _clause(fit: Record, term: str, opening: str, period: str) -> str:
    p = fit["params"][term]
    slope = term in SLOPES
    each = f" a {period}" if slope else ""
    change = percentage_change(p["estimate"])
    limits = _limits(p)
    if not significant(fit, term):
        nothing = "no clear trend" if slope else "no clear change"
        return f"{opening} there was {nothing} ({fixed(change)} %{each}, {limits})"
    verb = "rose" if p["estimate"] > 0 else "fell"
    size = fixed(None if change is None else abs(change))
    return f"{opening} it {verb} by {size} %{each} ({limits})"


def _limits(p: Record) -> str:
    return interval(percentage_change(p["ci_low"]), percentage_change(p["ci_high"]))


def _chained(fit: Record, reading: Reading) -> list[str]:
    index = index_of(fit, reading)
    if index is None:
        return []
    period = reading.study["period_word"]
    start, finish = _from_event(index.t[0], period), _from_event(index.t[-1], period)
    end, limits = _end(index)
    return [f"Chained together, 100 {start} became {end} {finish}{limits}."]


def _end(index: ChainedIndex) -> tuple[str, str]:
    limits = ""
    if index.low is not None and index.high is not None:
        limits = f" ({interval(float(index.low[-1]), float(index.high[-1]))})"
    return fixed(float(index.index[-1])), limits


def _from_event(t: int, period: str) -> str:
    if t == 0:
        return f"in the event {period}"
    size = abs(t)
    number = SMALL_NUMBERS[size] if size < len(SMALL_NUMBERS) else str(size)
    side = "before" if t < 0 else "after"
    return f"{number} {period if size == 1 else plural(period)} {side} the event"


def _check(found: Overdispersion, reading: Reading) -> tuple[str, bool]:
    if found.nb2 is None or found.poisson is None:
        return (f"{too_narrow([found])} {_no_wider(found)}", True) if found.over else ("", False)
    chain = _chain_by_nb2(found.nb2, found.chain_changed, reading)
    if not found.changed and not found.chain_changed:
        return f"Every conclusion holds with a negative binomial model{chain}.", False
    period = reading.study["period_word"]
    names = {
        "pre": "the trend before the event",
        "step0": f"the change in the event {period}",
        "step1": f"the change in the {period} after",
        "post": "the trend afterwards",
    }
    parts = []
    for term in found.changed:
        now = "clear" if significant(found.nb2, term) else "no longer clear"
        limits = _limits(found.nb2["params"][term])
        parts.append(f"{names.get(term, term)} is {now} ({limits})")
    if not parts:
        parts.append("the stages hold")
    return tied(f"With a negative binomial model, {'; '.join(parts)}{chain}."), True


def _no_wider(found: Overdispersion) -> str:
    if found.refused:
        return f"The negative binomial fit {found.refused}."
    return "No wider model was fitted; “Are the intervals wide enough?” says how to add one."


def _chain_by_nb2(nb2: Record, changed: bool, reading: Reading) -> str:
    index = index_of(nb2, reading)
    if index is None:
        return ""
    end, limits = _end(index)
    now = ""
    if changed:
        now = ", now a clear change" if end_state(index) else ", no longer a clear change"
    return tied(f"; chained together, 100 became {end}{limits}{now}")
