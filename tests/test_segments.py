"""Stages tile the window: no period is missed, and none is counted twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.segments import IMPACTS, stage_columns

# t = -3..3 by hand, from the definitions of the stages (DESIGN 2).
TWO_STEP = {
    "pre": [-3, -2, -1, -1, -1, -1, -1],
    "step0": [0, 0, 0, 1, 1, 1, 1],
    "step1": [0, 0, 0, 0, 1, 1, 1],
    "post": [0, 0, 0, 0, 0, 1, 2],
}


def test_two_step_by_hand() -> None:
    columns = stage_columns("two-step", range(-3, 4))
    assert list(columns) == list(TWO_STEP)
    for name, values in TWO_STEP.items():
        np.testing.assert_array_equal(columns[name], values)
        assert columns[name].dtype == np.float64


@given(first=st.integers(-20, -1), last=st.integers(0, 20))
def test_every_step_from_one_period_to_the_next_belongs_to_one_stage(first: int, last: int) -> None:
    t = np.arange(first, last + 1)
    columns = stage_columns("two-step", t)
    increments = {name: np.diff(column) for name, column in columns.items()}
    # So the chained index is the cumulative product of the stages' rate ratios.
    np.testing.assert_array_equal(sum(increments.values()), np.ones(last - first))
    stage = np.array(list(increments))[np.argmax(list(increments.values()), axis=0)]
    due = ["pre"] * (-1 - first) + ["step0"] + ["step1"] * (last > 0) + ["post"] * (last - 1)
    assert stage.tolist() == due


@given(t=st.lists(st.integers(-50, 50)), impact=st.sampled_from(sorted(IMPACTS)))
def test_a_row_depends_on_its_own_period_only(t: list[int], impact: str) -> None:
    whole = stage_columns(impact, t)
    for at, period in enumerate(t):
        for name, column in stage_columns(impact, [period]).items():
            assert whole[name][at] == column[0]


@given(first=st.integers(-20, -2), last=st.integers(2, 20))
def test_t_is_in_the_span_of_the_stages(first: int, last: int) -> None:
    t = np.arange(first, last + 1)
    columns = stage_columns("two-step", t)
    # A random slope in t is a slope around the population path (DESIGN 2).
    np.testing.assert_array_equal(sum(columns.values()), t)


@pytest.mark.parametrize("name", ["two step", "", "TWO-STEP"])
def test_unknown_impact_model(name: str) -> None:
    with pytest.raises(
        ConfigError, match=f"^impact model '{name}' is not known: use one of.*two-step"
    ):
        stage_columns(name, [0])


def test_impact_models_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        IMPACTS["two-step"] = IMPACTS["two-step"]  # type: ignore[index]
