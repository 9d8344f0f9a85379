"""SegmentedPoisson: what it refuses, and the design it makes of a panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError, DesignError
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.testing.strategies import ROLES, four_stage_frame, panels

# The logarithm of an exponential rounds twice.
LOG_OF_EXP = 1e-15
STAGES = ("intercept", "pre", "step0", "step1", "post")


def panel(t: tuple[int, ...] = (-2, -1, 0, 1, 2), units: tuple[str, ...] = ("a", "b")) -> Panel:
    """Units with their events in different years, observed at these times to the event."""
    frame = four_stage_frame(units, before=5, after=5, seed=3)
    inside = (frame["period"] - frame["event"]).isin(t)
    return Panel.from_frame(frame[inside], **ROLES, source="deaths.csv")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"impact": "one-step"}, "impact 'one-step' is not known: use one of two-step"),
        ({"random": "slopes"}, "random 'slopes' is not known: use one of none, intercept, slope"),
        ({"response": "rate"}, "response 'rate' is not known: use one of count, pseudo"),
        ({"response": "pseudo"}, "response 'pseudo' needs its scale"),
        ({"scale": "per child"}, "scale 'per child' goes with response 'pseudo' only"),
        (
            {"response": "pseudo", "scale": "per child", "family": "nb2"},
            "response 'pseudo' goes with family 'poisson', not 'nb2'",
        ),
        ({"covariance": "diag"}, "covariance 'diag' is not known: use one of unstructured, diag"),
        ({"family": "nb1"}, "family 'nb1' is not known: use one of poisson, nb2, poisson-olre"),
        ({"window": (0, 3)}, "window [0, 3] needs periods before the event and the event itself"),
        ({"window": (1, 3)}, "window [1, 3] needs"),
        ({"window": (-3, -1)}, "window [-3, -1] needs"),
        ({"window": (3, -3)}, "window [3, -3] needs"),
    ],
)
def test_refused_with_what_there_is(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as error:
        SegmentedPoisson(**changes)
    assert str(error.value).startswith(says)
    assert len(str(error.value).splitlines()) == 1


def test_defaults_are_the_four_stage_model() -> None:
    assert SegmentedPoisson() == SegmentedPoisson(
        impact="two-step", window=(-3, 3), random="slope", covariance="unstructured",
        family="poisson",
    )  # fmt: skip


ROWS_AT = "deaths.csv: within the window there are rows at"


@pytest.mark.parametrize(
    ("t", "window", "says"),
    [
        ((0, 1, 2), (-3, 3), "deaths.csv: no period before the event lies in the window [-3, 3]"),
        ((-5, 0, 1), (-3, 3), "deaths.csv: no period before the event lies in the window [-3, 3]"),
        ((-2, -1), (-3, 3), "deaths.csv: no period at or after the event lies in the window"),
        ((-2, -1, 5), (-3, 3), "deaths.csv: no period at or after the event lies in the window"),
        ((4, 5), (-3, 3), "deaths.csv: no period before the event lies in the window [-3, 3]"),
        # Too short a window, and a panel with a gap, identify fewer than four stages.
        ((-2, -1, 0, 1, 2), (-1, 3), f"{ROWS_AT} -1, 0, 1, 2 periods"),
        ((-2, -1, 0, 1, 2), (-2, 0), f"{ROWS_AT} -2, -1, 0 periods"),
        ((-2, -1, 0, 1, 2), (-2, 1), f"{ROWS_AT} -2, -1, 0, 1 periods"),
        ((-2, -1, 0, 2, 3), (-3, 3), None),
        # Without t = 0 the two steps are one; with one period before, pre is a constant.
        ((-2, -1, 1, 2), (-3, 3), f"{ROWS_AT} -2, -1, 1, 2 periods"),
        ((-1, 0, 1, 2), (-3, 3), f"{ROWS_AT} -1, 0, 1, 2 periods"),
    ],
)
def test_what_the_window_leaves_must_identify_the_stages(
    t: tuple[int, ...], window: tuple[int, int], says: str | None
) -> None:
    model = SegmentedPoisson(window=window)
    if says is None:
        assert model.design(panel(t)).exog_names == STAGES
        return
    with pytest.raises(DesignError) as error:
        model.design(panel(t))
    assert str(error.value).startswith(says)
    assert len(str(error.value).splitlines()) == 1


def test_one_unit_only() -> None:
    alone = panel(units=("a",))
    with pytest.raises(DesignError, match=r'^one unit only: .*random="none"$'):
        SegmentedPoisson().design(alone)
    assert SegmentedPoisson(random="none").design(alone).n_groups == 1


def test_columns_by_hand() -> None:
    df = pd.DataFrame(
        {
            "unit": ["b"] * 7 + ["a"] * 2,
            "period": [*range(2007, 2014), 2001, 2004],
            "event": [2010] * 7 + [2003] * 2,
            "count": range(9),
            "exposure": np.exp(np.arange(9.0)),
        }
    )
    design = SegmentedPoisson(window=(-2, 3)).design(Panel.from_frame(df, **ROLES))
    assert design.group_labels == ("a", "b")
    np.testing.assert_array_equal(design.endog, [7, 8, 1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(design.offset, design.endog, rtol=LOG_OF_EXP)
    np.testing.assert_array_equal(design.exog_re[:, 1], [-2, 1, -2, -1, 0, 1, 2, 3])
    assert design.exog_names == STAGES
    np.testing.assert_array_equal(
        design.exog[[0, 1, 4, 7]],
        [[1, -2, 0, 0, 0], [1, -1, 1, 1, 0], [1, -1, 1, 0, 0], [1, -1, 1, 1, 2]],
    )


@pytest.mark.parametrize(
    ("random", "names"),
    [
        ("none", ()),
        ("intercept", ("intercept",)),
        ("slope", ("intercept", "t")),
        ("step", ("intercept", "t", "step0")),
    ],
)
def test_random_effects(random: Any, names: tuple[str, ...]) -> None:
    model = SegmentedPoisson(window=(-2, 2), random=random, covariance="diagonal", family="nb2")
    design = model.design(panel())
    assert design.exog_re_names == names
    assert (design.random, design.covariance, design.family) == (random, "diagonal", "nb2")
    t = design.exog[:, 1:].sum(axis=1)
    due = np.column_stack([t**0, t, t >= 0])[:, : len(names)]
    np.testing.assert_array_equal(design.exog_re, due)


@given(df=panels(), seed=st.integers(0, 99))
def test_order_and_labels_of_rows_change_no_byte(df: pd.DataFrame, seed: int) -> None:
    model = SegmentedPoisson(window=(-2, 2))
    shuffled = df.sample(frac=1.0, random_state=seed)
    design, other = (model.design(Panel.from_frame(x, **ROLES)) for x in (df, shuffled))
    assert design.sha256 == other.sha256
    assert design.group_labels == other.group_labels == tuple(sorted(set(df["unit"])))


@pytest.mark.parametrize("window", ["-3..3", (-3.5, 3), (-3,), None, (-3, 3, 3)])
def test_a_window_is_two_whole_numbers(window: Any) -> None:
    with pytest.raises(ConfigError, match=r"must be two whole numbers, .* such as \(-3, 3\)"):
        SegmentedPoisson(window=window)


def staggered(events: tuple[int, ...] = (2010, 2011, 2013)) -> Panel:
    """One unit an event, t = -3..3, a share of the event period by unit."""
    frames = [
        pd.DataFrame({"period": np.arange(event - 3, event + 4), "event": event, "unit": f"u{k}"})
        for k, event in enumerate(events)
    ]
    df = pd.concat(frames, ignore_index=True).assign(count=1, exposure=1.0)
    return Panel.from_frame(
        df.assign(share=0.25 + 0.5 * (df["unit"] == "u1")), **ROLES, share="share"
    )


def test_every_period_but_the_first_has_an_effect() -> None:
    panel = staggered()
    plain, design = (
        SegmentedPoisson(calendar=calendar).design(panel) for calendar in (False, True)
    )
    periods = range(2008, 2017)
    assert design.exog_names == (*plain.exog_names, *(f"period_{p}" for p in periods))
    np.testing.assert_array_equal(design.exog[:, :5], plain.exog)
    due = panel.frame["period"].to_numpy()[:, None] == np.array(periods)
    np.testing.assert_array_equal(design.exog[:, 5:], due)
    # Only the rows in the window count: the reference is the first period there.
    narrow = SegmentedPoisson(window=(-2, 2), calendar=True).design(panel)
    assert narrow.exog_names[5] == "period_2009"


@pytest.mark.parametrize("events", [(2010, 2010), (2010, 2030)], ids=["one event", "far apart"])
def test_calendar_effects_that_are_stages_are_refused(events: tuple[int, ...]) -> None:
    model = SegmentedPoisson(calendar=True)
    with pytest.raises(DesignError) as error:
        model.design(staggered(events))
    assert "effects of calendar periods cannot be told from the stages pre, step0" in str(
        error.value
    )
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("impact", ["two-step", "level"])
def test_a_share_of_the_event_period(impact: str) -> None:
    panel = staggered()
    whole, part = (
        SegmentedPoisson(impact, random="step", event_share=share).design(panel)
        for share in (False, True)
    )
    at_event = (panel.t == 0).to_numpy()
    share = panel.frame["share"].to_numpy()
    step = whole.exog_names.index("step0" if impact == "two-step" else "level")
    for design, due in ((whole, np.ones(3)), (part, share[at_event])):
        np.testing.assert_array_equal(design.exog[at_event, step], due)
        np.testing.assert_array_equal(design.exog_re[at_event, 2], due)
    np.testing.assert_array_equal(whole.exog[~at_event], part.exog[~at_event])
    without = Panel.from_frame(panel.frame, **ROLES)
    with pytest.raises(DesignError, match="the panel has no shares of the event period"):
        SegmentedPoisson(event_share=True).design(without)


def test_values_are_for_a_pseudo_response() -> None:
    counted = panel()
    model = SegmentedPoisson(window=(-2, 2), response="pseudo", scale="per 10 000")
    design = model.design(counted.rate(1e4))
    assert design.response == "pseudo"
    frame = counted.frame
    np.testing.assert_array_equal(design.endog, 1e4 * frame["count"] / frame["exposure"])
    np.testing.assert_array_equal(design.offset, 0.0)
    # Counts are amounts too, then with their exposure.
    np.testing.assert_array_equal(model.design(counted).offset, np.log(frame["exposure"]))
    with pytest.raises(DesignError, match="the panel holds values, not counts"):
        SegmentedPoisson(window=(-2, 2)).design(counted.rate(1e4))
