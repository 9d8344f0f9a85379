"""Profile intervals where no reference has them: boundaries, other optimisers, any order."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import statsmodels.api as sm
from scipy.stats import norm

from harness.design import Design
from harness.errors import ConfigError, FitFailure
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from harness.glmm.coordinates import component_value, components
from harness.glmm.profile_likelihood import limits
from harness.glmm.profile_path import component_path, coordinate, held, reordered
from tests.glmm.panels import simulated

# General-purpose optimisers, constrained and bounded, stop up to this many log-likelihood units
# below the maximum.
SLSQP_ATOL, LBFGSB_ATOL = 1e-7, 1e-8
# Another order of the random effects changes the sum of logarithms by rounding only.
ROUNDING = 1e-9
# Products of a few entries of a triangle.
PRODUCTS = 1e-13
# A limit is solved to 1e-6 standard errors, and twice the drop rises by some 4 in one of them;
# a limit of a standard deviation near zero by some ten times as much.
DROP_ATOL, DROP_NEAR_ZERO = 1e-5, 1e-4
# Two ascents of one likelihood, each to a Newton decrement of 1e-8, which is worth its square; what
# remains is rounding of a sum of 280 terms.
SAME_MAXIMUM = 1e-8
QUANTILE = float(norm.ppf(0.975))


def three_effects(units: int = 40) -> Design:
    design = simulated(units=units, seed=3)
    rng = np.random.default_rng(4)
    w = np.tile(rng.normal(size=7), units)
    z = np.column_stack([design.exog_re, w])
    b = rng.normal(scale=0.15, size=units)[design.groups]
    y = rng.poisson(np.exp(np.log(design.endog + 1.0) + b * w))
    return Design(y, design.exog, design.groups, exog_re=z, offset=design.offset)


@pytest.fixture(scope="module")
def three() -> PoissonGLMMResults:
    return PoissonGLMM.from_design(three_effects()).fit()


@pytest.mark.parametrize("part", components(3, "unstructured"), ids=lambda part: part.name)
def test_a_constrained_maximum_is_that_of_another_optimiser(
    three: PoissonGLMMResults, part
) -> None:
    objective, layout = three.model.objective, three.model.objective.layout
    value = float(three.sdcor["estimate"][part.name]) * 1.1 + 0.01
    ours, _ = held(component_path(objective, three.psi, part), value, three.psi)
    scale = np.sqrt(np.diag(three._bread))
    found = scipy.optimize.minimize(
        lambda v: -objective.value(three.psi + scale * v),
        np.zeros(len(scale)),
        jac=lambda v: -objective.gradient(three.psi + scale * v) * scale,
        constraints={
            "type": "eq",
            "fun": lambda v: component_value(layout.split(three.psi + scale * v)[1], part) - value,
        },
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 300},
    )
    assert ours == pytest.approx(-found.fun, abs=SLSQP_ATOL)
    assert three.llf - ours > 1e-3


@pytest.mark.parametrize("rho", [-0.9, -0.5, 0.5, 0.95])
@pytest.mark.parametrize(("seed", "sd", "true"), [(1, (0.3, 0.03), 0.8), (2, (0.05, 0.03), -0.9)])
def test_a_held_correlation_keeps_its_sign(seed: int, sd, true: float, rho: float) -> None:
    # Far from the estimate the ascent would rather turn the correlation round through a standard
    # deviation of zero; the bounded optimiser may not.
    panel = simulated(units=20, seed=seed, sd=sd, rho=true, mean_count=60.0)
    fit = PoissonGLMM.from_design(panel).fit()
    path = component_path(fit.model.objective, fit.psi, components(2, "unstructured")[1])
    ours, _ = held(path, rho, path.start)
    A, b = path.lift(rho)
    scale = np.r_[np.full(5, 0.05), 0.1, 0.02]
    best = -np.inf
    for sd_slope in (0.003, 0.03, 0.1):
        start = np.r_[fit.psi[:6], sd_slope] / scale
        found = scipy.optimize.minimize(
            lambda w: -path.objective.value(A @ (w * scale) + b),
            start,
            jac=lambda w: -(A.T @ path.objective.gradient(A @ (w * scale) + b)) * scale,
            bounds=[(None, None)] * 5 + [(0, None)] * 2,
            method="L-BFGS-B",
            options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 500},
        )
        best = max(best, -found.fun)
    assert ours == pytest.approx(best, abs=LBFGSB_ATOL)


def test_the_order_of_random_effects_changes_nothing(three: PoissonGLMMResults) -> None:
    objective, psi = reordered(three.model.objective, three.psi, [2, 0, 1])
    assert objective.value(psi) == pytest.approx(three.llf, abs=ROUNDING)
    _, L = objective.layout.split(psi)
    G = three.cov_re.to_numpy()
    np.testing.assert_allclose(L @ L.T, G[np.ix_([2, 0, 1], [2, 0, 1])], rtol=PRODUCTS)


def test_without_random_effects_it_is_the_profile_of_the_regression() -> None:
    design = simulated(units=4, mean_count=3.0, random="none")
    fit = PoissonGLMM.from_design(design).fit()
    low, high = fit.profile_conf_int(["step0"]).loc["step0"]
    others = np.delete(design.exog, 2, axis=1)
    for limit in (low, high):
        offset = design.offset + limit * design.exog[:, 2]
        held_fit = sm.GLM(design.endog, others, family=sm.families.Poisson(), offset=offset).fit(
            tol=1e-14
        )
        assert 2 * (fit.llf - held_fit.llf) == pytest.approx(QUANTILE**2, abs=DROP_ATOL)
    # Not the Wald interval: few counts make the profile lopsided.
    assert (high - fit.params["step0"]) / (fit.params["step0"] - low) > 1.01


# Five of the first six seeds: on one the slope, absent, is significant at 5 %.
@pytest.mark.parametrize("seed", [0, 2, 3, 4, 5])
def test_without_a_slope_its_sd_reaches_down_to_zero(seed: int) -> None:
    fit = PoissonGLMM.from_design(simulated(seed=seed, sd=(0.3, 0.0))).fit()
    table = fit.profile_conf_int()
    assert np.isfinite(table.to_numpy()).all()
    assert table.loc[".sig03", "lower"] == 0.0
    assert 0.0 < table.loc[".sig03", "upper"] < 0.1
    assert table.loc[".sig01", "lower"] > 0.1
    # The slope's correlation can be anything: without a slope all of it is within the limit.
    assert tuple(table.loc[".sig02"]) == (-1.0, 1.0)
    # The upper limit of the slope's SD solves the equation on the boundary too.
    part = components(2, "unstructured")[2]
    path = component_path(fit.model.objective, fit.psi, part)
    gained, _ = held(path, table.loc[".sig03", "upper"], path.start)
    assert 2 * (fit.llf - gained) == pytest.approx(QUANTILE**2, abs=DROP_NEAR_ZERO)


@pytest.mark.parametrize("covariance", ["unstructured", "diagonal"])
def test_a_held_sd_of_zero_is_the_smaller_model(covariance: str) -> None:
    design = simulated(covariance=covariance)
    fit = PoissonGLMM.from_design(design).fit()
    smaller = Design(design.endog, design.exog, design.groups, offset=design.offset)
    part = components(2, covariance)[-1]
    path = component_path(fit.model.objective, fit.psi, part)
    value, _ = held(path, 0.0, path.start)
    assert value == pytest.approx(PoissonGLMM.from_design(smaller).fit().llf, abs=SAME_MAXIMUM)


def test_a_lower_limit_near_zero_is_solved_where_it_is_not_zero() -> None:
    fit = PoissonGLMM.from_design(simulated(seed=1, sd=(0.3, 0.0))).fit()
    table = fit.profile_conf_int([".sig02", ".sig03"])
    part = components(2, "unstructured")[2]
    path = component_path(fit.model.objective, fit.psi, part)
    at_zero, _ = held(path, 0.0, path.start)
    assert 2 * (fit.llf - at_zero) > QUANTILE**2
    gained, _ = held(path, table.loc[".sig03", "lower"], path.start)
    assert 2 * (fit.llf - gained) == pytest.approx(QUANTILE**2, abs=DROP_NEAR_ZERO)
    assert table.loc[".sig02", "lower"] == -1.0
    assert table.loc[".sig02", "upper"] < 1.0


def test_a_fit_below_the_maximum_is_found_out() -> None:
    fit = PoissonGLMM.from_design(simulated()).fit()
    low = fit.psi + np.eye(len(fit.psi))[0]
    with pytest.raises(FitFailure, match="not at its maximum"):
        limits(coordinate(fit.model.objective, low, 1), "pre", low[1], 0.01, QUANTILE)


def test_an_unknown_term_is_named() -> None:
    fit = PoissonGLMM.from_design(simulated(units=8)).fit()
    with pytest.raises(ConfigError, match=r"'sigma'.*step0.*\.sig03"):
        fit.profile_conf_int(["sigma"])


def test_a_start_without_random_effects_is_left() -> None:
    # A slope of zero is stationary in L and has variance to gain.
    fit = PoissonGLMM.from_design(simulated()).fit()
    objective = fit.model.objective
    flat = fit.psi.copy()
    flat[6:] = 0.0
    assert objective.value(flat) < fit.llf - 10.0
    gained, _ = held(coordinate(objective, fit.psi, 1), fit.psi[1], flat)
    assert gained == pytest.approx(fit.llf, abs=SAME_MAXIMUM)
