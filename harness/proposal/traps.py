"""What often goes wrong with such data, in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from harness.panel import Panel
from harness.proposal.models import WIDEST, Estimable
from harness.proposal.survey import Series, Survey
from harness.proposal.wording import counted

# With 33 units a z-test of a slope-dominated stage rejects 6.25 % of true nulls (study few-units).
FEW_UNITS = 30
# Below some such mean the Laplace approximation and the normal interval of a unit's own effect
# are worth a second look; the variant agq is that look.
SMALL_MEAN = 2.0
# No population changes so much from one period to the next; a unit of measurement does.
JUMP = 5.0
MOST_NAMED = 3


def traps(found: Survey, panels: Mapping[str, Panel], able: Estimable) -> tuple[str, ...]:
    """Return one line for every trap that the panel may hold."""
    series = [line for name, part in found.indicators.items() for line in _of_series(name, part)]
    return (
        *_of_units(found),
        *_of_events(found),
        *_of_periods(found),
        *_of_window(found, able),
        *series,
        *_of_exposure(next(iter(panels.values()))),
    )


def _of_units(found: Survey) -> Iterator[str]:
    if found.units < FEW_UNITS:
        yield (
            f"{counted(found.units, 'unit')} with an event are few: intervals by the normal"
            " distribution are somewhat too narrow; compare the variant cluster in the study file"
        )


def _of_events(found: Survey) -> Iterator[str]:
    if found.outside:
        yield (
            f"{counted(len(found.outside), 'unit')} ({_named(found.outside)}): an event before the"
            " second or after the last own period tells nothing of a change: correct it, or leave"
            " it empty where there was none"
        )
    if len(found.events) == 1:
        (period,) = found.events
        yield (
            f"every event is in period {period}: whatever else happened then cannot be told from it"
        )


def _of_periods(found: Survey) -> Iterator[str]:
    if found.unseen:
        yield (
            f"no unit has a row in {counted(len(found.unseen), 'period')} between {found.first} and"
            f" {found.last} ({_named(tuple(map(str, found.unseen)))}): periods count one by one;"
            " number quarters and months 1, 2, 3, ... across the years"
        )
    if found.with_holes:
        yield (
            f"{counted(found.with_holes, 'unit lacks', 'units lack')} a period between their first"
            " and their last: rows that are there are used"
        )


def _of_window(found: Survey, able: Estimable) -> Iterator[str]:
    if able.window != WIDEST:
        yield (
            f"the rows reach from {able.window[0]} to {able.window[1]} periods from the event, so"
            f" the window is {list(able.window)} instead of {list(WIDEST)}"
        )
    if able.impact != "two-step":
        yield f"the four stages cannot be told apart, so the impact model is {able.impact}"
    if able.random != "slope":
        yield f"a random slope cannot be estimated, so the random effect is {able.random} only"


def _of_series(name: str, part: Series) -> Iterator[str]:
    if part.missing:
        yield f"{name}: {counted(part.missing, 'row')} without a count left out"
    if part.mean < SMALL_MEAN:
        yield (
            f"{name}: {part.mean:.2g} a row on average is little: compare the variant agq in the"
            " study file"
        )
    if part.above_exposure:
        yield (
            f"{name}: larger than its exposure in {counted(part.above_exposure, 'row')}: right for"
            " thousands of people or bed days, wrong for people"
        )


def _of_exposure(panel: Panel) -> Iterator[str]:
    rows = panel.frame
    name = panel.columns["exposure"]
    if rows["exposure"].nunique() == 1:
        yield f"{name} is the same in every row: rates are then counts, scaled"
        return
    same = (rows["unit"] == rows["unit"].shift()).to_numpy()
    change = np.abs(np.diff(np.log(rows["exposure"]), prepend=np.nan))
    jumps = rows[same & (change > np.log(JUMP))]
    if len(jumps):
        units = tuple(dict.fromkeys(map(str, jumps["unit"])))
        yield (
            f"{name} changes more than {JUMP:g}-fold from one row of a unit to the next in"
            f" {counted(len(units), 'unit')} ({_named(units)}): check its unit of measurement"
        )


def _named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
