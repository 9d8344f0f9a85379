"""Contrasts, rate ratios and functions of the estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm

from harness.design import Design
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from harness.glmm.rates import delta_method
from tests.glmm.panels import simulated

# Two maximisers of one likelihood, both to rounding: statsmodels' Newton and ours.
NEWTON_TOL, GLM_RTOL = 1e-14, 1e-11
# A p-value far out changes by its z times as much, relatively.
TAIL_RTOL = 1e-10
# scipy.differentiate refines its steps until the derivative changes by less than 1e-8.
JACOBIAN_RTOL = 1e-8
# A few operations on doubles; the logarithm of an exponential; a percentage, of a hundred.
ROUNDING, LOG_OF_EXP, PERCENT_ATOL = 1e-13, 1e-14, 1e-12

STAGES: list[Any] = [
    "x3 = x4",
    "x2 = 0.05, x5",
    ["x3 = x4", "2 * x2 - x5 = 1"],
    np.array([[0.0, 0.0, 1.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0, -1.0]]),
    (np.eye(5)[:2], np.array([-4.0, 0.05])),
]


@pytest.fixture(scope="module")
def fit() -> PoissonGLMMResults:
    return PoissonGLMM.from_design(simulated()).fit()


@pytest.mark.parametrize("R", STAGES, ids=["text", "two", "list", "matrix", "values"])
def test_contrasts_are_statsmodels_own(R: Any) -> None:
    design = simulated(random="none")
    ours = PoissonGLMM.from_design(
        Design(design.endog, design.exog, design.groups, offset=design.offset, random="none")
    ).fit()
    x = pd.DataFrame(design.exog, columns=[f"x{k}" for k in range(1, 6)])
    theirs = sm.GLM(design.endog, x, family=sm.families.Poisson(), offset=design.offset).fit(
        method="newton", tol=NEWTON_TOL
    )
    a, b = ours.t_test(R), theirs.t_test(R)
    np.testing.assert_allclose(a.effect, b.effect, rtol=GLM_RTOL)
    np.testing.assert_allclose(a.sd, b.sd, rtol=GLM_RTOL)
    np.testing.assert_allclose(a.statistic, b.statistic, rtol=GLM_RTOL)
    c, d = ours.wald_test(R), theirs.wald_test(R, scalar=True)
    assert c.statistic == pytest.approx(d.statistic, rel=GLM_RTOL, abs=0)
    assert c.pvalue == pytest.approx(d.pvalue, rel=TAIL_RTOL, abs=0)
    assert (c.distribution, c.df_denom) == (d.distribution, d.df_denom)


def test_one_stage_against_another_by_hand(fit: PoissonGLMMResults) -> None:
    test = fit.t_test("step0 = step1")
    V = fit.cov_params()
    sd = np.sqrt(V.loc["step0", "step0"] + V.loc["step1", "step1"] - 2 * V.loc["step0", "step1"])
    z = (fit.params["step0"] - fit.params["step1"]) / sd
    assert float(np.squeeze(test.statistic)) == pytest.approx(z, rel=ROUNDING, abs=0)
    assert float(test.pvalue) == pytest.approx(2 * norm.sf(abs(z)), rel=TAIL_RTOL, abs=0)
    assert float(fit.wald_test("step0 = step1").statistic) == pytest.approx(
        z**2, rel=ROUNDING, abs=0
    )
    moved = fit.t_test("step0 = step1", q=0.1)
    assert float(np.squeeze(moved.statistic)) == pytest.approx(z - 0.1 / sd, rel=ROUNDING, abs=0)


@pytest.mark.parametrize(
    "R", ["step9 = 0", "step0 =", np.eye(4), "step0 ** 2 = 1", (np.eye(5)[:2], [1.0, 2.0, 3.0])],
    ids=["name", "cut", "columns", "power", "values"],
)  # fmt: skip
def test_what_is_no_contrast_is_refused_with_the_terms(fit: PoissonGLMMResults, R: Any) -> None:
    with pytest.raises(ConfigError, match="contrast"):
        fit.t_test(R)


def test_contrasts_that_repeat_each_other_are_refused(fit: PoissonGLMMResults) -> None:
    with pytest.raises(ConfigError, match="repeat"):
        fit.wald_test("pre = 0, 2 * pre = 0")


def test_one_contrast_by_f_is_that_by_t(fit: PoissonGLMMResults) -> None:
    """F with 1 and J - 1 degrees of freedom is the square of t with J - 1."""
    by_t = fit.t_test("step0 = step1", se_method="cluster")
    by_f = fit.wald_test("step0 = step1", se_method="cluster")
    assert by_f.df_denom == fit.model.design.n_groups - 1
    assert by_f.statistic == pytest.approx(np.squeeze(by_t.statistic) ** 2, rel=ROUNDING, abs=0)
    assert by_f.pvalue == pytest.approx(np.squeeze(by_t.pvalue), rel=TAIL_RTOL, abs=0)


@pytest.mark.parametrize("alpha", [0.05, 0.2])
@pytest.mark.parametrize("se_method", ["observed", "rx", "cluster"])
def test_the_estimates_themselves_have_their_own_intervals(
    fit: PoissonGLMMResults, se_method, alpha: float
) -> None:
    found = fit.delta_method(lambda b: b, lambda b: np.eye(len(b)), alpha, se_method)
    due = fit.conf_int(alpha, se_method)
    np.testing.assert_allclose(found[["lower", "upper"]], due, rtol=ROUNDING, atol=0)


@pytest.mark.parametrize("se_method", ["observed", "rx", "cluster"])
def test_rate_ratios_are_the_transformed_interval(fit: PoissonGLMMResults, se_method) -> None:
    ratios, percent = fit.rate_ratios(0.1, se_method), fit.percent_change(0.1, se_method)
    wald = fit.conf_int(0.1, se_method)
    bse = np.sqrt(np.diag(fit.cov_params(se_method)))
    np.testing.assert_allclose(ratios["estimate"], np.exp(fit.params), rtol=ROUNDING)
    np.testing.assert_allclose(ratios["se"], np.exp(fit.params) * bse, rtol=ROUNDING)
    limits = np.log(ratios[["lower", "upper"]])
    np.testing.assert_allclose(limits, wald, rtol=0, atol=LOG_OF_EXP)
    np.testing.assert_allclose(percent["se"], 100 * ratios["se"], rtol=ROUNDING)
    for column in ("estimate", "lower", "upper"):
        expected = 100 * (ratios[column] - 1)
        np.testing.assert_allclose(percent[column], expected, rtol=0, atol=PERCENT_ATOL)


@pytest.mark.parametrize("size", [1, 2])
def test_delta_method_needs_no_gradient_and_takes_one(fit: PoissonGLMMResults, size: int) -> None:
    def index(b: np.ndarray) -> Any:
        chained = 100 * np.exp([2 * b[1] + b[2], 2 * b[1] + b[2] + b[3]])
        return chained[0] if size == 1 else chained

    def gradient(b: np.ndarray) -> np.ndarray:
        rows = np.array([[0, 2, 1, 0, 0], [0, 2, 1, 1, 0]])[:size]
        return np.atleast_1d(index(b))[:, None] * rows

    with_gradient, without = fit.delta_method(index, gradient), fit.delta_method(index)
    np.testing.assert_allclose(without, with_gradient, rtol=JACOBIAN_RTOL)
    b, D = fit.params.to_numpy(), gradient(fit.params.to_numpy())
    se = np.sqrt(np.diag(D @ fit.cov_params().to_numpy() @ D.T))
    np.testing.assert_allclose(with_gradient["estimate"], index(b), rtol=ROUNDING)
    np.testing.assert_allclose(with_gradient["se"], se, rtol=ROUNDING)


@pytest.mark.parametrize(
    ("function", "gradient", "words"),
    [
        (lambda b: np.inf * b[0], lambda _: np.ones(2), "finite"),
        (lambda b: b[0], lambda _: np.ones(3), "gradient has shape"),
    ],
    ids=["infinite", "shape"],
)
def test_delta_method_refuses(function, gradient, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        delta_method(function, np.ones(2), np.eye(2), gradient)
