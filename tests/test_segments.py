"""Impact models by hand, which is a special case of which, and stages that tile the window."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.design import FloatArray
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.segments import IMPACTS, stage_columns
from harness.testing.strategies import ROLES, four_stage_frame

TREND = [-3, -2, -1, 0, 1, 2, 3]
# t = -3..3 by hand, from the definitions of the columns.
BY_HAND = {
    "two-step": {
        "pre": [-3, -2, -1, -1, -1, -1, -1],
        "step0": [0, 0, 0, 1, 1, 1, 1],
        "step1": [0, 0, 0, 0, 1, 1, 1],
        "post": [0, 0, 0, 0, 0, 1, 2],
    },
    "level": {"trend": TREND, "level": [0, 0, 0, 1, 1, 1, 1]},
    "slope": {"trend": TREND, "slope": [0, 0, 0, 1, 2, 3, 4]},
    "level-slope": {
        "trend": TREND, "level": [0, 0, 0, 1, 1, 1, 1], "slope": [0, 0, 0, 0, 1, 2, 3],
    },
    "lagged-slope": {"trend": TREND, "slope": [0, 0, 0, 0, 1, 2, 3]},
    "temporary-level": {"trend": TREND, "level": [0, 0, 0, 1, 0, 0, 0]},
    "temporary-slope": {"trend": TREND, "slope": [0, 0, 0, 1, 2, 2, 2]},
    "none": {"trend": TREND},
}  # fmt: skip
# Which impact model is a special case of which, on any window.
NESTED = [
    *(("none", other) for other in IMPACTS if other != "none"),
    *(("level", other) for other in ("level-slope", "two-step")),
    *(("slope", other) for other in ("level-slope", "two-step")),
    *(("lagged-slope", other) for other in ("level-slope", "two-step")),
    *((one, "two-step") for one in ("level-slope", "temporary-level", "temporary-slope")),
]
# Of a maximum by Newton steps: half the squared decrement, at most 1e-8, and rounding of some
# hundred terms.
LLF_ATOL = 1e-8


@pytest.mark.parametrize("impact", IMPACTS)
def test_columns_by_hand(impact: str) -> None:
    columns = stage_columns(impact, range(-3, 4))
    assert list(columns) == list(BY_HAND[impact])
    for name, values in BY_HAND[impact].items():
        np.testing.assert_array_equal(columns[name], values)
        assert columns[name].dtype == np.float64


def span(impact: str, t: npt.ArrayLike, share: npt.ArrayLike | None = None) -> FloatArray:
    """Columns of an impact model with the intercept."""
    return np.column_stack([np.ones(np.shape(t)), *stage_columns(impact, t, share).values()])


@given(
    first=st.integers(-20, -2), last=st.integers(2, 20),
    shares=st.none() | st.lists(
        st.sampled_from((0.1, 0.4, 0.7, 1.0)),
        min_size=2, max_size=4, unique=True,
    ),
)  # fmt: skip
def test_special_cases_lie_in_the_span_of_the_general(
    first: int, last: int, shares: list[float] | None
) -> None:
    t = np.tile(np.arange(first, last + 1), len(shares or [1]))
    share = None if shares is None else np.repeat(shares, last + 1 - first)
    spaces = {impact: span(impact, t, share) for impact in IMPACTS}
    rank = {impact: np.linalg.matrix_rank(columns) for impact, columns in spaces.items()}
    for one, other in permutations(IMPACTS, 2):
        both = np.linalg.matrix_rank(np.hstack([spaces[one], spaces[other]]))
        # A step that units share out differently is no part of their common trend.
        due = (one, other) in NESTED and (shares is None or other != "two-step")
        assert (both == rank[other]) == due, (one, other)


@given(seed=st.integers(0, 2**16))
@settings(max_examples=5)
def test_no_special_case_has_a_higher_likelihood(seed: int) -> None:
    units = [f"u{k}" for k in range(12)]
    frame = four_stage_frame(
        units, before=3, after=3, stages=(0.1, 0.3, -0.2, 0.05), sd=(0.3, 0.05), seed=seed
    )
    panel = Panel.from_frame(frame, **ROLES)
    llf = {
        impact: PoissonGLMM.from_design(SegmentedPoisson(impact).design(panel)).fit().llf
        for impact in IMPACTS
    }
    for one, other in NESTED:
        assert llf[one] <= llf[other] + LLF_ATOL, (one, other)


@pytest.mark.parametrize("impact", IMPACTS)
def test_a_share_counts_in_the_event_period_only(impact: str) -> None:
    t = np.arange(-3, 4)
    whole, part = stage_columns(impact, t), stage_columns(impact, t, np.full(7, 0.25))
    full = stage_columns(impact, t, np.ones(7))
    for name, column in whole.items():
        factor = np.where((t == 0) & (name not in ("pre", "trend")), 0.25, 1.0)
        np.testing.assert_array_equal(part[name], factor * column)
        np.testing.assert_array_equal(full[name], column)


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
