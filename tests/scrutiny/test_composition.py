"""Units by t, and the refit on those that are complete."""

from __future__ import annotations

import pytest

import harness
from harness.scrutiny.composition import composition
from tests.engines.panels import ROLES, frame, panel

MODEL = harness.SegmentedPoisson()
# Two fits of one maximum, in standard errors, which are below 1: Newton decrements of 1e-8.
SAME_FIT = 1e-7


def test_a_complete_panel_moves_nothing() -> None:
    found = composition(panel(units=10), MODEL)
    assert found.units_by_t == dict.fromkeys(range(-3, 4), 10)
    assert (found.units, found.complete_units, found.failure) == (10, 10, None)
    assert [one.difference_se for one in found.terms] == [0.0] * 5


def test_units_that_leave_are_counted_and_left_out() -> None:
    table = frame(units=12, mean=80.0)
    t = table["year"] - table["law"]
    late = table["area"].isin(["a03", "a07", "a08"])
    nobody = (table["area"] == "a11") & (t != 4)  # outside the window
    table = table[~(late & (t > 1)) & ~nobody]
    found = composition(harness.Panel.from_frame(table, **ROLES), MODEL)
    assert found.units_by_t == {-3: 11, -2: 11, -1: 11, 0: 11, 1: 11, 2: 8, 3: 8}
    assert (found.units, found.complete_units) == (11, 8)
    whole, kept = (
        harness.fit(harness.Panel.from_frame(rows, **ROLES), MODEL, engines=["laplace"])[0]
        for rows in (table, table[~late.loc[table.index]])
    )
    for one in found.terms:
        assert one.estimate == pytest.approx(whole.params[one.term], abs=SAME_FIT)
        assert one.complete_estimate == pytest.approx(kept.params[one.term], abs=SAME_FIT)
        assert one.se == pytest.approx(whole.bse[one.term], abs=SAME_FIT)
        assert one.complete_se == pytest.approx(kept.bse[one.term], abs=SAME_FIT)
        move = (kept.params[one.term] - whole.params[one.term]) / whole.bse[one.term]
        assert one.difference_se == pytest.approx(move, abs=SAME_FIT)


@pytest.mark.parametrize(
    ("complete", "says"),
    [
        (0, "no unit is there at every t of the window"),
        (1, "the 1 complete units cannot be fitted: one unit only"),
    ],
)
def test_too_few_complete_units_say_so(complete: int, says: str) -> None:
    table = frame(units=8)
    t = table["year"] - table["law"]
    table = table[(table["area"] < f"a{complete:02d}") | (t != 3)]
    found = composition(harness.Panel.from_frame(table, **ROLES), MODEL)
    assert (found.complete_units, found.units_by_t[3], found.terms) == (complete, complete, ())
    assert found.failure is not None
    assert found.failure.startswith(says)


def test_complete_units_without_a_case_after_the_event_say_so() -> None:
    table = frame(units=8)
    complete = table["area"] < "a03"
    table.loc[complete & (table["year"] > table["law"]), "cases"] = 0
    table = table[complete | (table["year"] - table["law"] != 3)]
    found = composition(harness.Panel.from_frame(table, **ROLES), MODEL)
    assert (found.complete_units, found.terms) == (3, ())
    assert found.failure == "the 3 complete units cannot be fitted: the model could not be fitted"
