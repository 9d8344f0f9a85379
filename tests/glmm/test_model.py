"""PoissonGLMM against other software and against itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from harness.design import Design, Random
from harness.errors import DesignError
from harness.glmm import PoissonGLMM
from harness.glmm.boundary import CONE_TOLERANCE
from harness.glmm.optimise import DECREMENT_TOLERANCE
from harness.testing.strategies import four_stage_design
from tests.glmm.panels import TRUTH, simulated

# statsmodels' Newton is asked for 1e-14; both then agree to rounding of the sums.
NEWTON_TOL, GLM_RTOL = 1e-14, 1e-11
# Simulated estimates lie within five standard errors of the truth but for one in a million.
Z_LIMIT = 5.0
# An SD of 150 units has a relative standard error of 1 / sqrt(2 * 150): Z_LIMIT of them.
SD_RTOL = Z_LIMIT / np.sqrt(2 * 150)
# The figures given for the panel with two maxima: fourteen digits, and eleven.
LLF_ATOL, SD_DIGITS = 1e-12, 1e-10
# Conditional errors leave out the covariance parameters: that is not much at 150 units, nor nothing.
RX_MOST, RX_LEAST = 0.02, 1e-6


def test_without_random_effects_it_is_the_glm() -> None:
    design = simulated(random="none")
    ours = PoissonGLMM.from_design(design).fit()
    model = sm.GLM(design.endog, design.exog, family=sm.families.Poisson(), offset=design.offset)
    theirs = model.fit(method="newton", tol=NEWTON_TOL)
    np.testing.assert_allclose(ours.params, theirs.params, rtol=GLM_RTOL)
    np.testing.assert_allclose(ours.bse, theirs.bse, rtol=GLM_RTOL)
    assert ours.llf == pytest.approx(theirs.llf, rel=GLM_RTOL, abs=0)
    assert ours.aic == pytest.approx(theirs.aic, rel=GLM_RTOL, abs=0)


@pytest.mark.parametrize("random", ["intercept", "slope"])
@pytest.mark.parametrize("seed", range(5))
def test_estimates_are_a_maximum_near_the_truth(random: Random, seed: int) -> None:
    sd = (0.35, 0.08) if random == "slope" else (0.35, 0.0)
    result = PoissonGLMM.from_design(simulated(units=150, seed=seed, random=random, sd=sd)).fit()
    assert result.converged
    assert result.decrement <= DECREMENT_TOLERANCE
    assert np.max(np.abs((result.params - TRUTH) / result.bse)) < Z_LIMIT
    np.testing.assert_allclose(np.sqrt(np.diag(result.cov_re))[0], 0.35, rtol=SD_RTOL)


@pytest.mark.parametrize("seed", range(6))
def test_no_slope_ends_in_a_certified_boundary_or_an_interior_maximum(seed: int) -> None:
    result = PoissonGLMM.from_design(simulated(seed=seed, sd=(0.3, 0.0))).fit()
    assert result.converged
    if result.singular:
        assert result.maximum.cone <= CONE_TOLERANCE
    # No start may lead higher.
    objective = result.model.objective
    for slope_sd in (0.2, 0.02, 0.002):
        psi = objective.layout.join(result.params.to_numpy(), np.diag([0.3, slope_sd]))
        assert objective.value(psi) <= result.llf


@pytest.mark.parametrize("seed", range(8))
def test_of_two_maxima_the_higher_is_found_however_the_stages_are_coded(seed: int) -> None:
    # Five units, two of them of one and three rows: a maximum at a standard deviation of 0.127,
    # and 0.018 log-likelihood units lower one without random effects.
    design = four_stage_design(
        units=5, random="intercept", before=3, after=2, baseline=2.0,
        stages=(0.0, 0.0, 0.1, 0.0), sd=(0.3, 0.1), corr=-0.95, missing=0.5, spread=2.0, seed=650,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    A = np.tril(rng.integers(-1, 2, (5, 5)), -1) + np.eye(5)
    A = A @ (np.triu(rng.integers(-1, 2, (5, 5)), 1) + np.eye(5))
    recoded = Design(design.endog, design.exog @ A, design.groups, offset=design.offset)
    fit = PoissonGLMM.from_design(recoded).fit()
    assert fit.converged
    assert fit.llf == pytest.approx(-36.59580388946699, abs=LLF_ATOL)
    assert np.sqrt(fit.cov_re.iloc[0, 0]) == pytest.approx(0.12702015485, rel=SD_DIGITS, abs=0)


def test_there_is_a_singular_fit_among_those_simulated() -> None:
    fits = [PoissonGLMM.from_design(simulated(seed=s, sd=(0.3, 0.0))).fit() for s in range(6)]
    assert any(fit.singular for fit in fits)
    assert not all(fit.singular for fit in fits)


def test_labels_and_shapes_follow_the_frames_given() -> None:
    design = simulated(units=8)
    x = pd.DataFrame(design.exog, columns=list(design.exog_names))
    z = pd.DataFrame(design.exog_re, columns=["one", "time"])
    units = np.array([f"u{g}" for g in design.groups])
    result = PoissonGLMM(design.endog, x, units, exog_re=z, exposure=np.exp(design.offset)).fit()
    assert list(result.params.index) == list(design.exog_names)
    assert list(result.cov_re.columns) == ["one", "time"]
    assert result.random_effects.shape == (8, 2)
    assert result.random_effects.index[0] == "u0"
    assert result.cov_params().shape == (5, 5)
    text = str(result.summary())
    for name in design.exog_names:
        assert name in text


def test_rx_errors_are_no_larger_than_observed_ones_by_much() -> None:
    result = PoissonGLMM.from_design(simulated(units=150)).fit()
    rx = np.sqrt(np.diag(result.cov_params(se_method="rx")))
    ratio = rx / result.bse.to_numpy()
    assert np.all(np.abs(ratio - 1) < RX_MOST)
    assert np.any(np.abs(ratio - 1) > RX_LEAST)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"family": "nb2", "response": "pseudo"}, DesignError, "pseudo-response"),
        ({"exposure": np.zeros(56)}, DesignError, "exposure row 0 is 0"),
        ({"offset": np.full(56, np.nan)}, DesignError, "offset row 0 is nan"),
    ],
)
def test_bad_input_is_named(change: dict, error: type[Exception], words: str) -> None:
    design = simulated(units=8)
    with pytest.raises(error, match=words):
        PoissonGLMM(design.endog, design.exog, design.groups, **change)
