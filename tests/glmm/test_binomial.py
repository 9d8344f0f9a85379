"""Binomial shares: the kernel in NumPy against the compiled one, and a published fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

from harness.design import Design, FloatArray
from harness.engines.assembly import pearson_dispersion
from harness.errors import ConfigError, DesignError
from harness.glmm import PoissonGLMM
from harness.glmm import binomial as room
from harness.glmm.binomial_laplace import laplace
from harness.glmm.laplace import Objective
from harness.glmm.separation import unbounded_terms
from tests.glmm.panels import simulated

# Sums of some hundred terms in another order.
ROUNDING = 1e-12
# Four-point differences of the gradient over a thousandth lose half of the digits at most.
DIFFERENCES = 1e-8
# y - n p loses six of its sixteen digits where all but one trial in a million succeed.
CANCELLED = 1e-9
# One in the last decimal of the log-likelihood given; lme4 stops that far from its estimates.
TWELFTH_DECIMAL, LME4_RTOL = 1e-12, 1e-7
# lme4's cattle data (Lesnoff et al. 2004): herds, cases, animals, period of the year.
HERD = [
    1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8, 9,
    9, 9, 9, 10, 10, 10, 10, 11, 11, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14,
    15, 15, 15, 15,
]  # fmt: skip
INCIDENCE = [
    2, 3, 4, 0, 3, 1, 1, 8, 2, 0, 2, 2, 0, 2, 0, 5, 0, 0, 1, 3, 0, 0, 1, 8, 1, 3, 0, 12, 2,
    0, 0, 0, 1, 1, 0, 2, 0, 5, 3, 1, 2, 1, 0, 0, 1, 2, 0, 0, 11, 0, 0, 0, 1, 1, 1, 0,
]  # fmt: skip
SIZE = [
    14, 12, 9, 5, 22, 18, 21, 22, 16, 16, 20, 10, 10, 9, 6, 18, 25, 24, 4, 17, 17, 18, 20,
    16, 10, 9, 5, 34, 9, 6, 8, 6, 22, 22, 18, 22, 25, 27, 22, 22, 10, 8, 6, 5, 21, 24, 19,
    23, 19, 2, 3, 2, 19, 15, 15, 15,
]  # fmt: skip
PERIOD = [
    1, 2, 3, 4, 1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 1,
    2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4,
]  # fmt: skip


def cbpp() -> Design:
    return Design(
        INCIDENCE, np.column_stack([np.ones(56), *(np.equal(PERIOD, k) for k in (2, 3, 4))]), HERD,
        trials=SIZE, family="binomial",
    )  # fmt: skip


def shares(**change: Any) -> Design:
    base = simulated(units=15, mean_count=20.0)
    settings = {"endog": base.endog, "trials": 2 * base.endog + 5, "family": "binomial"} | change
    return Design(exog=base.exog, groups=base.groups, exog_re=base.exog_re, **settings)


def test_its_formulas_are_those_of_the_compiled_kernel() -> None:
    design = simulated(units=30, mean_count=6.0)
    objective = Objective.of(design)
    G = np.array([[0.09, -0.006], [-0.006, 0.0085]])
    psi = PoissonGLMM.from_design(design).psi([-4.4, 0.03, 0.1, 0.0, 0.05], G)

    def poisson(eta: FloatArray) -> room.Densities:
        mu = np.exp(eta)
        return design.endog * eta - mu, design.endog - mu, mu, mu, mu

    K, J = len(psi), design.n_groups
    gradient, hessian, scores = np.zeros(K), np.zeros((K, K)), np.zeros((J, K))
    rest = (np.zeros((J, 2)), gradient, hessian, scores, 2)
    value = laplace(objective.rows, poisson, psi, *rest)
    known = objective.at(psi, 2)
    assert value + objective.constant == pytest.approx(known.value, rel=ROUNDING, abs=0)
    for ours, theirs in (
        (gradient, known.gradient), (hessian, known.hessian), (scores, objective.scores(psi)),
    ):  # fmt: skip
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=ROUNDING * np.abs(theirs).max())


def test_derivatives_are_those_of_the_value() -> None:
    objective = Objective.of(shares())
    model = PoissonGLMM.from_design(shares())
    psi = model.psi([-0.3, 0.1, 0.2, 0.0, -0.1], [[0.2, 0.02], [0.02, 0.05]])
    point = objective.at(psi, 2)
    for k in range(len(psi)):
        move = np.zeros(len(psi))
        move[k] = 1e-3
        for f, slope in ((objective.value, point.gradient), (objective.gradient, point.hessian)):
            near = np.asarray(f(psi + move)) - np.asarray(f(psi - move))
            far = np.asarray(f(psi + 2 * move)) - np.asarray(f(psi - 2 * move))
            found, scale = (8 * near - far) / 12e-3, np.abs(slope).max()
            np.testing.assert_allclose(found, slope[k], rtol=0, atol=DIFFERENCES * scale)


def test_rows_are_binomial() -> None:
    y, n, eta = (
        np.array([0.0, 3.0, 7.0, 5.0]),
        np.array([4.0, 9.0, 7.0, 5.0]),
        np.linspace(-40, 40, 4),
    )
    f, f1, w, w1, w2 = room.binomial(y, n)(eta)
    p = 1.0 / (1.0 + np.exp(-eta))
    coefficients = np.array([scipy.stats.binom.logpmf(y[k], n[k], 0.5) for k in range(4)])
    coefficients += n * np.log(2.0)
    expected = scipy.stats.binom.logpmf(y, n, p)
    np.testing.assert_allclose(f + coefficients, expected, rtol=ROUNDING, atol=ROUNDING)
    assert f[3] == pytest.approx(-n[3] * np.exp(-40.0), rel=ROUNDING, abs=0)
    np.testing.assert_allclose(f1[1:3], (y - n * p)[1:3], rtol=CANCELLED)
    assert f1[0] == pytest.approx(-n[0] * np.exp(-40.0), rel=ROUNDING, abs=0)
    # Nothing is lost where every trial succeeds, as y - n p would.
    assert f1[3] == pytest.approx(n[3] * np.exp(-40.0), rel=ROUNDING, abs=0)
    np.testing.assert_allclose(w1 / w, np.tanh(-0.5 * eta), rtol=ROUNDING)
    small = np.exp(-np.abs(eta))
    np.testing.assert_allclose(w2 / w, 1.0 - 6.0 * small / (1.0 + small) ** 2, rtol=ROUNDING)


def test_the_cattle_are_those_of_lme4() -> None:
    # help(cbpp) of lme4 prints -1.3983, -0.9919, -1.1282, -1.5797 and 0.6421 at its own default
    # tolerances; these are its figures with tolPwrss and rhoend at 1e-13 and 1e-9.
    fit = PoissonGLMM.from_design(cbpp()).fit()
    assert fit.llf == pytest.approx(-92.026281864757, abs=TWELFTH_DECIMAL)
    figures = [-1.39853214, -0.99233270, -1.12867205, -1.58031389]
    np.testing.assert_allclose(fit.params, figures, rtol=LME4_RTOL)
    assert np.sqrt(fit.cov_re.iloc[0, 0]) == pytest.approx(0.64226145, rel=LME4_RTOL, abs=0)
    assert fit.converged
    with pytest.raises(ConfigError, match="use which='linear'"):
        fit.predict()


def test_dispersion_by_the_variance_of_a_share() -> None:
    design = shares()
    params = np.array([-0.2, 0.1, 0.0, 0.1, 0.0])
    p = 1.0 / (1.0 + np.exp(-design.exog @ params))
    n = design.trials
    assert n is not None
    chi2 = ((design.endog - n * p) ** 2 / (n * p * (1 - p))).sum()
    found = pearson_dispersion(design, params, np.zeros((15, 2)))
    assert found == pytest.approx(chi2 / (design.nobs - 8), rel=ROUNDING, abs=0)


def test_trials_are_part_of_a_design() -> None:
    design = shares()
    other = shares(trials=2 * design.endog + 6)
    assert design.sha256 != other.sha256
    assert design.n_params == 8
    order = np.random.default_rng(1).permutation(design.nobs)
    assert design.trials is not None
    mixed = Design(
        design.endog[order], design.exog[order], design.groups[order],
        exog_re=design.exog_re[order], trials=design.trials[order], family="binomial",
    )  # fmt: skip
    assert mixed.trials is not None
    np.testing.assert_array_equal(mixed.trials - 2 * mixed.endog, 5.0)
    with pytest.raises(DesignError, match="no less than endog"):
        design.with_counts(design.trials + 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"trials": None}, "family 'binomial' needs its trials"),
        ({"family": "poisson"}, "family 'poisson' has no trials: drop them"),
        ({"trials": np.full(105, 0.5)}, "trials row 0 is 0.5"),
        ({"trials": np.full(105, 1.0)}, "trials row 0 is 1 with endog"),
        ({"trials": np.full(5, 1000.0)}, "trials has 5 rows, endog has 105"),
        ({"response": "pseudo"}, "goes with family 'poisson'"),
    ],
)
def test_what_is_no_share_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(DesignError, match=says):
        shares(**change)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_a_share_at_its_end_has_no_estimate(end: float) -> None:
    base = shares()
    assert base.trials is not None
    last = base.exog[:, 4] > 0
    endog = np.where(last, end * base.trials, np.minimum(base.endog, base.trials - 1.0))
    x = np.column_stack([np.ones(base.nobs), last])
    design = Design(endog, x, base.groups, trials=base.trials, family="binomial")
    assert unbounded_terms(design) == ("x2",)
    inside = Design(
        np.where(last, 1.0, endog), x, base.groups, trials=base.trials, family="binomial"
    )
    assert unbounded_terms(inside) == ()


def test_there_is_no_quadrature() -> None:
    with pytest.raises(ConfigError, match="no quadrature for binomial"):
        PoissonGLMM.from_design(shares()).fit(method="agq")
