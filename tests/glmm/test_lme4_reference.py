"""Profiles, conditional variances and fitted values against lme4's, stored with their script."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from harness.glmm.profile_path import coordinate, held
from tests.glmm.reference import PANELS, TERMS, fitted, lme4

# lme4's estimates, tight, lie some 3e-5 standard errors from ours; twice that for a product.
OPTIMISER_IN_SE = 1e-4
# confint() reads its limits off a spline through zeta, up to 5e-4 from ours. Held at our limits,
# lme4's own deviance rises by the quantile to 1e-6, so that the difference is confint's.
SPLINE_IN_SE = 1e-3
# lme4's optimiser stops up to 1.1e-6 below the maximum.
LLF_ATOL = 2e-6
# Relative, from estimates that differ by OPTIMISER_IN_SE of standard errors of 10 % and less.
MODE_RTOL = 1e-5
# The limit is solved to 1e-6 standard errors, the slope there is some 2 a standard error.
DROP_ATOL = 1e-5


@pytest.mark.parametrize("panel", PANELS)
def test_log_likelihood_with_a_coefficient_held_is_lme4s(panel: str) -> None:
    fit, theirs = fitted(panel), lme4(panel)
    assert fit.llf == pytest.approx(theirs["llf"], abs=LLF_ATOL)
    for k, value in enumerate(theirs["held_at"]):
        ours, _ = held(coordinate(fit.model.objective, fit.psi, k), value, fit.psi)
        assert ours == pytest.approx(theirs["held_llf"][k], abs=LLF_ATOL)
        # Far enough out to tell: a change of a coefficient that the rest did not follow, fails.
        assert fit.llf - ours > 0.5


@pytest.mark.parametrize("panel", PANELS)
def test_profile_limits_are_lme4s(panel: str) -> None:
    fit, theirs = fitted(panel), lme4(panel)["profile"]
    ours = fit.profile_conf_int()
    scale = {**fit.bse, **fit.sdcor["se"]}
    for term in ours.index:
        name = "(Intercept)" if term == "intercept" else term
        difference = np.abs(ours.loc[term].to_numpy() - theirs[name]) / scale[term]
        assert difference.max() < SPLINE_IN_SE, term
    assert len(ours) == len(theirs) == len(TERMS) + len(fit.sdcor)


@pytest.mark.parametrize("panel", PANELS)
def test_modes_and_their_variances_are_lme4s(panel: str) -> None:
    fit, theirs = fitted(panel), lme4(panel)
    variances = np.array(theirs["condvar"]).reshape(fit.random_effects_cov.shape)
    sd = np.sqrt(np.diagonal(variances, axis1=1, axis2=2))
    np.testing.assert_allclose(
        fit.random_effects, np.reshape(theirs["modes"], sd.shape),
        rtol=0, atol=OPTIMISER_IN_SE * sd.max(),
    )  # fmt: skip
    # Of independent effects lme4 gives no covariances, though the data of a group tie them.
    given = variances != 0
    assert given.all() or panel == "diagonal"
    np.testing.assert_allclose(fit.random_effects_cov[given], variances[given], rtol=MODE_RTOL)


@pytest.mark.parametrize("panel", PANELS)
def test_fitted_values_and_residuals_are_lme4s(panel: str) -> None:
    fit, theirs = fitted(panel), lme4(panel)
    np.testing.assert_allclose(fit.fittedvalues, theirs["fitted"], rtol=MODE_RTOL)
    np.testing.assert_allclose(fit.resid_pearson, theirs["pearson"], rtol=0, atol=OPTIMISER_IN_SE)
    design = fit.model.design
    z = design.exog_re if panel != "intercept" else None
    middle = fit.predict(design.exog, z, offset=design.offset)
    np.testing.assert_allclose(middle, theirs["predicted_marginal_free"], rtol=2 * MODE_RTOL)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("alpha", [0.05, 0.32])
def test_the_likelihood_at_a_limit_is_the_quantile_away(panel: str, alpha: float) -> None:
    fit = fitted(panel)
    limits = fit.profile_conf_int(TERMS, alpha).to_numpy()
    drop = 0.5 * norm.ppf(1 - alpha / 2) ** 2
    for k, pair in enumerate(limits):
        path = coordinate(fit.model.objective, fit.psi, k)
        for limit in pair:
            gained, _ = held(path, limit, fit.psi)
            assert fit.llf - gained == pytest.approx(drop, abs=DROP_ATOL)
