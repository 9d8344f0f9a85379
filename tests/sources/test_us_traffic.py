"""The traffic panel is what its documentation says, and states carry their own names."""

from __future__ import annotations

import pandas as pd
import pytest

from harness import sources
from harness.errors import ConfigError, PanelError
from harness.panel import Panel
from harness.sources import us_traffic

# Census of 1 April 1980, the Census Bureau's counts.
CENSUS_1980 = {
    "Alabama": 3_893_888,
    "California": 23_667_902,
    "Delaware": 594_338,
    "Illinois": 11_426_518,
    "New York": 17_558_072,
    "Pennsylvania": 11_863_895,
    "Texas": 14_229_191,
    "Vermont": 511_456,
    "Wyoming": 469_557,
}
# totfatpvm (deaths per 100 million miles) has 6 significant digits or fewer in the source.
MILES_TOLERANCE = 5e-4


@pytest.fixture(scope="module")
def driving() -> pd.DataFrame:
    return us_traffic.load_driving()


def test_state_names_match_their_populations() -> None:
    frame = sources.read("us_traffic").frame
    population = frame[frame["year"] == 1980].set_index("state")["statepop"]
    assert len(population) == 48
    assert {state: int(population[state]) for state in CENSUS_1980} == CENSUS_1980
    in_2004 = frame[frame["year"] == 2004].set_index("state")["statepop"].sort_values()
    assert list(in_2004.index[-4:]) == ["Florida", "New York", "Texas", "California"]
    assert in_2004.index[0] == "Wyoming"
    assert not {"Alaska", "Hawaii", "District of Columbia"} & set(population.index)


def test_vehicmiles_is_in_billions(driving: pd.DataFrame) -> None:
    hundred_million_miles = driving["totfat"] / driving["totfatpvm"]
    ratio = hundred_million_miles / (driving["vehicmiles"] * 10)
    assert ratio.sub(1).abs().max() < MILES_TOLERANCE


@pytest.mark.parametrize(
    ("event", "units", "without"),
    [
        ("gdl", 40, {"Arizona": "never", "Kansas": "never", "Wyoming": "never"}),
        ("perse", 38, {"West Virginia": "before", "New York": "never"}),
        ("sbprim", 19, {"Wyoming": "never"}),
        ("zerotol", 48, {}),
    ],
)
def test_states_that_drop_out_have_a_reason(
    event: str, units: int, without: dict[str, str]
) -> None:
    table = sources.read("us_traffic", event=event)
    panel = Panel.from_table(table, "totfat", "statepop", "fast", no_event="drop")
    assert len(panel.units) == units
    assert panel.nobs == units * 25
    assert len(table.no_event_reason) == 48 - units
    said = {"never": "in force by 2004", "before": "in force since 1980 or before"}
    for state, why in without.items():
        assert said[why] in table.no_event_reason[state]
        assert us_traffic.LAWS[event] in table.no_event_reason[state]
    listed = {unit: drop.reason for drop in panel.dropped for unit in drop.units}
    assert listed == table.no_event_reason


@pytest.mark.parametrize("event", us_traffic.LAWS)
def test_event_is_the_first_year_in_force(event: str, driving: pd.DataFrame) -> None:
    frame = sources.read("us_traffic", event=event).frame
    began = frame.dropna(subset="event").drop_duplicates("state").set_index("state")["event"]
    law = driving.assign(state=driving["state"].map(us_traffic.STATES)).set_index(["state", "year"])
    for state, year in began.items():
        in_force = law.xs(state)[event] > 0
        assert in_force[year], (state, year)
        assert not in_force[in_force.index < year].any(), (state, year)


def test_fast_is_the_speed_limit_in_the_event_year() -> None:
    frame = sources.read("us_traffic").frame
    fast = frame.drop_duplicates("state").set_index("state")["fast"]
    # Florida: 70 mph in force for 9 months of its event year, 1996. Arizona: no event.
    assert fast[["Florida", "New York", "Montana"]].fillna("none").tolist() == [
        "true",
        "false",
        "none",
    ]
    assert fast.value_counts().to_dict() == {"true": 23, "false": 17}
    assert fast.isna().sum() == 8


@pytest.mark.parametrize(
    ("event", "note"),
    [
        ("gdl", "in 20 of 40 states that was less than the whole year"),
        ("sbprim", "the data tell whole years only"),
        ("zerotol", "In Montana the zero tolerance law was not in force in 1996, 1997."),
    ],
)
def test_notes(event: str, note: str) -> None:
    assert note in " ".join(sources.read("us_traffic", event=event).notes)


def test_unknown_law() -> None:
    with pytest.raises(ConfigError, match="no event 'zero_tol': did you mean 'zerotol'"):
        sources.read("us_traffic", event="zero_tol")


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("nghtfat", 400.5, r"row 3, column 'nghtfat': count 400.5 is not a whole number"),
        ("state", 77, r"column 'state': 77 is no known state number"),
    ],
)
def test_other_data_are_refused(
    column: str,
    value: float,
    says: str,
    driving: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = driving[column].tolist()
    cells[3] = value
    monkeypatch.setattr(us_traffic, "load_driving", lambda: driving.assign(**{column: cells}))
    with pytest.raises(PanelError, match=says):
        sources.read("us_traffic")
