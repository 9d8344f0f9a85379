"""What a panel holds, in numbers: units, periods, events, gaps, and each indicator's rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from harness.panel import Panel


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of one indicator.

    Attributes
    ----------
    rows : int
        With an event and a response.
    missing, zeros : int
        Rows whose response is missing, left out, and rows whose response is 0.
    mean : float
    above_exposure : int
        Rows in which the response is larger than the exposure.
    in_window, units_in_window, whole_windows : int
        Rows inside the window, units that have some, and units that have all of it.
    """

    rows: int
    missing: int
    zeros: int
    mean: float
    above_exposure: int
    in_window: int
    units_in_window: int
    whole_windows: int


@dataclass(frozen=True, slots=True)
class Survey:
    """A panel in numbers.

    Attributes
    ----------
    rows : int
        Of the source.
    units, never : int
        Units with an event, and without one, which are left out.
    first, last, periods : int
        First and last period, and how many different ones there are.
    events : mapping of int to int
        Units by the period of their event.
    outside : tuple of str
        Units whose event comes before their first period or after their last.
    unseen : tuple of int
        Periods between the first and the last in which no unit has a row.
    with_holes : int
        Units that lack a period between their own first and last.
    window : (int, int)
    indicators : mapping of str to Series
    """

    rows: int
    units: int
    never: int
    first: int
    last: int
    periods: int
    events: Mapping[int, int]
    outside: tuple[str, ...]
    unseen: tuple[int, ...]
    with_holes: int
    window: tuple[int, int]
    indicators: Mapping[str, Series]


def survey(panels: Mapping[str, Panel], window: tuple[int, int]) -> Survey:
    """Return the numbers of the panels of a table, one an indicator."""
    some = next(iter(panels.values()))
    there = pd.concat([panel.frame[["unit", "period", "event"]] for panel in panels.values()])
    there = there.drop_duplicates()
    own = there.groupby("unit", sort=True).agg(
        event=("event", "first"), first=("period", "min"), last=("period", "max"),
        rows=("period", "size"),
    )  # fmt: skip
    periods = np.unique(there["period"])
    events, units = np.unique(own["event"], return_counts=True)
    span = np.arange(periods[0], periods[-1] + 1)
    outside = own[(own["event"] <= own["first"]) | (own["event"] > own["last"])]
    return Survey(
        rows=some.nobs + sum(part.rows for part in some.dropped),
        units=len(own),
        never=len({u for part in some.dropped if part.reason != _gone(some) for u in part.units}),
        first=int(periods[0]),
        last=int(periods[-1]),
        periods=len(periods),
        events=dict(zip(map(int, events), map(int, units), strict=True)),
        outside=tuple(map(str, outside.index)),
        unseen=tuple(map(int, np.setdiff1d(span, periods))),
        with_holes=int((own["rows"] < own["last"] - own["first"] + 1).sum()),
        window=window,
        indicators={name: _series(panel, window) for name, panel in panels.items()},
    )


def _gone(panel: Panel) -> str:
    """The reason by which a panel lists rows without a response."""
    return f"{panel.response} {panel.columns[panel.response]!r} is missing"


def _series(panel: Panel, window: tuple[int, int]) -> Series:
    response = panel.frame[panel.response]
    inside = panel.frame[panel.t.between(*window)].groupby("unit").size()
    return Series(
        rows=panel.nobs,
        missing=sum(part.rows for part in panel.dropped if part.reason == _gone(panel)),
        zeros=int((response == 0).sum()),
        mean=float(response.mean()),
        above_exposure=int((response > panel.frame["exposure"]).sum()),
        in_window=int(inside.sum()),
        units_in_window=len(inside),
        whole_windows=int((inside == window[1] - window[0] + 1).sum()),
    )
