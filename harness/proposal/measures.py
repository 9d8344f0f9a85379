"""Which columns are counted, and out of how much: counts, exposure, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.errors import ConfigError
from harness.proposal.choice import Asked, Choice, LeftOut
from harness.proposal.facts import Facts
from harness.proposal.keys import Keys
from harness.proposal.wording import called, counted, either

# A column of text or codes with so many values at most could divide the units into strata.
MOST_STRATA = 8
# Yes and no, or none, some and all: a column of so few values is seldom a count.
FEW_VALUES = 3


def choose_measures(
    facts: Sequence[Facts], keys: Keys, asked: Asked
) -> tuple[tuple[Choice, ...], tuple[LeftOut, ...]]:
    """Return the exposure, then the counts, with the reasons; and every column not used.

    Raises
    ------
    ConfigError
        In one line with the option that settles it, where no column or more than one will do.
    """
    others = [f for f in facts if f.name not in keys.names]
    reasons = {f.name: reason for f in others if (reason := _no_count(f, keys)) is not None}
    able = [f for f in others if f.name not in reasons]
    exposure = _exposure(others, able, asked)
    counts = _counts(others, reasons, exposure.column, asked)
    used = {exposure.column, *(choice.column for choice in counts)}
    left = [
        LeftOut(f.name, reasons.get(f.name, "by its name another exposure"))
        for f in others
        if f.name not in used
    ]
    return (exposure, *counts), tuple(left)


def _no_count(facts: Facts, keys: Keys) -> str | None:
    """Why a column is no count; None where it could be one."""
    if facts.numbers is None:
        return _text(facts, keys)
    low = facts.levels[0]
    if len(facts.levels) == 1:
        return f"the same, {low:.10g}, in every row"
    if facts.constant_within(keys.unit.codes):
        return f"the same in all rows of a unit{_strata(facts)}"
    if facts.constant_within(keys.period.codes):
        return "says no more than the period"
    if _follows_the_event(facts, keys):
        return "says no more than the time to the event"
    if len(facts.levels) <= FEW_VALUES:
        return "few different values, a code: if it counts, name it by --count"
    if low < 0:
        return f"negative, down to {low:.10g}"
    if not facts.whole:
        return "not whole numbers"
    if called("rate", facts.name):
        return "by its name no count: if it is one, name it by --count"
    return None


def _text(facts: Facts, keys: Keys) -> str:
    if not facts.values:
        return "empty"
    if facts.decimal_comma:
        return f"numbers with decimal commas, such as {facts.values[0]!r}: write points"
    if facts.slipped:
        return (
            f"numbers but for {next(iter(facts.text.values()))!r}: if it counts, name it by --count"
        )
    if facts.constant_within(keys.unit.codes):
        return f"text, the same in all rows of a unit{_strata(facts)}"
    return "text"


def _strata(facts: Facts) -> str:
    return ": could divide the units into strata" if could_divide(facts) else ""


def could_divide(facts: Facts) -> bool:
    """Whether a column that is constant in units has few enough values to be strata."""
    return 2 <= len(facts.values) <= MOST_STRATA


def _follows_the_event(facts: Facts, keys: Keys) -> bool:
    """Whether a column is a function of the time to the event."""
    period, event = keys.period.numbers, keys.event.numbers
    if period is None or event is None:
        return False
    t, _ = np.unique(period - event, return_inverse=True, equal_nan=True)
    groups = np.searchsorted(t, np.where(np.isnan(period - event), np.inf, period - event))
    # One row a time would make everything a function of it.
    return len(t) < len(period) / 2 and facts.constant_within(np.minimum(groups, len(t) - 1))


def _exposure(others: Sequence[Facts], able: Sequence[Facts], asked: Asked) -> Choice:
    positive = [f for f in others if _is_exposure(f)]
    if asked.exposure is not None:
        chosen = next(f for f in others if f.name == asked.exposure)
        return Choice("exposure", chosen.name, _span(chosen), "option")
    open_to = [f for f in positive if f.name not in asked.counts]
    named = [f for f in open_to if called("exposure", f.name)]
    if len(named) == 1:
        rest = tuple(f.name for f in open_to if _moves(f) and not _exceeds(named[0], f))
        return Choice("exposure", named[0].name, _span(named[0]), "name", rest)
    if named:
        raise ConfigError(
            f"the exposure could be any of {len(named)} columns:"
            f" choose {either((f.name for f in named), '--exposure')}"
        )
    larger = [f for f in open_to if _exceeds_all(f, able)]
    if len(larger) == 1:
        rest = tuple(f.name for f in open_to if _moves(f) and not _exceeds(larger[0], f))
        reason = f"{_span(larger[0])}; the only column that exceeds every other count in every row"
        return Choice("exposure", larger[0].name, reason, "values", rest)
    # What is left has to be counted.
    moving = [f.name for f in open_to if _moves(f) and any(other is not f for other in able)]
    if moving:
        raise ConfigError(
            "no column is called like an exposure: choose"
            f" {either(moving, '--exposure')}, or add one: what each count is out of (a column of 1"
            " where there is nothing)"
        )
    raise ConfigError(
        "no column can be the exposure, which is above 0 in every row: add one, what each count is"
        " out of (a column of 1 where there is nothing), and name it by --exposure"
    )


def _is_exposure(facts: Facts) -> bool:
    """Above 0 in every row; a name makes up for a slip, which the panel then points at."""
    if facts.numbers is None:
        return False
    if called("exposure", facts.name):
        return True
    return facts.complete and bool(facts.levels[0] > 0) and not called("rate", facts.name)


def _moves(facts: Facts) -> bool:
    return len(facts.levels) > 1


def _exceeds_all(facts: Facts, able: Sequence[Facts]) -> bool:
    """Whether a column exceeds every possible count in every row, as a population does."""
    rest = [f for f in able if f is not facts]
    return bool(rest) and all(_exceeds(facts, f) for f in rest)


def _exceeds(facts: Facts, other: Facts) -> bool:
    """Whether a column exceeds another in every row that has both; itself it is not beside."""
    if facts is other or facts.numbers is None or other.numbers is None:
        return facts is other
    there = ~np.isnan(facts.numbers) & ~np.isnan(other.numbers)
    return bool((facts.numbers > other.numbers)[there].all())


def _span(facts: Facts) -> str:
    if not facts.levels.size:
        return "as asked"
    low, high = facts.levels[0], facts.levels[-1]
    if low == high:
        return f"{low:,.10g} in every row"
    return f"above 0, {low:,.10g} to {high:,.10g}" if low > 0 else f"{low:,.10g} to {high:,.10g}"


def _counts(
    others: Sequence[Facts], reasons: Mapping[str, str], exposure: str, asked: Asked
) -> tuple[Choice, ...]:
    if asked.counts:
        by_name = {f.name: f for f in others}
        return tuple(
            Choice("count", name, _counted(by_name[name]), "option") for name in asked.counts
        )
    able = [f for f in others if f.name not in (*reasons, exposure)]
    found = [f for f in able if not called("exposure", f.name)]
    if not found:
        raise ConfigError(
            "no column is counted: a count is a whole number of 0 or more that changes within"
            f" units{_nearly(others, reasons)}: correct or add it, or name it by --count"
        )
    return tuple(Choice("count", f.name, _counted(f)) for f in found)


def _nearly(others: Sequence[Facts], reasons: Mapping[str, str]) -> str:
    """The first column of numbers that is no count, and why not."""
    numbers = (f.name for f in others if f.slipped or f.numbers is not None)
    near = next((name for name in numbers if name in reasons), None)
    return "" if near is None else f" ({near!r}: {reasons[near]})"


def _counted(facts: Facts) -> str:
    if facts.numbers is None or not facts.levels.size:
        return "as asked"
    low, high = facts.levels[0], facts.levels[-1]
    gone = int(np.isnan(facts.numbers).sum())
    empty = f"; {counted(gone, 'cell')} empty" if gone else ""
    return f"whole numbers, {low:,.10g} to {high:,.10g}{empty}"
