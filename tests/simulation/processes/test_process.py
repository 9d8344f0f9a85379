"""Every feature of a process against its own formula, by many draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from harness.segments import IMPACTS
from harness.simulation.processes.choice import Selection, Suppression
from harness.simulation.processes.layout import FIRST_EVENT, Plan
from harness.simulation.processes.process import Process, autoregressive_factor, stream
from harness.simulation.processes.shapes import SHAPES, TAIL_DF
from harness.simulation.processes.truth import Anticipation, Serial, intercept_for
from tests.simulation.processes.making import EFFECTS, draws, process

# Standard errors of a mean of draws; seeds are fixed, so this is met or it is not.
MONTE_CARLO = 4.0
# Sums of five terms up to 7; one difference of numbers of size 3.
ROUNDING, LAST_PLACE = 1e-14, 1e-15
# One true claim in a thousand fails; the seeds are fixed.
LEAST_P = 1e-3
# Three times sqrt(212 / n), the error of the skewness of an exponential, at 20,000.
SKEW_ATOL = 0.3
G = np.array([[0.09, 0.006], [0.006, 0.0025]])


def log_mu(made: Process, seed: int) -> np.ndarray:
    """Fixed and random part of one replicate's log means, before any count."""
    return np.asarray(made._fixed_part + made._random_part(stream(seed, 0)))


def near(values: np.ndarray, expected: Any) -> None:
    """Means over the first axis, each within its Monte Carlo error."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    assert (np.abs(values.mean(axis=0) - expected) <= MONTE_CARLO * error).all()


@pytest.mark.parametrize("impact", list(IMPACTS))
def test_means_without_noise_are_the_impact_model(impact: str) -> None:
    names = list(IMPACTS[impact](np.zeros(1)))
    effects = dict(zip(names, (0.02, 0.1, -0.05, 0.03), strict=False))
    made = process(Plan(units=50, exposure=10.0, spread=0.4), impact=impact, effects=effects)
    t, E = made.layout.t(), made.layout.exposure
    by_hand = {
        "two-step": 0.02 * np.where(t < 0, t, -1.0) + 0.1 * (t >= 0) - 0.05 * (t >= 1)
        + 0.03 * np.where(t > 1, t - 1, 0.0),
        "level": 0.02 * t + 0.1 * (t >= 0), "slope": 0.02 * t + 0.1 * np.where(t > -1, t + 1, 0),
        "level-slope": 0.02 * t + 0.1 * (t >= 0) - 0.05 * np.where(t > 0, t, 0),
        "lagged-slope": 0.02 * t + 0.1 * np.where(t > 0, t, 0),
        "temporary-level": 0.02 * t + 0.1 * (t == 0),
        "temporary-slope": 0.02 * t + 0.1 * np.select([t < 0, t < 1], [0, 1], 2),
        "none": 0.02 * t,
    }[impact]  # fmt: skip
    assert log_mu(made, 1) == pytest.approx(np.log(E) + 3.0 + by_hand, abs=ROUNDING)
    counts = np.array([draw.counts for draw in draws(made, 400)])
    near(counts.mean(axis=1), np.exp(log_mu(made, 1)).mean())
    # Poisson: the variance is the mean.
    near(((counts - np.exp(log_mu(made, 1))) ** 2).mean(axis=1), np.exp(log_mu(made, 1)).mean())


@pytest.mark.parametrize("impact", ["two-step", "level", "temporary-slope"])
def test_baseline_is_the_rate_in_the_last_period_before(impact: str) -> None:
    names = list(IMPACTS[impact](np.zeros(1)))
    effects = dict(zip(names, (0.3, 0.1, -0.05, 0.03), strict=False))
    made = process(impact=impact, effects=effects, intercept=intercept_for(40.0, impact, effects))
    before = made.layout.t() == -1
    assert np.exp(made._fixed_part[before]) == pytest.approx(40.0, rel=ROUNDING, abs=0)


@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize(
    "cov_re",
    [G, np.diag([0.09, 0.0]), np.diag([0.0, 0.04]), np.array([[0.09, -0.015], [-0.015, 0.0025]])],
    ids=["correlated", "no slope", "no intercept", "correlation -1"],
)
def test_random_effects_have_their_covariance(shape: Any, cov_re: np.ndarray) -> None:
    made = process(Plan(units=60_000, before=1, after=0), cov_re=cov_re, shape=shape, effects={})
    part = made._random_part(stream(3, 0)).reshape(-1, 2)
    b = np.column_stack([part[:, 1], part[:, 1] - part[:, 0]])
    near(b, 0.0)
    products = np.stack([b[:, 0] ** 2, b[:, 0] * b[:, 1], b[:, 1] ** 2], axis=1)
    near(products, [cov_re[0, 0], cov_re[0, 1], cov_re[1, 1]])


def test_shapes_have_their_third_and_fourth_moments() -> None:
    n = 400_000
    normal, heavy, skewed = (SHAPES[name](np.random.default_rng(2), n, 2) for name in SHAPES)
    assert abs(scipy.stats.skew(normal[:, 0])) < MONTE_CARLO * np.sqrt(6 / n)
    assert abs(scipy.stats.kurtosis(normal[:, 0])) < MONTE_CARLO * np.sqrt(24 / n)
    # Eighth moments of the exponential: the skewness of n draws has the error 2 sqrt(53 / n).
    assert scipy.stats.skew(skewed[:, 0]) == pytest.approx(2.0, abs=MONTE_CARLO * np.sqrt(212 / n))
    # t with 5 degrees of freedom has no eighth moment: its quantiles are compared instead.
    scale = np.sqrt((TAIL_DF - 2) / TAIL_DF)
    for column in heavy.T:
        assert scipy.stats.kstest(column / scale, "t", args=(TAIL_DF,)).pvalue > LEAST_P
    # One chi2 a unit: uncorrelated, and outlying together.
    near(heavy[:, 0] * heavy[:, 1], 0.0)
    assert np.corrcoef(np.abs(heavy.T))[0, 1] > 0.1


@pytest.mark.parametrize("covariance", [0.012, -0.012, 0.0])
def test_a_skewed_intercept_has_its_long_tail_above(covariance: float) -> None:
    cov_re = np.array([[0.09, covariance], [covariance, 0.0025]])
    made = process(Plan(units=20_000, before=1, after=0), cov_re=cov_re, shape="skewed", effects={})
    intercept = made._random_part(stream(3, 0)).reshape(-1, 2)[:, 1]
    assert scipy.stats.skew(intercept) == pytest.approx(2.0, abs=SKEW_ATOL)


@pytest.mark.parametrize("rho", [0.7, 0.0, -0.4])
def test_serial_noise_has_its_autocovariance(rho: float) -> None:
    made = process(Plan(units=20_000, events=(1.0, 1.0)), serial=Serial(0.2, rho), effects={})
    u = made._random_part(stream(4, 0)).reshape(-1, 7)
    near(u, 0.0)
    for lag in range(4):
        near(u[:, : 7 - lag] * u[:, lag:], 0.04 * rho**lag if rho or lag == 0 else 0.0)
    factor = autoregressive_factor(rho, 5)
    lags = np.abs(np.subtract.outer(range(5), range(5)))
    wanted = np.where(lags == 0, 1.0, float(rho) ** np.maximum(lags, 1))
    assert factor @ factor.T == pytest.approx(wanted, abs=ROUNDING)


def test_serial_noise_runs_in_the_calendar_across_missing_rows() -> None:
    made = process(Plan(units=40_000, missing=0.1), serial=Serial(0.2, 0.8), effects={})
    layout, u = made.layout, made._random_part(stream(4, 0))
    table = pd.DataFrame({"unit": layout.unit, "period": layout.period, "u": u})
    wide = table.pivot(index="unit", columns="period", values="u").to_numpy()
    apart = (wide[:, 0] * wide[:, 2])[np.isnan(wide[:, 1]) & ~np.isnan(wide[:, 0] * wide[:, 2])]
    assert len(apart) > 3000
    near(apart, 0.04 * 0.8**2)


@pytest.mark.parametrize(
    ("family", "variance", "mean", "second"),
    [
        ("nb2", 1 / 30.0, 1.0, 1 / 30.0),
        ("nb2", 1e-300, 1.0, 0.0),
        ("poisson-olre", 0.18**2, np.exp(0.18**2 / 2), np.expm1(0.18**2)),
        ("poisson-olre", 0.0, 1.0, 0.0),
    ],
)
def test_families_have_their_moments(
    family: Any, variance: float, mean: float, second: float
) -> None:
    """Mean m mu, and variance m mu + (m mu)^2 second."""
    made = process(
        Plan(units=4000, before=1, after=0), family=family, variance=variance, effects={},
        intercept=np.log(80.0),
    )  # fmt: skip
    counts = np.concatenate([draw.counts for draw in draws(made, 10)])
    near(counts, 80.0 * mean)
    near((counts - 80.0 * mean) ** 2, 80.0 * mean + (80.0 * mean) ** 2 * second)


def test_anticipation_is_a_change_in_the_last_periods_before() -> None:
    plain = process(Plan(units=5, before=4))
    made = process(Plan(units=5, before=4), anticipation=Anticipation(2, 0.3))
    added = (made._fixed_part - plain._fixed_part).reshape(5, -1)
    assert added == pytest.approx(np.tile([0, 0, 0.3, 0.3, 0, 0, 0, 0], (5, 1)), abs=LAST_PLACE)


def test_strata_have_effects_and_intercepts_of_their_own() -> None:
    plan = Plan(units=30, strata=(("a", 1.0), ("b", 2.0)))
    effects = {"a": {"step0": 0.5}, "b": {"step0": -0.5, "pre": 0.1}}
    made = process(plan, effects=effects, intercepts={"a": 1.0, "b": 2.0})
    t, b = made.layout.t(), made.layout.stratum[made.layout.unit] == 1
    by_hand = np.where(b, 2.0 - 0.5 * (t >= 0) + 0.1 * np.minimum(t, -1), 1.0 + 0.5 * (t >= 0))
    assert made._fixed_part == pytest.approx(by_hand, abs=ROUNDING)
    assert made.truth.of_terms(("a", "b")) == {
        "pre[a]": 0.0, "pre[b]": 0.1, "step0[a]": 0.5, "step0[b]": -0.5, "step1": 0.0,
        "step1[a]": 0.0, "step1[b]": 0.0, "post": 0.0, "post[a]": 0.0, "post[b]": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize("where", [(1, 5), (0, 3)])
def test_suppression_hides_counts_and_changes_none(where: tuple[int, int]) -> None:
    plain = process(Plan(units=200), intercept=1.0)
    made = process(Plan(units=200), intercept=1.0, suppression=Suppression(*where))
    for a, b in zip(draws(plain, 3), draws(made, 3), strict=True):
        assert (a.counts == b.counts).all()
        assert (b.shown == ((b.counts < where[0]) | (b.counts > where[1]))).all()
        assert 0 < b.shown.sum() < len(b.shown)
    assert not made.fixed
    assert plain.fixed


def selected(strength: float, **parts: Any) -> Process:
    plan = Plan(units=400, before=3, after=3, candidates=(0, 3))
    return process(plan, intercept=3.0, selection=Selection(0, 3, strength), **parts)


def rises(made: Process, replicates: int) -> np.ndarray:
    """Log ratio of the mean count in the event period to that before it, by replicate."""
    found = []
    for draw in draws(made, replicates):
        t = made.layout.t(draw.event)
        found.append(np.log(draw.counts[t == 0].mean() / draw.counts[t == -1].mean()))
    return np.array(found)


def test_an_event_after_a_bad_period_seems_to_lower_the_rate() -> None:
    chance, strong = rises(selected(0.0, effects={}), 100), rises(selected(1.0, effects={}), 100)
    near(chance, 0.0)
    assert strong.mean() < -10 * strong.std() / np.sqrt(100)


@pytest.mark.parametrize("strength", [0.0, 1.0, 100.0])
def test_the_event_is_chosen_with_its_chance(strength: float) -> None:
    """Of four candidates, in proportion to exp(strength d)."""
    made = selected(strength, effects={})
    events = [draw.event - FIRST_EVENT for draw in draws(made, 30)]
    # No candidate is worse than another beforehand.
    near(np.array([np.bincount(one, minlength=4) / 400 for one in events]), 0.25)
    layout, counts = made.layout, np.tile([5.0, 5, 9, 5, 5, 5, 5, 5, 5, 5], 400)
    events = made.selection.events(layout, counts, np.random.default_rng(1)) - FIRST_EVENT  # type: ignore[union-attr]
    # Periods -1 to 2 are candidates' pasts: 9 stands before the first, sqrt(3) of its own SDs up.
    weight = np.exp(strength * np.array([3.0, -1, -1, -1]) / np.sqrt(3.0) - strength * np.sqrt(3.0))
    wanted = weight / weight.sum()
    error = np.sqrt(wanted * (1 - wanted) / 400)
    found = np.bincount(events, minlength=4) / 400
    assert (np.abs(found - wanted) <= MONTE_CARLO * error + ROUNDING).all()


def test_what_a_chosen_event_does_is_the_impact_model() -> None:
    made = selected(1.0)
    stratum = made.layout.stratum[made.layout.unit]
    for draw in draws(made, 2):
        t = made.layout.t(draw.event)
        trend = EFFECTS["pre"] * (made.layout.period - FIRST_EVENT)
        path = trend + made._departure(t, stratum)
        wide = pd.DataFrame({"t": t, "unit": made.layout.unit, "path": path}).pivot(
            index="unit", columns="t", values="path"
        )
        steps = wide.diff(axis=1).loc[:, [-1.0, 0.0, 1.0, 2.0, 3.0]]
        wanted = np.tile([0.02, 0.1, -0.05, 0.03, 0.03], (400, 1))
        assert steps.to_numpy() == pytest.approx(wanted, abs=ROUNDING)


def test_counts_follow_the_event_that_was_chosen() -> None:
    """By chance alone, so that the counts before it are no worse than others."""
    made, residuals = selected(0.0), []
    for draw in draws(made, 60):
        t, since = made.layout.t(draw.event), made.layout.period - FIRST_EVENT
        stages = 0.1 * (t >= 0) - 0.05 * (t >= 1) + 0.03 * np.maximum(t - 1, 0)
        # The trend into the event's first two periods is part of their steps.
        trend = 0.02 * np.where(t < 0, since, since - t - 1)
        away = draw.counts - np.exp(3.0 + trend + stages)
        residuals.append([away[t == at].mean() for at in range(-3, 4)])
    near(np.array(residuals), 0.0)


def test_counts_too_large_to_draw_are_a_lost_replicate() -> None:
    assert process(intercept=45.0).draw(stream(1, 0)) is None
    assert process(intercept=800.0).draw(stream(1, 0)) is None
    wild = process(Plan(units=50), cov_re=np.diag([0.0, 200.0]))
    assert {wild.draw(stream(1, k)) is None for k in range(20)} == {True}
    assert process(intercept=40.0).draw(stream(1, 0)) is not None


def test_the_digest_tells_processes_apart() -> None:
    plan = Plan(units=6, strata=(("a", 1.0), ("b", 1.0)))
    made = [
        process(plan), process(plan, intercept=3.1), process(plan, effects={}),
        process(plan, cov_re=G), process(plan, shape="skewed"), process(plan, variance=0.1),
        process(plan, serial=Serial(0.1, 0.2)), process(plan, anticipation=Anticipation(1, 0.1)),
        process(plan, suppression=Suppression()), process(Plan(units=7)),
        process(Plan(units=6, missing=0.1)), process(Plan(units=6, exposure=2.0)),
    ]  # fmt: skip
    assert len({one.sha256 for one in made}) == len(made)
    assert process(plan).sha256 == made[0].sha256
