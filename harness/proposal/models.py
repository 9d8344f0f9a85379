"""Which models the rows can tell apart, and the one to propose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from harness.design import Random
from harness.errors import DesignError, HarnessError
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.segments import IMPACTS

WIDEST = (-3, 3)
# The most general first: every other impact model is a special case of it.
IN_TURN = ("two-step", "level-slope", "level", "slope", "none")
RANDOM_IN_TURN: tuple[Random, ...] = ("slope", "intercept")
assert set(RANDOM_IN_TURN) <= set(get_args(Random))


@dataclass(frozen=True, slots=True)
class Estimable:
    """What can be estimated within a window.

    Attributes
    ----------
    window : (int, int)
    impacts : mapping of str to str or None
        None for an impact model that every indicator can be fitted with, else why not.
    impact, random : str
        What is proposed.
    """

    window: tuple[int, int]
    impacts: Mapping[str, str | None]
    impact: str
    random: Random


def estimable(panels: Mapping[str, Panel]) -> Estimable:
    """Return what can be estimated with the default window, or what the rows leave of it.

    Raises
    ------
    DesignError
        If not even a trend can be.
    """
    window = window_of(panels)
    impacts = {impact: _refusal(panels, window, impact, "intercept") for impact in IMPACTS}
    able = [impact for impact in IN_TURN if impacts[impact] is None]
    if not able:
        raise DesignError(str(impacts["none"]))
    ways = [(i, r) for i in able for r in RANDOM_IN_TURN if not _refusal(panels, window, i, r)]
    impact, random = ways[0]
    return Estimable(window, impacts, impact, random)


def window_of(panels: Mapping[str, Panel]) -> tuple[int, int]:
    """Return the default window, cut to the periods around the event that are there.

    Raises
    ------
    DesignError
        If there are none before the event, or none from it on.
    """
    first = max(int(min(panel.t.min() for panel in panels.values())), WIDEST[0])
    last = min(int(max(panel.t.max() for panel in panels.values())), WIDEST[1])
    if first <= -1 and last >= 0:
        return first, last
    source = next(iter(panels.values())).source
    side = "before the event" if first > -1 else "at or after the event"
    raise DesignError(
        f"{source}: no unit has a period {side}: nothing can be said of what it changed; check the"
        " event column"
    )


def _refusal(
    panels: Mapping[str, Panel], window: tuple[int, int], impact: str, random: Random
) -> str | None:
    model = SegmentedPoisson(impact=impact, window=window, random=random)
    for name, panel in panels.items():
        try:
            model.design(panel)
        except HarnessError as error:
            return f"{name}: {str(error).removeprefix(f'{panel.source}: ')}"
    return None
