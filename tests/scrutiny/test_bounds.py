"""Bounds over fillings of suppressed cells."""

from __future__ import annotations

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
