"""Draws from a fit, and the bootstrap made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.design import Design, Family
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM
from harness.glmm.drawing import draw_counts, draw_replicates
from harness.glmm.prediction import excess_variance, pearson_residuals
from tests.glmm.panels import TRUTH, simulated

# Monte Carlo limits, in standard errors: passed by chance but for one in ten thousand.
Z = 4.0
# Two roads to one maximum, each to a decrement of 1e-8.
REFIT_IN_SE = 1e-7
# One subtraction.
ROUNDING = 1e-14


@pytest.mark.parametrize("family", ["poisson", "nb2", "poisson-olre"])
def test_draws_have_the_mean_and_the_covariance_of_the_model(family: Family) -> None:
    base = simulated(units=3)
    design = Design(
        base.endog, base.exog, base.groups, exog_re=base.exog_re, offset=base.offset, family=family
    )
    own = 0.0 if family == "poisson" else 0.3
    G = np.array([[0.1, -0.01], [-0.01, 0.02]])
    y = draw_replicates(design, TRUTH, G, 8_000, seed=3, variance=own)
    fixed = design.offset + design.exog @ TRUTH
    z = design.exog_re
    mean = np.exp(fixed + 0.5 * np.einsum("nq,qk,nk->n", z, G, z))
    mean *= np.exp(0.5 * own) if family == "poisson-olre" else 1.0
    error = y.std(axis=0) / np.sqrt(len(y))
    assert np.max(np.abs(y.mean(axis=0) - mean) / error) < Z
    # Cov(y_1, y_7) within a group is m_1 m_7 (exp(z_1'G z_7) - 1); between groups it is none.
    products = (y[:, 0] - mean[0]) * (y - mean)[:, [6, 7]].T
    expected = np.array([mean[0] * mean[6] * np.expm1(z[0] @ G @ z[6]), 0.0])
    error = products.std(axis=1) / np.sqrt(len(y))
    assert np.max(np.abs(products.mean(axis=1) - expected) / error) < Z
    # Given the random effects of the group, Var(y) = m + excess m^2.
    y = draw_replicates(design, TRUTH, np.zeros((2, 2)), 8_000, seed=3, variance=own)
    m = np.exp(fixed + (0.5 * own if family == "poisson-olre" else 0.0))
    squares = pearson_residuals(y, m, excess_variance(family, own)) ** 2
    error = squares.std(axis=0) / np.sqrt(len(y))
    assert np.max(np.abs(squares.mean(axis=0) - 1) / error) < Z


def test_a_replicate_is_its_own_stream() -> None:
    design = simulated(units=4)
    many = draw_replicates(design, TRUTH, 0.1 * np.eye(2), 6, seed=9)
    np.testing.assert_array_equal(many[:3], draw_replicates(design, TRUTH, 0.1 * np.eye(2), 3, 9))
    stream = np.random.SeedSequence(9).spawn(5)[4]
    alone = draw_counts(design, TRUTH, 0.1 * np.eye(2), np.random.default_rng(stream))
    np.testing.assert_array_equal(alone, many[4])
    assert len({row.tobytes() for row in many}) == 6
    assert (draw_replicates(design, TRUTH, 0.1 * np.eye(2), 1, seed=10) != many[0]).any()


def test_intervals_are_quantiles_and_their_reflection() -> None:
    fit = PoissonGLMM.from_design(simulated(units=25, seed=2)).fit()
    boot = fit.bootstrap(200, seed=4)
    assert (boot.replicates, boot.failures) == (200, 0)
    percentile, basic = boot.conf_int(0.1), boot.conf_int(0.1, kind="basic")
    expected = np.quantile(boot.draws["step0"], [0.05, 0.95])
    np.testing.assert_allclose(percentile.loc["step0"], expected, rtol=ROUNDING)
    np.testing.assert_allclose(
        basic.loc["step0"], 2 * fit.params["step0"] - expected[::-1], rtol=ROUNDING
    )
    # Its spread is the model's standard error, to the Monte Carlo error of 200 draws.
    assert np.max(np.abs(boot.se[:5] / fit.bse - 1)) < Z / np.sqrt(2 * 200)
    np.testing.assert_array_equal(boot.estimates[5:], fit.sdcor["estimate"])
    np.testing.assert_array_equal(fit.bootstrap(200, seed=4, threads=1).draws, boot.draws)
    with pytest.raises(ConfigError, match="'bca'"):
        boot.conf_int(kind="bca")


def test_failures_are_counted_and_not_drawn_again() -> None:
    # One count in four rows: many a replicate has none at all.
    design = Design([1, 0, 0, 0], np.ones((4, 1)), [0, 0, 1, 1])
    fit = PoissonGLMM.from_design(design).fit()
    boot = fit.bootstrap(40, seed=1)
    draws = draw_replicates(design, fit.params.to_numpy(), fit.cov_re.to_numpy(), 40, 1)
    empty = draws.sum(axis=1) == 0
    assert 5 < empty.sum() < 30
    assert np.all(boot.failed[empty])
    assert boot.failures == boot.failed.sum()
    assert boot.draws[boot.failed].isna().all(axis=None)
    assert boot.draws[~boot.failed].notna().all(axis=None)
    assert np.isfinite(boot.conf_int().to_numpy()).all()


def test_limits_stay_among_possible_values() -> None:
    fit = PoissonGLMM.from_design(simulated(units=10, seed=3, sd=(0.3, 0.0))).fit()
    basic = fit.bootstrap(25, seed=1).conf_int(kind="basic")
    assert np.all(basic.loc[[".sig01", ".sig03"]] >= 0)
    assert np.all(np.abs(basic.loc[".sig02"]) <= 1)


METHODS: list[tuple[Any, int]] = [("laplace", 1), ("agq", 5)]


@pytest.mark.parametrize(("method", "another"), [METHODS, METHODS[::-1]])
def test_a_replicate_is_refitted_by_the_method_of_the_fit(method: Any, another: Any) -> None:
    # Few counts, where five points differ from the Laplace approximation.
    design = simulated(units=12, mean_count=2.0, sd=(0.8, 0.1), random="intercept")
    fit = PoissonGLMM.from_design(design).fit(*method)
    boot = fit.bootstrap(6, seed=3, threads=2)
    counts = draw_replicates(design, fit._beta, fit._G, 6, seed=3)
    assert boot.failures == 0
    for at, y in enumerate(counts):
        model = PoissonGLMM.from_design(design.with_counts(y))
        same, other = model.fit(*method), model.fit(*another)
        draw = boot.draws.loc[at, list(same.params.index)]
        assert np.max(np.abs(draw - same.params) / same.bse) < REFIT_IN_SE
        assert np.max(np.abs(draw - other.params) / same.bse) > 100 * REFIT_IN_SE


def test_a_pseudo_response_is_not_drawn() -> None:
    design = simulated(units=4)
    pseudo = PoissonGLMM(design.endog + 0.5, design.exog, design.groups, response="pseudo").fit()
    with pytest.raises(ConfigError, match="pseudo-response"):
        pseudo.bootstrap(2)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ConfigError, match="replicates is 0"):
        PoissonGLMM.from_design(simulated(units=4)).fit().bootstrap(0)
