"""Cluster-robust covariances: scores, corrections, degrees of freedom."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from harness.design import Design
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM
from harness.glmm.lanes import lanes_of
from harness.glmm.laplace import Objective
from harness.glmm.sandwich import sandwich, satterthwaite
from tests.glmm.panels import TRUTH, simulated

# The kernel sums rows in another order and with contracted products.
ROUNDING = 1e-11
# Four-point differences of scores, against the exact Hessian in units of standard errors.
DIFFERENCE_ATOL = 1e-8
# statsmodels' IRLS is told to stop at 1e-14; scores at a maximum are differences, and lose digits.
IRLS_TOL, GLM_RTOL = 1e-14, 1e-9
# Sums over nine small matrices, and their roots; the same number by the same formula.
ALGEBRA, AGAIN = 1e-12, 1e-14
# A correction of the wrong size biases by more than this, relative to the smallest variance.
BIASED = 1e-3
# One correlation or slope that is not there: a singular fit has nearly the smaller model's errors.
NEARLY_SMALLER = 0.15


def one_group(objective: Objective, j: int) -> Objective:
    rows = objective.rows
    part = slice(rows.starts[j], rows.starts[j + 1])
    own = rows._replace(
        y=rows.y[part], x=rows.x[part], z=rows.z[part], offset=rows.offset[part],
        starts=np.array([0, rows.starts[j + 1] - rows.starts[j]]),
    )  # fmt: skip
    return Objective(own, lanes_of(own), objective.layout, 0.0)


@pytest.mark.parametrize("random", ["none", "intercept", "slope"])
@pytest.mark.parametrize("covariance", ["unstructured", "diagonal"])
def test_scores_are_each_groups_own_gradient(random, covariance) -> None:
    objective = Objective.of(simulated(units=6, random=random, covariance=covariance))
    factor = np.array([[0.3, 0.0], [-0.03, 0.1]])[: objective.layout.q, : objective.layout.q]
    psi = objective.layout.join(TRUTH + 0.02, factor)
    scores = objective.scores(psi)
    for j in range(6):
        own = one_group(objective, j).gradient(psi)
        np.testing.assert_allclose(scores[j], own, rtol=0, atol=ROUNDING * np.abs(own).max())


@pytest.mark.parametrize("sd", [(0.35, 0.08), (0.3, 0.0)], ids=["inside", "boundary"])
def test_group_informations_are_those_of_the_kernel(sd: tuple[float, float]) -> None:
    fit = PoissonGLMM.from_design(simulated(seed=4, sd=sd)).fit()
    se = np.sqrt(np.diag(fit._bread))
    for j in (0, 7):
        own = -one_group(fit.model.objective, j).hessian(fit.psi)
        difference = (fit._group_informations[j] - own) * np.outer(se, se)
        assert np.max(np.abs(difference)) < DIFFERENCE_ATOL


@pytest.mark.parametrize(("correction", "small_sample"), [("CR0", False), ("CR1", True)])
def test_without_random_effects_it_is_that_of_the_regression(correction, small_sample) -> None:
    design = simulated(random="none")
    ours = PoissonGLMM.from_design(design).fit()
    model = sm.GLM(design.endog, design.exog, family=sm.families.Poisson(), offset=design.offset)
    theirs = model.fit(
        tol=IRLS_TOL, cov_type="cluster",
        cov_kwds={"groups": design.groups, "use_correction": small_sample},
    )  # fmt: skip
    n, p, J = design.nobs, design.exog.shape[1], design.n_groups
    # statsmodels multiplies by (n - 1) / (n - p) as well, for the regression's sake.
    factor = (n - 1) / (n - p) if small_sample else 1.0
    expected = theirs.cov_params() / factor
    np.testing.assert_allclose(ours.cov_params("cluster", correction), expected, rtol=GLM_RTOL)
    assert J == 40


def unequal(J: int = 9, K: int = 3, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Informations of unequal groups, one of which holds a third of it all, and their inverse."""
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(J, 5, K)) * np.r_[2.0, np.ones(J - 1)][:, None, None]
    informations = np.swapaxes(roots, 1, 2) @ roots
    return informations, np.linalg.inv(informations.sum(axis=0))


@pytest.mark.parametrize(("correction", "sign"), [("CR0", -1), ("CR2", 0), ("CR3", 1)])
def test_cr2_is_unbiased_where_the_model_is_right(correction, sign) -> None:
    informations, bread = unequal()
    # Scores at the maximum have covariance I_j - I_j I^-1 I_j: summed over its square roots, the
    # estimator is its expectation.
    spread = informations - informations @ bread @ informations
    values, vectors = np.linalg.eigh(spread)
    roots = vectors * np.sqrt(values)[:, None, :]
    mean = sum(
        sandwich(roots[:, :, m], informations, bread, correction).covariance for m in range(3)
    )
    excess = np.linalg.eigvalsh(mean - bread)
    if sign == 0:
        np.testing.assert_allclose(mean, bread, rtol=ALGEBRA)
    else:
        assert np.all(sign * excess > BIASED * np.diag(bread).min())


@pytest.mark.parametrize("correction", ["CR2", "CR3"])
def test_degrees_of_freedom_are_those_of_the_quadratic_form(correction) -> None:
    informations, bread = unequal()
    parts = sandwich(np.zeros((9, 3)), informations, bread, correction)
    contrast = np.array([1.0, -0.5, 2.0])
    a = parts.pull @ contrast
    b = np.einsum("jkl,jl->jk", informations, a)
    P = np.diag(np.einsum("jk,jk->j", a, b)) - b @ bread @ b.T
    weights = np.linalg.eigvalsh(P)
    expected = weights.sum() ** 2 / (weights**2).sum()
    assert satterthwaite(parts, contrast) == pytest.approx(expected, rel=ALGEBRA, abs=0)
    assert 1.0 < expected < 8.0


def test_equal_groups_and_a_mean_have_one_degree_less_than_groups() -> None:
    parts = sandwich(np.zeros((12, 1)), np.ones((12, 1, 1)), np.array([[1 / 12]]), "CR2")
    assert satterthwaite(parts, np.ones(1)) == pytest.approx(11.0, rel=ALGEBRA, abs=0)


@pytest.mark.parametrize("correction", ["CR2", "CR3"])
def test_what_one_group_alone_speaks_of_adds_nothing(correction) -> None:
    # Without the first group there is no information in the first direction: no residual either.
    informations = np.tile(np.diag([0.0, 1.0]), (4, 1, 1))
    informations[0, 0, 0] = 5.0
    scores = np.array([[3.0, 0.4], [0.0, -0.9], [0.0, 0.7], [0.0, -0.2]])
    whole = sandwich(scores, informations, np.diag([0.2, 0.25]), correction).covariance
    rest = sandwich(scores[:, 1:], informations[:, 1:, 1:], np.array([[0.25]]), correction)
    np.testing.assert_allclose(whole, np.diag([0.0, rest.covariance[0, 0]]), rtol=0, atol=ALGEBRA)
    assert rest.covariance[0, 0] > BIASED


def test_one_group_is_refused() -> None:
    with pytest.raises(ConfigError, match="two groups at least"):
        sandwich(np.zeros((1, 1)), np.ones((1, 1, 1)), np.ones((1, 1)), "CR1")


def test_robust_errors_of_a_singular_fit_are_those_of_the_smaller_model() -> None:
    design = simulated(seed=4, sd=(0.3, 0.0))
    fit = PoissonGLMM.from_design(design).fit()
    assert fit.singular
    assert np.isfinite(fit.cov_params("cluster").to_numpy()).all()
    small = Design(design.endog, design.exog, design.groups, offset=design.offset)
    smaller = PoissonGLMM.from_design(small).fit()
    ratio = np.diag(fit.cov_params("cluster")) / np.diag(smaller.cov_params("cluster"))
    np.testing.assert_allclose(ratio, 1.0, rtol=NEARLY_SMALLER)


def test_cluster_intervals_use_t_and_overdispersion_widens_them() -> None:
    design = simulated(units=33)
    rng = np.random.default_rng(3)
    fit = PoissonGLMM.from_design(design.with_counts(design.endog * rng.integers(0, 3, 231))).fit()
    robust, model = fit.conf_int(se_method="cluster"), fit.conf_int()
    assert np.all(
        (robust["upper"] - robust["lower"])[1:] > 1.5 * (model["upper"] - model["lower"])[1:]
    )
    test = fit.t_test(np.eye(5), se_method="cluster")
    assert test.distribution == "t"
    np.testing.assert_allclose(test.conf_int(), robust, rtol=AGAIN)
    assert np.all(test.df_denom == 32)
    unequal = fit.t_test("step0 = step1", se_method="cluster", df="satterthwaite")
    assert 10 < float(np.squeeze(unequal.df_denom)) < 32
    np.testing.assert_allclose(
        unequal.df_denom, fit.cluster_df("step0 = step1", df="satterthwaite"), rtol=AGAIN
    )
    with pytest.raises(ConfigError, match="'kenward'"):
        fit.cluster_df(df="kenward")


@pytest.mark.parametrize("correction", ["CR0", "CR1", "CR2", "CR3"])
def test_the_correction_asked_for_is_made(correction) -> None:
    fit = PoissonGLMM.from_design(simulated(units=12)).fit()
    parts = sandwich(
        fit.model.objective.scores(fit.psi), fit._group_informations, fit._bread, correction
    )
    found = fit.cov_params("cluster", correction)
    np.testing.assert_allclose(found, parts.covariance[:5, :5], rtol=AGAIN, atol=0)
    contrast = np.eye(len(fit.psi))[2]
    test = fit.t_test("step0", None, "cluster", correction, "satterthwaite")
    assert test.df_denom == pytest.approx(satterthwaite(parts, contrast), rel=AGAIN, abs=0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"se_method": "robust"}, "robust"), ({"se_method": "cluster", "correction": "HC1"}, "HC1")],
)
def test_unknown_methods_are_named(arguments: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        PoissonGLMM.from_design(simulated(units=8)).fit().cov_params(**arguments)
