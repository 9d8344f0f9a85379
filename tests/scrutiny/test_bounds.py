"""Bounds over fillings of suppressed cells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.scrutiny.bounds import suppression_bounds
from tests.concordance.fits import exact_fit, moved

# A difference over a standard error.
ROUNDING = 1e-14


def test_the_range_and_the_sentences() -> None:
    base = exact_fit()
    z = base.params["step0"] / base.bse["step0"]
    lower, higher = moved(base, by_se=-z - 3.0), moved(base, by_se=-z + 3.0)
    found = {one.term: one for one in suppression_bounds(base, {"1": lower, "5": higher})}
    assert list(found) == [term for term in base.params.index if term != "intercept"]
    one, se = found["step0"], base.bse["step0"]
    values = (base.params["step0"], lower.params["step0"], higher.params["step0"])
    assert (one.estimate, one.se) == (values[0], se)
    assert (one.lowest, one.highest) == (min(values), max(values))
    assert one.range_se == pytest.approx((max(values) - min(values)) / se, rel=ROUNDING, abs=0)
    assert one.states[1:] == (-1, 1)
    assert one.conclusion_changes
    still = found["pre"]
    assert (still.range_se, still.conclusion_changes) == (0.0, False)
    assert len(set(still.states)) == 1


@pytest.mark.parametrize(
    ("z", "states"), [((0.0, 3.0, 3.0), (0, 1, 1)), ((2.0, 1.9, 3.0), (1, 0, 1))]
)
def test_a_sentence_of_each_fit_at_five_percent(
    z: tuple[float, ...], states: tuple[int, ...]
) -> None:
    fit = exact_fit()
    at_zero = -fit.params["step0"] / fit.bse["step0"]
    base, *others = (moved(fit, by_se=at_zero + one) for one in z)
    others[-1] = replace(others[-1], bse=2.0 * others[-1].bse)
    found = suppression_bounds(base, {"1": others[0], "5": others[1]})
    (one,) = (one for one in found if one.term == "step0")
    assert (one.states, one.se, one.conclusion_changes) == (states, fit.bse["step0"], True)


def test_a_term_that_one_filling_lacks_is_left_out() -> None:
    fit = exact_fit()
    short = replace(fit, params=fit.params.drop("post"))
    found = suppression_bounds(fit, {"1": fit, "5": short})
    assert [one.term for one in found] == ["pre", "step0", "step1"]
