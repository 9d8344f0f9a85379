"""Which columns name unit, period and event: the three that only make sense together.

A unit has one row a period, and its event, where it has one, is the same in all of its rows and
lies among the periods. Columns for which this holds are candidates; where several triples are
left, the names decide, and where these do not either, nothing is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from harness.errors import ConfigError
from harness.proposal.calendar import far_apart, how_to_number
from harness.proposal.choice import Asked, Choice, Role
from harness.proposal.facts import MOST_SLIPS, Facts
from harness.proposal.wording import called, counted, either

ROLES: tuple[Role, ...] = ("unit", "period", "event")
# One unit with an event that is outside of the data is a slip; most of them, another column.
LEAST_INSIDE = 0.5
# Codes of units come with most periods; counts come with some.
LEAST_FULL = 0.5
# Numbers that count one by one may have gaps; codes and counts have more gaps than steps.
LEAST_BY_ONE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """One column a role."""

    unit: Facts
    period: Facts
    event: Facts

    @property
    def names(self) -> tuple[str, str, str]:
        """Of the three columns."""
        return self.unit.name, self.period.name, self.event.name

    @property
    def by_name(self) -> int:
        """How many of the three are called so."""
        return sum(called(role, getattr(self, role).name) for role in ROLES)


def choose_keys(facts: Sequence[Facts], asked: Asked) -> tuple[Keys, tuple[Choice, ...]]:
    """Return the columns of unit, period and event, and the reasons.

    Raises
    ------
    ConfigError
        In one line with the option that settles it, where no column or more than one will do.
    """
    found = _candidates(facts, asked)
    best = [keys for keys in found if keys.by_name == max(k.by_name for k in found)]
    best = _without_twins([keys for keys in best if not _derived(keys, best)])
    for role in ROLES:
        names = list(dict.fromkeys(getattr(keys, role).name for keys in best))
        if len(names) > 1:
            raise ConfigError(
                f"the {role} could be any of {len(names)} columns:"
                f" choose {either(names, f'--{role}')}"
            )
    keys = best[0]
    return keys, tuple(_choice(role, keys, found, asked) for role in ROLES)


def _candidates(facts: Sequence[Facts], asked: Asked) -> list[Keys]:
    taken = set(asked.roles.values())

    def open_to(role: str) -> list[Facts]:
        name = getattr(asked, role)
        return [f for f in facts if (f.name == name if name else f.name not in taken)]

    rows = len(facts[0].codes)
    periods = [f for f in open_to("period") if asked.period or counts_periods(f)]
    units = [
        f
        for f in open_to("unit")
        if asked.unit or (names_units(f, rows) and _no_count(f, periods, rows))
    ]
    pairs = [
        (unit, period)
        for unit, period in product(units, periods)
        if unit is not period and ((asked.unit and asked.period) or _one_row_each(unit, period))
    ]
    if not pairs:
        raise ConfigError(_no_pair(facts, units, periods, asked))
    events = open_to("event")
    found = [
        Keys(unit, period, event)
        for unit, period in pairs
        for event in events
        if event not in (unit, period) and (asked.event or is_event(event, unit, period))
    ]
    if not found:
        likely = max(
            pairs, key=lambda two: called("unit", two[0].name) + called("period", two[1].name)
        )
        raise ConfigError(_no_event(events, *likely))
    return found


def counts_periods(facts: Facts) -> bool:
    """Whether a column holds whole numbers, none missing, that mostly follow one another."""
    if not (facts.whole and facts.complete) or len(facts.levels) < 2 or how_to_number(facts):
        return False
    return bool((np.diff(facts.levels) == 1).mean() >= LEAST_BY_ONE)


def names_units(facts: Facts, rows: int) -> bool:
    """Whether a column holds few different values, none missing, that come again and again."""
    return not facts.missing and 2 <= len(facts.values) <= rows / 2


def _no_count(facts: Facts, periods: Sequence[Facts], rows: int) -> bool:
    """Whether a column is text, or called like a unit, or numbers with a row in most periods."""
    if facts.numbers is None or called("unit", facts.name):
        return True
    return any(rows >= LEAST_FULL * len(facts.values) * len(p.values) for p in periods)


def _one_row_each(unit: Facts, period: Facts) -> bool:
    """Whether no unit has a period twice, but for a slip."""
    rows, different = len(unit.codes), len(unit.values) * len(period.values)
    least = (1.0 - MOST_SLIPS) * rows
    if different < least:
        return False
    return len(np.unique(unit.codes * len(period.values) + period.codes)) >= least


def is_event(event: Facts, unit: Facts, period: Facts) -> bool:
    """Whether a column is one whole number a unit, or none, that mostly lies among the periods."""
    if not event.whole or event.numbers is None or period.numbers is None:
        return False
    if not event.constant_within(unit.codes):
        return False
    _, first = np.unique(unit.codes, return_index=True)
    own = event.numbers[first]
    own = own[~np.isnan(own)]
    # The first period of all is no event: nothing lies before it.
    inside = (own > np.nanmin(period.numbers)) & (own <= np.nanmax(period.numbers))
    return bool(own.size and inside.mean() >= LEAST_INSIDE)


def _without_twins(found: list[Keys]) -> list[Keys]:
    """Of columns that divide the rows into the same units, the first: code and name of an area."""
    kept: list[Keys] = []
    for keys in found:
        if not any(_twins(keys, other) for other in kept):
            kept.append(keys)
    return kept


def _derived(keys: Keys, found: Sequence[Keys]) -> bool:
    """Whether the period is the time to the event, made of another column of periods."""
    return any(
        other.unit is keys.unit
        and other.period is not keys.period
        and other.event is keys.event
        and _differ_by(other.period, keys.period, other.event)
        for other in found
    )


def _differ_by(a: Facts, b: Facts, difference: Facts) -> bool:
    if a.numbers is None or b.numbers is None or difference.numbers is None:
        return False
    there = ~np.isnan(difference.numbers)
    return bool((a.numbers - b.numbers == difference.numbers)[there].all())


def _twins(a: Keys, b: Keys) -> bool:
    if a.names[1:] != b.names[1:] or len(a.unit.values) != len(b.unit.values):
        return False
    return a.unit.constant_within(b.unit.codes)


def _choice(role: Role, keys: Keys, found: Sequence[Keys], asked: Asked) -> Choice:
    names = list(dict.fromkeys(getattr(k, role).name for k in found))
    column = getattr(keys, role).name
    others = tuple(name for name in names if name != column)
    if getattr(asked, role) is not None:
        return Choice(role, column, _reason(role, keys), "option")
    return Choice(role, column, _reason(role, keys), "name" if others else "values", others)


def _reason(role: Role, keys: Keys) -> str:
    unit, period, event = keys.unit, keys.period, keys.event
    if role == "unit":
        most = int(np.bincount(unit.codes[unit.codes >= 0]).max())
        return f"{counted(len(unit.values), 'value')}, each in up to {counted(most, 'row')}"
    if role == "period":
        if not period.levels.size:
            return "as asked"
        low, high = period.levels[0], period.levels[-1]
        return f"whole numbers, {low:.0f} to {high:.0f}, none twice in a unit"
    there = event.levels
    if not there.size:
        return "as asked"
    span = f"{there[0]:.0f} to {there[-1]:.0f}" if len(there) > 1 else f"{there[0]:.0f}"
    empty = "" if event.complete else "; empty where there is none"
    return f"one whole number a unit among the periods, {span}{empty}"


def _no_pair(
    facts: Sequence[Facts], units: Sequence[Facts], periods: Sequence[Facts], asked: Asked
) -> str:
    """Why no two columns are unit and period."""
    dated = next((line for f in facts if (line := how_to_number(f)) is not None), None)
    spaced = [f for f in facts if any(f is not u and _one_row_each(u, f) for u in units)]
    line = dated or next((line for f in spaced if (line := far_apart(f)) is not None), None)
    if line is not None and asked.period is None:
        return line
    if not periods:
        return (
            "no column counts periods: one has to hold whole numbers, none missing, that follow one"
            " another: number the periods 1, 2, 3, ..., or name the column by --period"
        )
    if not units:
        return (
            "no column names units: one has to hold the same few values again and again, none"
            " missing: give every row its unit, or name the column by --unit"
        )
    return (
        f"no two columns are unit and period: with {units[0].name!r} and {periods[0].name!r} some"
        " rows are there more than once: give every unit one row a period, or name the columns by"
        " --unit and --period"
    )


def _no_event(events: Sequence[Facts], unit: Facts, period: Facts) -> str:
    """Why no column is the event."""
    who = f"of each {unit.name!r} in every one of its rows"
    switches = [repr(f.name) for f in events if _switches(f, unit, period)]
    if switches:
        turn = "turn" if len(switches) > 1 else "turns"
        return (
            f"no column holds the period of the event, but {' and '.join(switches[:2])} {turn} from"
            f" 0 to 1 within units: add a column with the {period.name!r} of the first 1 {who},"
            " empty where it stays 0"
        )
    dated = next(
        (line for f in events if f.constant_within(unit.codes) and (line := how_to_number(f))),
        None,
    )
    return dated or (
        f"no column holds the period of the event: add one with the {period.name!r} of the event"
        f" {who}, empty for those without one, or name it by --event"
    )


def _switches(facts: Facts, unit: Facts, period: Facts) -> bool:
    """Whether a column is 0 up to some period of a unit and 1 from there on."""
    if facts.numbers is None or period.numbers is None or list(facts.levels) != [0.0, 1.0]:
        return False
    order = np.lexsort((period.numbers, unit.codes))
    same = np.diff(unit.codes[order]) == 0
    steps = np.diff(facts.numbers[order])[same]
    return bool((steps >= 0).all() and (steps > 0).any())
