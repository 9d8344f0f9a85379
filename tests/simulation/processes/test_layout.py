"""Who is observed when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.errors import ConfigError
from harness.panel import Panel
from harness.simulation.processes.layout import (
    FIRST_EVENT,
    Plan,
    lognormal_quantiles,
    observed_layout,
    shared_out,
)

# A mean of 10,001 logarithms.
ROUNDING = 1e-13
# The outermost of 10,001 quantiles lack less than 0.01 % of the spread.
ENDS_RTOL = 2e-4
# Standard errors of a share or a correlation; one true claim in 15,000 fails.
FOUR_SIGMA = 4.0


@pytest.mark.parametrize(
    ("units", "shares", "sizes"),
    [
        (150, (17.0, 40.0, 37.0, 36.0, 20.0), [17, 40, 37, 36, 20]),
        (10, (1.0, 1.0, 1.0), [4, 3, 3]),
        (10, (0.26, 0.27, 0.47), [2, 3, 5]),
        (3, (1.0, 0.0, 1.0), [2, 0, 1]),
        (2, (1e-9, 1.0), [0, 2]),
        (7, (0.1, 0.2, 0.7), [1, 1, 5]),
    ],
)
def test_units_are_shared_out_by_largest_remainder(units: int, shares: Any, sizes: Any) -> None:
    found = shared_out(units, shares)
    assert np.bincount(found, minlength=len(shares)).tolist() == sizes
    assert (np.diff(found) >= 0).all()


def test_events_exposures_and_strata_are_dealt_out_apart() -> None:
    layout = Plan(
        units=400, events=(1.0, 1.0), spread=0.5, strata=(("a", 1.0), ("b", 3.0))
    ).layout()
    assert np.bincount(layout.event - FIRST_EVENT).tolist() == [200, 200]
    assert np.bincount(layout.stratum).tolist() == [100, 300]
    own = pd.Series(layout.exposure).groupby(layout.unit).first().to_numpy()
    pairs = np.corrcoef([layout.event, layout.stratum, np.log(own)])[np.triu_indices(3, 1)]
    # Correlations of 400 permuted pairs.
    assert np.abs(pairs).max() < FOUR_SIGMA / np.sqrt(400)


def test_every_unit_has_its_own_window_and_one_exposure() -> None:
    layout = Plan(units=30, before=4, after=2, events=(1.0, 2.0), spread=0.3).layout()
    assert layout.t().reshape(30, 7).tolist() == [[-4.0, -3, -2, -1, 0, 1, 2]] * 30
    assert (np.diff(layout.exposure.reshape(30, 7), axis=1) == 0).all()


@pytest.mark.parametrize(("median", "spread"), [(1.0, 0.0), (250.0, 0.6), (3.0, 1.5)])
def test_exposures_are_lognormal(median: float, spread: float) -> None:
    log = np.log(lognormal_quantiles(10_001, median, spread))
    assert np.median(log) == pytest.approx(np.log(median), abs=ROUNDING)
    assert log.std() == pytest.approx(spread, rel=ENDS_RTOL, abs=ROUNDING)
    assert log.mean() == pytest.approx(np.log(median), abs=ROUNDING)


def test_late_starters_and_the_calendar_cut_rows() -> None:
    late = Plan(units=40, late=0.25, late_by=2).layout()
    first = pd.Series(late.t()).groupby(late.unit).min()
    assert first.value_counts().to_dict() == {-3.0: 30, -1.0: 10}
    cut = Plan(units=40, events=(1.0, 1.0, 1.0), calendar=(-2, 3)).layout()
    assert (cut.period.min() - FIRST_EVENT, cut.period.max() - FIRST_EVENT) == (-2, 3)
    # Of 7 rows, the first of those with the first event, and the last two of those with the third.
    rows = np.bincount(cut.unit)
    there = {0: 6, 1: 6, 2: 5}
    assert all(rows[j] == there[e] for j, e in enumerate(cut.event - FIRST_EVENT))


def test_rows_are_missing_at_random() -> None:
    share, whole = 0.2, Plan(units=3000).layout()
    layout = Plan(units=3000, missing=share).layout()
    error = np.sqrt(share * (1 - share) / len(whole.unit))
    assert 1 - len(layout.unit) / len(whole.unit) == pytest.approx(share, abs=FOUR_SIGMA * error)
    by_time = pd.Series(layout.t()).value_counts() / 3000
    error = np.sqrt(share * (1 - share) / 3000)
    assert (by_time - (1 - share)).abs().max() < FOUR_SIGMA * error


@pytest.mark.parametrize(
    "plan", [Plan(units=5, late=0.5, late_by=7), Plan(units=50, missing=0.95),
             Plan(units=5, calendar=(9, 12))],
)  # fmt: skip
def test_a_unit_without_rows_is_refused(plan: Plan) -> None:
    with pytest.raises(ConfigError, match="a unit is left without any row"):
        plan.layout()


def test_candidates_are_observed_alike_and_events_spread_over_them() -> None:
    layout = Plan(units=40, before=2, after=1, candidates=(1, 4)).layout()
    assert layout.period.reshape(40, 7)[0].tolist() == list(range(FIRST_EVENT - 1, FIRST_EVENT + 6))
    assert (layout.period.reshape(40, 7) == layout.period[:7]).all()
    assert np.bincount(layout.event - FIRST_EVENT).tolist() == [0, 10, 10, 10, 10]


def test_an_observed_layout_has_the_rows_of_its_panel() -> None:
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        [
            (unit, 2000 + k, 2003 + j % 2, 7.0 + k, 100.0 * (j + 1) + k, "xy"[j % 2])
            for j, unit in enumerate(["b", "a", "c"])
            for k in range(8)
        ],
        columns=["unit", "period", "event", "count", "exposure", "stratum"],
    ).drop(index=[2, 9])
    panel = Panel.from_frame(
        rows.sample(frac=1, random_state=3), unit="unit", period="period", count="count",
        exposure="exposure", event="event", stratum="stratum",
    )  # fmt: skip
    layout = observed_layout(panel, (-2, 3))
    kept = rows[(rows["period"] - rows["event"]).between(-2, 3)]
    counts = rng.poisson(5.0, len(layout.unit)) + 1.0
    found = layout.frame(counts)
    assert found["count"].tolist() == counts.tolist()
    columns = ["unit", "period", "event", "exposure", "stratum"]
    wanted = kept.sort_values(["unit", "period"])[columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[columns], wanted, check_dtype=False)
