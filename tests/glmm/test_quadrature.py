"""Adaptive quadrature: value, gradient, Hessian and the maximum."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from harness.design import Design, Family
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM
from harness.glmm.boundary import CONE_TOLERANCE
from harness.glmm.laplace import Objective
from harness.glmm.node_gradient import log_ratio
from harness.glmm.nodes import FARTHEST, product_rule, relative_moves
from harness.glmm.optimise import DECREMENT_TOLERANCE
from tests.glmm.panels import TRUTH, simulated
from tests.glmm.test_laplace import DIFFERENCE_RTOL, differences, near, with_effects

# Differences of a gradient over a thousandth of a standard error, relative to the largest entry.
HESSIAN_RTOL = 1e-7
# Sums of a few hundred terms in another order, relative to the largest term; the same sum again.
ROUNDING = 1e-12
# Ten units in the last place: above SERIES two logarithm-sized terms are subtracted.
TEN_ULPS = 2e-15
# What 41 points leave of the integral over a density that is all but normal.
INTEGRAL_RTOL = 1e-13
# Gauss-Kronrod's own bound of its error, as near to rounding as it can be asked to be.
KRONROD_RTOL = 1e-13


@pytest.mark.parametrize("family", ["poisson", "nb2"])
@pytest.mark.parametrize("q", [1, 2, 3])
@pytest.mark.parametrize("points", [3, 7])
@pytest.mark.parametrize("mean_count", [1.0, 100.0])
def test_derivatives_are_those_of_the_value(
    family: Family, q: int, points: int, mean_count: float
) -> None:
    design = with_effects(simulated(units=12, mean_count=mean_count), q, family=family)
    objective = Objective.of(design, points)
    rng = np.random.default_rng(5)
    factor = np.tril(rng.normal(scale=0.1, size=(q, q))) + 0.6 * np.eye(q)
    psi = objective.layout.join(TRUTH, factor, 0.04 if family == "nb2" else 0.0)
    slopes, curves = differences(objective.value, psi), differences(objective.gradient, psi)
    gradient, hessian = objective.gradient(psi), objective.hessian(psi)
    near(gradient, slopes, DIFFERENCE_RTOL)
    near(hessian, curves, HESSIAN_RTOL)
    scores = objective.scores(psi)
    slack = ROUNDING * np.abs(scores).max()
    np.testing.assert_allclose(scores.sum(axis=0), gradient, rtol=0, atol=slack)


@pytest.mark.parametrize("s", [0.0, 1e-12, 1e-4, 0.05, 0.2, 0.2000001, 3.0, 1e6])
def test_the_logarithm_of_nb2_keeps_its_digits(s: float) -> None:
    with mpmath.workdps(40):
        due = (mpmath.log1p(s) - s / (1 + mpmath.mpf(s))) / mpmath.mpf(s) ** 2 if s else 0.5
    assert log_ratio(s) == pytest.approx(float(due), rel=TEN_ULPS, abs=0)


@pytest.mark.parametrize(
    "d", [(1e-9,), (1.3,), (1.4,), (-30.0,), (0.5, -1.0), (3.0, -3.0), (9.0, 2.0)]
)
def test_moves_of_the_nodes_keep_their_digits(d: tuple[float, ...]) -> None:
    """From counts of 1e18 at the mode to trial points at which a move is beyond 1 / eps."""
    q, points = len(d), 7
    x, grid, _ = product_rule(points, q)
    one, E = np.zeros(points), np.zeros(points**q)
    relative_moves(np.array(d), x, one, E, np.zeros(q))
    with mpmath.workdps(40):
        due = [mpmath.expm1(mpmath.fdot(d, node)) for node in grid.T]
    # What rounding of d'x itself leaves of the exponential.
    rtol = TEN_ULPS * max(1.0, np.abs(grid.T @ d).max())
    np.testing.assert_allclose(E, np.array(due, dtype=float), rtol=rtol, atol=0)


def test_a_move_beyond_all_numbers_stays_one() -> None:
    x, _, _ = product_rule(7, 1)
    E = np.zeros(7)
    relative_moves(np.array([1e4]), x, np.zeros(7), E, np.zeros(1))
    assert E[-1] == pytest.approx(np.exp(FARTHEST), rel=ROUNDING, abs=0)
    assert E[0] == -1.0


@pytest.mark.parametrize("family", ["poisson", "nb2"])
def test_value_converges_to_the_integral(family: Family) -> None:
    y, sd, variance = np.array([0.0, 2.0, 1.0]), 0.7, 0.3
    design = Design(np.tile(y, 2), np.ones((6, 1)), np.repeat([0, 1], 3), family=family)

    def density(b: float) -> float:
        mu = np.exp(0.2 + b)
        size = 1.0 / variance
        law = (
            scipy.stats.poisson.pmf(y, mu)
            if family == "poisson"
            else scipy.stats.nbinom.pmf(y, size, size / (size + mu))
        )
        return float(np.prod(law) * scipy.stats.norm.pdf(b, 0, sd))

    integral, _ = scipy.integrate.quad(density, -8, 8, epsabs=0, epsrel=KRONROD_RTOL, limit=200)
    objective = Objective.of(design, 41)
    psi = objective.layout.join(np.array([0.2]), np.array([[sd]]), variance)
    assert objective.value(psi) == pytest.approx(2 * np.log(integral), rel=INTEGRAL_RTOL, abs=0)


def test_value_converges_to_the_integral_in_two_dimensions() -> None:
    y, z = np.array([3.0, 0.0, 1.0, 5.0]), np.array([-1.0, 0.0, 1.0, 2.0])
    L = np.array([[0.6, 0.0], [-0.2, 0.4]])
    design = Design(
        np.tile(y, 2), np.ones((8, 1)), np.repeat([0, 1], 4),
        exog_re=np.column_stack([np.ones(8), np.tile(z, 2)]),
    )  # fmt: skip
    nodes, weights = np.polynomial.legendre.leggauss(200)
    u = 9.0 * np.array(np.meshgrid(nodes, nodes)).reshape(2, -1)
    b = L @ u
    mu = np.exp(0.1 + b[0] + z[:, None] * b[1])
    log = scipy.stats.poisson.logpmf(y[:, None], mu).sum(axis=0)
    log += scipy.stats.norm.logpdf(u).sum(axis=0)
    integral = 81.0 * np.sum(np.outer(weights, weights).ravel() * np.exp(log))
    objective = Objective.of(design, 41)
    value = objective.value(objective.layout.join(np.array([0.1]), L))
    assert value == pytest.approx(2 * np.log(integral), rel=INTEGRAL_RTOL, abs=0)


@pytest.mark.parametrize("family", ["poisson", "nb2"])
@pytest.mark.parametrize(
    ("units", "mean_count", "sd"), [(80, 3.0, (0.6, 0.2)), (12, 20.0, (0.4, 0.0))]
)
def test_fit_ends_at_the_maximum_of_its_own_objective(
    family: Family, units: int, mean_count: float, sd: tuple[float, float]
) -> None:
    design = simulated(units=units, mean_count=mean_count, sd=sd)
    design = Design(
        design.endog, design.exog, design.groups, exog_re=design.exog_re, offset=design.offset,
        family=family,
    )  # fmt: skip
    fit = PoissonGLMM.from_design(design).fit(method="agq", n_quadrature=7)
    assert fit.converged
    assert fit.decrement <= DECREMENT_TOLERANCE
    assert fit.maximum.cone <= CONE_TOLERANCE
    objective = Objective.of(design, 7)
    assert fit.llf == pytest.approx(objective.value(fit.psi), rel=ROUNDING, abs=0)
    scale = np.sqrt(np.abs(np.diag(np.linalg.pinv(objective.hessian(fit.psi)))))
    rng = np.random.default_rng(2)
    for _ in range(20):
        assert objective.value(fit.psi + 0.1 * scale * rng.standard_normal(len(scale))) < fit.llf


@pytest.mark.parametrize(
    ("family", "points", "words"),
    [("poisson", 4, "odd"), ("poisson", 0, "odd"), ("poisson-olre", 7, "poisson-olre")],
)
def test_what_has_no_rule_is_refused(family: Family, points: int, words: str) -> None:
    design = with_effects(simulated(units=4), 1, family=family)
    with pytest.raises(ConfigError, match=words):
        PoissonGLMM.from_design(design).fit(method="agq", n_quadrature=points)
