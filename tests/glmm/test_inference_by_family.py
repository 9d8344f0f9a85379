"""Inference for the other families, for quadrature and for a shared variance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from harness.design import Design
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from harness.glmm.likelihood_ratio import null_distribution
from harness.glmm.profile_path import component_path, coordinate, held
from tests.glmm.panels import simulated

QUANTILE = float(norm.ppf(0.975))
# Differences of scores; by quadrature the Hessian itself is differenced.
INFORMATION_ATOL = 1e-6
# A limit is solved to 1e-6 standard errors, and twice the drop rises by some 4 in one of them.
DEVIANCE_ATOL = 1e-5
# The square root of a square.
ROUNDING = 1e-14
# A standard error goes with a standard deviation of 25 units, which varies by 1 / sqrt(50): four
# Monte Carlo errors of the mean of eight draws, and the few percent by which 25 units bias it.
DRAWN_SE_RTOL = 4 / np.sqrt(50 * 8) + 0.05

CASES: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "nb2": ({"family": "nb2"}, ()),
    "poisson-olre": ({"family": "poisson-olre"}, ()),
    "quadrature": ({}, ("agq", 3)),
    "scalar": ({"covariance": "scalar"}, ()),
}


def varied(**change: Any) -> Design:
    """The panel with more variation than Poisson, z in units of one standard deviation."""
    base = simulated(units=25, seed=6, sd=(0.3, 0.3), rho=0.0)
    rng = np.random.default_rng(2)
    y = rng.poisson(base.endog * rng.gamma(20.0, 1 / 20.0, base.nobs))
    return Design(
        y, base.exog, base.groups, exog_re=base.exog_re, offset=base.offset,
        exog_names=base.exog_names, **change,
    )  # fmt: skip


@pytest.fixture(scope="module", params=CASES, ids=list(CASES))
def fit(request) -> PoissonGLMMResults:
    change, method = CASES[request.param]
    return PoissonGLMM.from_design(varied(**change)).fit(*method)


def test_informations_of_groups_sum_to_that_of_the_fit(fit) -> None:
    se = np.sqrt(np.diag(fit._bread))
    total = fit._group_informations.sum(axis=0) + fit._objective.hessian(fit.psi)
    assert np.max(np.abs(total) * np.outer(se, se)) < INFORMATION_ATOL
    assert np.all(np.diag(fit.cov_params("cluster")) > 0)


def test_profile_limits_solve_their_equation(fit) -> None:
    table = fit.profile_conf_int()
    assert np.isfinite(table.to_numpy()).all()
    paths = [coordinate(fit._objective, fit.psi, k) for k in range(5)]
    paths += [component_path(fit._objective, fit.psi, part) for part in fit._components]
    # The family's own parameter: see test_family_reference.
    table = table.iloc[: len(paths)]
    for path, (low, high), estimate in zip(
        paths, table.to_numpy(), [*fit.params, *fit.sdcor["estimate"]], strict=True
    ):
        assert low < estimate < high
        top = path.objective.value(path.start)
        for limit in (low, high):
            if abs(limit) != 1.0:
                drop = top - held(path, limit, path.start)[0]
                assert 2 * drop == pytest.approx(QUANTILE**2, abs=DEVIANCE_ATOL)


def test_standard_deviations_are_those_of_the_covariance(fit) -> None:
    sd = np.sqrt(np.diag(fit.cov_re))
    scalar = fit.model.design.covariance == "scalar"
    assert list(fit.sdcor.index) == ([".sig01"] if scalar else [".sig01", ".sig02", ".sig03"])
    assert fit.sdcor["estimate"][".sig01"] == pytest.approx(sd[0], rel=ROUNDING, abs=0)
    assert fit.sdcor["se"].gt(0).all()
    text = str(fit.summary())
    if fit.model.design.family == "nb2":
        assert f"{fit.theta:.3f}" in text
    if fit.model.design.family == "poisson-olre":
        assert f"{fit.sigma_olre:.3f}" in text


def test_residuals_have_the_variance_that_the_family_says(fit) -> None:
    # The panel has a variance of mu + mu^2 / 20: Poisson residuals are several times too large.
    size = np.mean(fit.resid_pearson**2)
    if fit.model.design.family == "poisson":
        assert size > 3.0
    else:
        assert 0.5 < size < 1.2


def test_a_family_is_tested_on_its_boundary() -> None:
    assert null_distribution(varied(), varied(family="nb2"), False).df == (0, 1)
    assert null_distribution(varied(), varied(family="poisson-olre"), False).df == (0, 1)
    small = varied(covariance="scalar")
    assert null_distribution(small, varied(covariance="diagonal"), False).df == (1,)
    assert null_distribution(small, varied(), False).df == (2,)
    nb2 = PoissonGLMM.from_design(varied(family="nb2")).fit()
    test = nb2.lr_test(PoissonGLMM.from_design(varied()).fit())
    assert test.statistic > 100
    boot = nb2.bootstrap(8, seed=1)
    assert boot.failures == 0
    # Draws vary as the fit says: their own standard errors are like its, unlike Poisson ones.
    np.testing.assert_allclose(boot.bse.mean(), nb2.bse, rtol=DRAWN_SE_RTOL)
