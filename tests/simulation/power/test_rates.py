"""Counts of rejections, and what the failures could change."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from harness.simulation.estimates import DONE, FIT, SIMULATE, TEST, Estimates
from harness.simulation.power import decisions
from harness.simulation.power.rates import Rates, power_of

# Half a unit of the fourth decimal, to which the limits are given.
FOURTH_DECIMAL = 5e-5
# Means of five numbers, and the same formula of Wilson's.
ROUNDING = 1e-14


def answered(p: list[float], estimate: list[float], stage: list[int]) -> decisions.Tested:
    r, lost = len(p), np.array(stage) != DONE
    column = np.where(lost, np.nan, estimate)[:, None]
    ones = np.where(lost, np.nan, 1.0)
    return decisions.Tested(
        Estimates(("step0",), column, ones[:, None], 2.0 * ones[:, None], np.array(stage, np.int8),
                  ~lost & (np.arange(r) % 2 == 1), ones, np.ones((r, 0)), ones),
        np.where(lost, np.nan, p),
    )  # fmt: skip


FOUND = answered(
    [0.01, 0.05, 0.04, 0.2, 0.9, 0, 0, 0],
    [0.4, 0.3, -0.2, 0.1, 0.0, 0, 0, 0],
    [DONE] * 5 + [SIMULATE, FIT, TEST],
)


def test_failures_are_counted_apart_and_bound_the_power() -> None:
    rates = power_of([FOUND], "step0", 0.1, 0.05)
    assert (rates.replicates, rates.failed, rates.tested, rates.rejected) == (8, (1, 1, 1), 5, 3)
    assert (rates.power, rates.bounds) == (3 / 5, (3 / 8, 6 / 8))
    assert rates.interval() == pytest.approx(
        proportion_confint(3, 5, method="wilson"), rel=ROUNDING, abs=0
    )
    assert rates.singular == 2
    low, high = rates.interval() or (0.0, 0.0)
    assert rates.half_width == pytest.approx((high - low) / 2, rel=ROUNDING, abs=0)
    assert (rates.wrong_sign, rates.size, rates.estimate) == pytest.approx(
        (1, 0.9, 0.6), rel=ROUNDING, abs=0
    )


def test_cuts_into_batches_change_nothing() -> None:
    twice = power_of([FOUND, FOUND], "step0", 0.1, 0.05)
    assert (twice.replicates, twice.failed, twice.rejected) == (16, (2, 2, 2), 6)
    assert twice.singular == 4
    assert (twice.size, twice.estimate) == pytest.approx((1.8, 1.2), rel=ROUNDING, abs=0)


@pytest.mark.parametrize("stage", [SIMULATE, FIT, TEST])
def test_all_failed_is_no_power_and_not_0(stage: int) -> None:
    rates = power_of([answered([0.0] * 4, [0.0] * 4, [stage] * 4)], "step0", 0.1, 0.05)
    assert (rates.power, rates.interval(), rates.half_width) == (None, None, 1.0)
    assert rates.bounds == (0.0, 1.0)
    assert sum(rates.failed) == rates.failed[stage - SIMULATE] == 4


@pytest.mark.parametrize(("rejected", "low", "high"), [(0, 0.0, 0.0188), (200, 0.9812, 1.0)])
def test_an_interval_at_the_ends_has_a_width(rejected: int, low: float, high: float) -> None:
    """Wilson: z^2 / (n + z^2) = 3.84 / 203.84."""
    found = Rates(replicates=200, rejected=rejected).interval()
    assert found == pytest.approx((low, high), abs=FOURTH_DECIMAL)


def test_a_null_effect_has_no_wrong_sign() -> None:
    assert power_of([FOUND], "step0", 0.0, 0.05).wrong_sign == 0
