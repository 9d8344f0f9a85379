"""Regression to the mean: the slope of pure noise, strata picked by chance, and true effects."""

from __future__ import annotations

import numpy as np
import pytest

import harness
from harness.errors import DesignError
from harness.scrutiny.regression_to_the_mean import (
    StratumRegression,
    regression_to_the_mean,
    unit_histories,
)
from tests.scrutiny.panels import panel_of

UNITS, NOISE = 600, 0.2
# Standard errors by which an estimate over UNITS may miss; the seeds are fixed.
MONTE_CARLO = 3.0
# A mean over a stratum, relative, and its change between two years, whose standard error is
# NOISE sqrt(2 / 300) = 0.016; less where the last year, by which it was picked, is taken out of it.
OF_A_MEAN, CHANGE_ATOL, CHANGE_BESIDE_LAST_ATOL = 0.1, 0.03, 0.02
# What a stratum that was not picked by its last year is expected to go back.
NEXT_TO_NOTHING = 0.02
# Two ways to a least-squares solution of three columns.
ROUNDING = 1e-12


def panel(seed: int, pick: str, effect: float = 0.0) -> harness.Panel:
    """Units with independent noise; stratum ``hit`` is half of them.

    ``pick``: those highest by chance in the last year before the event, or those whose level is
    high for good. ``effect`` is the step of the stratum beyond that of all.
    """
    rng = np.random.default_rng(seed)
    level, noise = rng.normal(-6.0, 0.3, UNITS), rng.normal(0.0, NOISE, (UNITS, 8))
    by = noise[:, 3] if pick == "chance" else level
    hit = by > np.median(by)
    t = np.arange(8) - 4
    log_rates = level[:, None] + noise + 0.05 * t + effect * np.outer(hit, t >= 0)
    strata = np.where(hit, "hit", "other").tolist()
    return panel_of(log_rates, np.full(UNITS, 2004), strata=strata)


def stratum(found: tuple[StratumRegression, ...], name: str = "hit") -> StratumRegression:
    return next(one for one in found if one.stratum == name)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_independent_noise_the_slope_is_two_thirds(seed: int) -> None:
    """cov(c, d) = -v and var(d) = v (1 + 1/2): the last year against the mean of two before."""
    found = regression_to_the_mean(panel(seed, "level"), -3, 1)
    assert found.slope_interval is not None
    low, high = found.slope_interval
    error = (high - low) / (2 * 1.96)
    assert found.slope == pytest.approx(-2 / 3, abs=MONTE_CARLO * error)
    # Of a regression with the residual variance v (2 - 2/3) on a column of variance 3/2 v; a mean of
    # (x e)^2 has a relative error of sqrt(8 / n), and its root half of that.
    theory = np.sqrt((4 / 3) / (3 / 2) / UNITS)
    assert error == pytest.approx(theory, rel=MONTE_CARLO * np.sqrt(8 / UNITS) / 2, abs=0)
    assert found.rho == pytest.approx(1 + found.slope, rel=ROUNDING, abs=0)
    # -1 / sqrt(1.5 * 2), with a standard error of (1 - r^2) / sqrt(n).
    error = (1 - 1 / 3) / np.sqrt(UNITS)
    assert found.correlation == pytest.approx(-1 / np.sqrt(3), abs=MONTE_CARLO * error)


@pytest.mark.parametrize("effect", [0.0, 0.15])
def test_a_stratum_picked_by_its_last_year_regresses(effect: float) -> None:
    """All of the deviation goes back; the slope within strata says part of it."""
    one = stratum(regression_to_the_mean(panel(1, "chance", effect), -3, 1).strata)
    mean = NOISE * np.sqrt(2 / np.pi)  # of the upper half of normal noise
    assert one.deviation == pytest.approx(mean, rel=OF_A_MEAN, abs=0)
    assert one.change == pytest.approx(effect / 2 + one.at_most, abs=CHANGE_BESIDE_LAST_ATOL)
    assert one.at_most < one.expected < -0.25 * mean
    assert one.expected_interval is not None
    assert one.expected_interval[1] < 0


@pytest.mark.parametrize("effect", [0.0, 0.15])
def test_a_level_high_for_good_does_not_regress(effect: float) -> None:
    one = stratum(regression_to_the_mean(panel(2, "level", effect), -3, 1).strata)
    assert one.level == pytest.approx(0.3 * np.sqrt(2 / np.pi), rel=OF_A_MEAN, abs=0)
    assert one.level_interval is not None
    assert one.level_interval[0] < one.level < one.level_interval[1]
    assert one.change == pytest.approx(effect / 2, abs=CHANGE_ATOL)
    assert one.expected_interval is not None
    assert one.expected_interval[0] < 0 < one.expected_interval[1]
    assert abs(one.expected) < NEXT_TO_NOTHING


def test_the_slope_by_hand() -> None:
    made = panel(3, "chance")
    table = unit_histories(made, -3)
    found = regression_to_the_mean(made, -3, 1)
    dummy = (table["stratum"] == "hit").to_numpy(dtype=float)
    x = np.column_stack([np.ones(UNITS), dummy, table["deviation"]])
    beta = np.linalg.lstsq(x, table["change"].to_numpy(), rcond=None)[0]
    assert found.slope == pytest.approx(beta[2], rel=ROUNDING, abs=0)
    own = table[table["stratum"] == "hit"]
    excess = own["deviation"].mean() - table["deviation"].mean()
    one = stratum(found.strata)
    assert one.expected == pytest.approx(beta[2] * excess, rel=ROUNDING, abs=0)
    assert one.units == len(own)


def test_histories_by_hand() -> None:
    logs = np.log([[1e-3, 2e-3, 3e-3, 4e-3]] * 6)
    table = unit_histories(panel_of(logs, np.full(6, 2003)), -3)
    a, b, c, d = (np.log((k * 1000 + 0.5) / 1e6) for k in (1, 2, 3, 4))
    row = table.iloc[0]
    assert row["level"] == pytest.approx((a + b + c) / 3, rel=ROUNDING, abs=0)
    assert row["deviation"] == pytest.approx(c - (a + b) / 2, rel=ROUNDING, abs=0)
    assert row["change"] == pytest.approx(d - c, rel=ROUNDING, abs=0)


def test_a_small_stratum_has_no_interval() -> None:
    made = panel(1, "level").frame.assign(stratum="rest")
    made.loc[made["unit"].isin(["a000", "a001"]), "stratum"] = "two"
    two = harness.Panel(made, "table", (), {})
    found = stratum(regression_to_the_mean(two, -3, 1).strata, "two")
    assert found.units == 2
    assert (found.level_interval, found.expected_interval) == (None, None)


def test_a_unit_without_every_period_is_left_out() -> None:
    made = panel(1, "level")
    gone = (made.frame["unit"] == "a000") & (made.frame["period"] == 2002)
    short = harness.Panel(made.frame[~gone].reset_index(drop=True), "table", (), {})
    found = regression_to_the_mean(short, -3, 1)
    assert (found.units, found.left_out) == (UNITS - 1, 1)


@pytest.mark.parametrize(
    ("first", "says"),
    [(-1, "two periods before 0"), (-7, "0 units have every period from -7 to 0")],
)
def test_a_window_that_cannot_tell_is_refused(first: int, says: str) -> None:
    with pytest.raises(DesignError, match=says):
        regression_to_the_mean(panel(1, "level"), first, 1)
