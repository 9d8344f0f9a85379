"""A proposal in lines for a person, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from harness.proposal.choice import Choice
from harness.proposal.models import Estimable
from harness.proposal.propose import Proposal
from harness.proposal.survey import Survey
from harness.proposal.wording import counted, either

MOST_EVENTS = 12


def told(found: Proposal) -> Iterator[str]:
    """Yield the lines of a proposal."""
    yield f"{found.file.name}: {counted(found.survey.rows, 'row')}"
    yield "\nColumns"
    wide = max(len(choice.column) for choice in found.choices)
    for choice in found.choices:
        yield f"  {choice.role:<9} {choice.column:<{wide}}  {choice.reason}{_decided(choice)}"
    for reason in dict.fromkeys(part.reason for part in found.left_out):
        names = ", ".join(part.column for part in found.left_out if part.reason == reason)
        yield f"  not used  {names}: {reason}"
    for line in (line for choice in found.choices if (line := _doubt(choice)) is not None):
        yield f"  {line}"
    yield "\nPanel"
    for line in survey_lines(found.survey):
        yield f"  {line}"
    yield "\nImpact models"
    for line in _impact_lines(found.model):
        yield f"  {line}"
    if found.warnings:
        yield "\nMind"
        for line in found.warnings:
            yield f"  - {line}"


def _impact_lines(model: Estimable) -> Iterator[str]:
    able = [name for name, why in model.impacts.items() if why is None]
    yield f"proposed          {model.impact}, random effects: {model.random}"
    yield f"can be estimated  {', '.join(able)}"
    reasons = dict.fromkeys(why for why in model.impacts.values() if why is not None)
    for reason in reasons:
        names = [name for name, why in model.impacts.items() if why == reason]
        yield f"cannot            {', '.join(names)}: {reason}"


def _decided(choice: Choice) -> str:
    return {"option": " (as asked)", "name": " (by its name)", "values": ""}[choice.by]


def _doubt(choice: Choice) -> str | None:
    """What else could have been chosen, and how."""
    if not choice.also:
        return None
    return f"{choice.role} could also be another column: {either(choice.also, f'--{choice.role}')}"


def survey_lines(found: Survey) -> Iterator[str]:
    """Yield the lines of a panel in numbers."""
    never = f", {found.never} without" if found.never else ""
    yield f"units    {found.units} with an event{never}"
    gaps = f", {found.periods} of them there" if found.unseen else ""
    yield f"periods  {found.first} to {found.last}{gaps}; no unit has one twice"
    shown = [f"{n} in {period}" for period, n in list(found.events.items())[:MOST_EVENTS]]
    more = len(found.events) - MOST_EVENTS
    yield f"events   {', '.join(shown)}" + (f" and {more} more periods" if more > 0 else "")
    lack = counted(found.with_holes, "unit lacks", "units lack")
    holes = f"{lack} a period between their first and last" if found.with_holes else "none"
    yield f"gaps     {holes}"
    first, last = found.window
    for name, part in found.indicators.items():
        gone = f" and {part.missing:,} without a value" if part.missing else ""
        yield (
            f"{name}: {counted(part.rows, 'row')}{gone}, {part.zeros:,} of them 0, on average"
            f" {part.mean:,.4g}; window [{first}, {last}]: {counted(part.in_window, 'row')} of"
            f" {counted(part.units_in_window, 'unit')}, {part.whole_windows:,} with all of it"
        )


def as_data(found: Proposal) -> dict[str, Any]:
    """Return a proposal as plain data."""
    return {
        "file": str(found.file),
        "columns": [asdict(choice) for choice in found.choices],
        "left_out": [asdict(part) for part in found.left_out],
        "strata": {column: list(values) for column, values in found.strata.items()},
        "panel": survey_data(found.survey),
        "model": asdict(found.model),
        "warnings": list(found.warnings),
    }


def survey_data(found: Survey) -> dict[str, Any]:
    """Return a panel in numbers as plain data; periods are text, as keys of JSON are."""
    events = {str(period): units for period, units in found.events.items()}
    return {**asdict(found), "events": events}
