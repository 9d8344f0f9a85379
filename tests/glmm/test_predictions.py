"""Predictions, fitted values, and the printed summary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from harness.design import Design
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from harness.glmm.prediction import marginal_mean
from tests.glmm.panels import simulated

# Rows and units in another order: sums of ten units, and two ascents to a decrement of 1e-8.
REORDERED = 1e-11
# A few products and an exponential; sixty nodes of quadrature that are exact but for rounding.
ROUNDING = 1e-13
# A unit that the fit knows differs from one in the middle by more than a thousandth.
APART = 1e-3

BASE = simulated(units=10, seed=8)
Z = BASE.exog_re
LABELS = np.array([f"u{9 - g}" for g in BASE.groups])


@pytest.fixture(scope="module")
def fit() -> PoissonGLMMResults:
    # Rows shuffled and labels in reverse, so that no order is kept by luck.
    order = np.random.default_rng(1).permutation(BASE.nobs)
    shuffled = PoissonGLMM(
        BASE.endog[order], BASE.exog[order], LABELS[order], exog_re=Z[order],
        exposure=np.exp(BASE.offset[order]),
    ).fit()  # fmt: skip
    shuffled.order = order
    return shuffled


def test_fitted_values_are_in_the_order_of_the_rows_given(fit) -> None:
    plain = PoissonGLMM(BASE.endog, BASE.exog, LABELS, exog_re=Z, offset=BASE.offset).fit()
    np.testing.assert_allclose(fit.fittedvalues, plain.fittedvalues[fit.order], rtol=REORDERED)
    residual = (BASE.endog - plain.fittedvalues) / np.sqrt(plain.fittedvalues)
    np.testing.assert_allclose(fit.resid_pearson, residual[fit.order], rtol=0, atol=REORDERED)
    # Close to the counts row by row: a wrong order is off by the spread between units.
    assert np.corrcoef(plain.fittedvalues, BASE.endog)[0, 1] > 0.99


@pytest.mark.parametrize("which", ["conditional", "marginal", "linear"])
def test_rows_of_the_fit_given_anew_are_the_rows_of_the_fit(fit, which: str) -> None:
    new = fit.predict(
        BASE.exog, Z, LABELS, exposure=np.exp(BASE.offset), which=which
    )  # fmt: skip
    np.testing.assert_allclose(new[fit.order], fit.predict(which=which), rtol=ROUNDING)


def test_an_unseen_group_is_one_in_the_middle(fit) -> None:
    x, z = BASE.exog[:3], Z[:3]
    unseen = fit.predict(x, z, ["new", "u9", "new"], offset=BASE.offset[:3])
    middle = np.exp(BASE.offset[:3] + x @ fit.params.to_numpy())
    np.testing.assert_allclose(unseen[[0, 2]], middle[[0, 2]], rtol=ROUNDING)
    assert abs(unseen[1] / middle[1] - 1) > APART
    np.testing.assert_allclose(fit.predict(x, z, offset=BASE.offset[:3]), middle, rtol=ROUNDING)
    marginal = fit.predict(x, z, which="marginal", offset=BASE.offset[:3])
    assert np.all(marginal > middle)


def test_the_marginal_mean_is_the_integral_over_groups() -> None:
    z, G = np.array([[1.0, -2.0], [1.0, 3.0]]), np.array([[0.2, -0.05], [-0.05, 0.1]])
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    sd = np.sqrt(np.einsum("mq,qk,mk->m", z, G, z))
    fixed = np.array([1.0, -1.0])
    integral = np.exp(fixed[:, None] + sd[:, None] * nodes) @ weights / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(marginal_mean(fixed, z, G), integral, rtol=ROUNDING)


def test_a_random_intercept_needs_no_columns() -> None:
    fit = PoissonGLMM(BASE.endog, BASE.exog, LABELS, offset=BASE.offset).fit()
    new = fit.predict(BASE.exog, groups=LABELS, offset=BASE.offset)
    np.testing.assert_allclose(new, fit.fittedvalues, rtol=ROUNDING)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"which": "mean"}, "'mean'"),
        ({"groups": LABELS}, "with exog"),
        ({"exog": BASE.exog[:, :4]}, "expected 5 columns"),
        ({"exog": BASE.exog}, "give exog_re too"),
        ({"exog": BASE.exog, "exog_re": Z[:5]}, "as many"),
        ({"exog": BASE.exog, "exog_re": Z, "groups": LABELS[:5]}, "as many"),
        ({"exog": BASE.exog, "exog_re": Z, "exposure": np.zeros(70)}, "exposure row 0"),
        ({"exog": BASE.exog * np.nan, "exog_re": Z}, "exog row 0"),
    ],
)
def test_rows_that_do_not_fit_the_model_are_refused(fit, arguments: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        fit.predict(**arguments)


@pytest.mark.parametrize("sd", [(0.35, 0.08), (0.3, 0.0)], ids=["inside", "boundary"])
def test_summary_has_the_lines_of_mixedlm_and_its_numbers(sd: tuple[float, float]) -> None:
    fit = PoissonGLMM.from_design(simulated(seed=4, sd=sd)).fit()
    text = str(fit.summary())
    design = fit.model.design
    theirs = str(sm.MixedLM(np.log(design.endog + 1), design.exog, design.groups).fit().summary())
    head = theirs.split("---", maxsplit=1)[0]
    labels = [part.split(":")[0].strip() for part in head.splitlines() if ":" in part]
    assert len(labels) >= 5
    for label in (*labels, "Family", "AIC", "BIC", "Log-Likelihood", "Converged"):
        assert label in text
    row = next(line for line in text.splitlines() if line.startswith("step0")).split()
    expected = [fit.params["step0"], fit.bse["step0"], fit.tvalues["step0"], fit.pvalues["step0"]]
    assert row[1:3] == [f"{value:.5f}" for value in expected[:2]]
    assert row[3:5] == [f"{value:.3f}" for value in expected[2:]]
    slope = next(line for line in text.splitlines() if line.startswith("z2 SD")).split()
    assert slope[2] == f"{fit.sdcor['estimate']['.sig03']:.5f}"
    # A standard error inside, none on the boundary, and the reason.
    assert len(slope) == (3 if fit.singular else 4)
    assert ("singular" in text) is fit.singular is (sd[1] == 0)


def test_labels_are_matched_as_text() -> None:
    design = Design(BASE.endog, BASE.exog, BASE.groups + 100, offset=BASE.offset)
    fit = PoissonGLMM.from_design(design).fit()
    by_number = fit.predict(BASE.exog, groups=BASE.groups + 100, offset=BASE.offset)
    np.testing.assert_allclose(by_number, fit.fittedvalues, rtol=ROUNDING)
