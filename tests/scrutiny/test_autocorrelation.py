"""Residual autocorrelation: the pairs, the figure, and its place in the null distribution."""

from __future__ import annotations

import numpy as np
import pytest

import harness
from harness.errors import DesignError, FitFailure
from harness.glmm.drawing import draw_replicates
from harness.scrutiny.autocorrelation import lag_one, neighbours, residual_autocorrelation
from tests.engines.panels import ROLES, design, frame, panel
from tests.scrutiny.panels import panel_of

# Two fits of one maximum: Newton decrements of 1e-8.
SAME_FIT = 1e-7
# Sums of three products.
ROUNDING = 1e-14
REPLICATES = 99


def times(rows: harness.Panel, window: tuple[int, int] = (-3, 3)) -> np.ndarray:
    return rows.t[rows.t.between(*window)].to_numpy()


def test_pairs_are_neighbours_of_one_unit() -> None:
    rows = panel(units=3)
    made = design(rows)
    t = times(rows)
    pairs = {tuple(pair) for pair in neighbours(made, t)}
    expected = {
        (i, j)
        for i in range(made.nobs)
        for j in range(made.nobs)
        if made.groups[i] == made.groups[j] and t[j] - t[i] == 1
    }
    assert pairs == expected
    assert len(pairs) == 3 * 6
    # The first period of a unit may follow the last of the one before it.
    assert len(neighbours(made, np.arange(made.nobs))) == 3 * 6
    gap = np.where(t >= 0, t + 1, t)  # nobody is there at 0
    assert len(neighbours(made, gap)) == 3 * 5


def test_the_figure_by_hand() -> None:
    residuals = np.array([1.0, 2.0, -1.0, 0.5])
    pairs = np.array([[0, 1], [1, 2], [2, 3]])
    expected = (2 - 2 - 0.5) / np.sqrt((1 + 4 + 1) * (4 + 1 + 0.25))
    assert lag_one(residuals, pairs) == pytest.approx(expected, rel=ROUNDING, abs=0)


@pytest.mark.parametrize("family", ["poisson", "nb2"])
def test_the_observed_figure_is_that_of_the_fit(family: str) -> None:
    rows = panel(units=20, mean=60.0, theta=15.0)
    made = design(rows, family=family)
    found = residual_autocorrelation(made, times(rows), 9, 1)
    (fit,) = harness.fit(made, engines=["laplace"])
    assert found.observed == pytest.approx(figure_of(fit), abs=SAME_FIT)
    assert (found.pairs, found.replicates, found.failures) == (20 * 6, 9, 0)


@pytest.mark.parametrize(
    ("family", "replicates", "seed"), [("poisson", 9, 1), ("nb2", 9, 1), ("nb2", 2, 2)]
)
def test_its_place_among_draws_that_are_fitted_one_by_one(
    family: str, replicates: int, seed: int
) -> None:
    rows = panel(units=20, mean=60.0, theta=15.0)
    made = design(rows, family=family)
    found = residual_autocorrelation(made, times(rows), replicates, seed)
    (fit,) = harness.fit(made, engines=["laplace"])
    variance = 0.0 if fit.theta is None else 1.0 / fit.theta
    drawn = draw_replicates(made, fit.params.to_numpy(), fit.cov_re, replicates, seed, variance)
    null = [figure_of(harness.fit(made.with_counts(y), engines=["laplace"])[0]) for y in drawn]
    points = np.quantile(null, [0.025, 0.5, 0.975])
    assert (found.low, found.median, found.high) == pytest.approx(tuple(points), abs=SAME_FIT)
    below = int(np.sum(np.array(null) < found.observed))
    tail = min(below, replicates - below)
    assert found.p_value == min(1.0, 2 * (1 + tail) / (1 + replicates))


def figure_of(fit: harness.FitResult) -> float:
    made = fit.design
    effects = fit.random_effects.to_numpy()[made.groups]
    eta = made.offset + made.exog @ fit.params.to_numpy() + (made.exog_re * effects).sum(axis=1)
    mu = np.exp(eta)
    excess = 0.0 if fit.theta is None else 1.0 / fit.theta
    residuals = (made.endog - mu) / np.sqrt(mu + excess * mu**2)
    own = [residuals[made.groups == unit] for unit in range(made.n_groups)]
    x, y = (np.concatenate([one[part] for one in own]) for part in (slice(-1), slice(1, None)))
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def test_draws_that_cannot_be_fitted_are_counted_and_left_out() -> None:
    rows = panel(units=4, mean=0.8)
    made = design(rows, random="none")
    found = residual_autocorrelation(made, times(rows), 30, 1)
    assert 0 < found.failures < 30
    assert found.replicates == 30 - found.failures
    assert np.isfinite([found.low, found.median, found.high]).all()


def test_a_model_that_cannot_be_fitted_says_so() -> None:
    table = frame(units=4)
    table.loc[table["year"] > table["law"], "cases"] = 0  # the step has no finite estimate
    rows = harness.Panel.from_frame(table, **ROLES)
    with pytest.raises(FitFailure, match="the model could not be fitted"):
        residual_autocorrelation(design(rows), times(rows), 9, 1)


def shocks(persistence: float, seed: int) -> harness.Panel:
    """Forty units over nine years whose log rates are disturbed by an AR(1) process."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, 0.1, (40, 9))
    for year in range(1, 9):
        innovation = np.sqrt(1 - persistence**2) * noise[:, year]
        noise[:, year] = persistence * noise[:, year - 1] + innovation
    level = rng.normal(-8.0, 0.3, (40, 1)) + rng.normal(0.0, 0.1, (40, 1)) * np.arange(-4, 5)
    return panel_of(level + noise, np.full(40, 2004), rng=rng)


@pytest.mark.parametrize("seed", [1, 2])
def test_lasting_shocks_are_found_and_passing_ones_are_not(seed: int) -> None:
    for persistence, lasting in ((0.7, True), (0.0, False)):
        rows = shocks(persistence, seed)
        found = residual_autocorrelation(design(rows, family="nb2"), times(rows), REPLICATES, seed)
        assert found.median < -0.1  # each unit's own line was fitted to seven periods
        assert (found.observed > found.high) == lasting
        assert (found.p_value < 0.05) == lasting


def test_the_seed_decides_the_draws() -> None:
    rows = panel(units=10)
    first = residual_autocorrelation(design(rows), times(rows), 9, 3)
    assert residual_autocorrelation(design(rows), times(rows), 9, 3) == first
    assert residual_autocorrelation(design(rows), times(rows), 9, 4).median != first.median


@pytest.mark.parametrize(
    ("t", "says"),
    [
        (lambda t: t[:-1], r"t has shape \(\d+,\), expected"),
        (lambda t: 2 * t, "no unit has two neighbouring periods"),
    ],
)
def test_periods_that_do_not_fit_are_refused(t: object, says: str) -> None:
    rows = panel(units=4)
    with pytest.raises(DesignError, match=says):
        neighbours(design(rows), t(times(rows)))  # type: ignore[operator]
