"""The Laplace log-likelihood, its gradient and its Hessian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from harness.design import WIDER, Covariance, Design, Family
from harness.glmm.laplace import Objective, cone_score
from tests.glmm.panels import TRUTH, simulated

# Four-point differences err by the fourth power of the step times a derivative that grows with
# the counts, and by rounding over the step; both lie below this at this step. A gradient's rounding
# is smaller beside its slopes than a value's.
DIFFERENCE_RTOL, HESSIAN_RTOL = 1e-6, 1e-7
STEP = 2e-5
# Sums of a dozen groups in another order, relative to the largest of them.
ROUNDING = 1e-13
# One-sided: at the step of the cone a relative error of some 4e-5, by curvature and rounding alike.
ONE_SIDED_RTOL = 1e-4
# With one group of many counts the Laplace approximation errs by order 1 / sum(mu), here 1 / 9350.
LAPLACE_ERROR = 1e-4
# Gauss-Kronrod's own bound of its error, far below that.
KRONROD_RTOL = 1e-10
# A mode's slope, in its standard errors: the rounding of the largest counts, 3e9, over their root.
MODE_NOISE = 1e-9
# Of a gradient times its standard error, per root of the mean count: the last digit of a
# parameter is worth the square root of the information in it.
GRADIENT_NOISE = 1e-13

COVARIANCES = {
    "inside": [0.35, -0.02, 0.08],
    "zero slope": [0.35, 0.0, 0.0],
    "correlation one": [0.35, 0.08, 0.0],
}


def differences(f: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    """Four-point central differences along each coordinate."""
    steps = STEP * np.eye(len(x))
    near = np.array([f(x + h) - f(x - h) for h in steps])
    far = np.array([f(x + 2 * h) - f(x - 2 * h) for h in steps])
    return (8 * near - far) / (12 * STEP)


@pytest.mark.parametrize("theta", COVARIANCES.values(), ids=COVARIANCES)
def test_gradient_and_hessian_are_those_of_the_value(theta: list[float]) -> None:
    check_derivatives(Objective.of(simulated()), np.array([*(TRUTH + 0.02), *theta]))


def with_effects(design: Design, q: int, **options: Any) -> Design:
    """The design with q random effects of a group: an intercept and covariates of noise."""
    rng = np.random.default_rng(q)
    z = np.column_stack([np.ones(design.nobs), rng.normal(size=(design.nobs, 2))])[:, :q]
    # Shares have trials for an offset.
    rest: dict[str, Any] = {"offset": design.offset}
    if options["family"] == "binomial":
        rest = {"trials": 3 * design.endog + 10}
    return Design(
        design.endog, design.exog, design.groups, exog_re=z if q else None,
        random="slope" if q else "none", **rest, **options,
    )  # fmt: skip


@pytest.mark.parametrize("family", get_args(Family))
@pytest.mark.parametrize("variance", [0.09, 1e-8, 0.0])
@pytest.mark.parametrize(
    ("q", "covariance"),
    [(0, "diagonal"), (1, "unstructured"), (2, "unstructured"), (2, "scalar"), (3, "unstructured")],
)
def test_derivatives_hold_for_every_model(
    family: Family, variance: float, q: int, covariance: Covariance
) -> None:
    design = with_effects(simulated(units=12), q, family=family, covariance=covariance)
    objective = Objective.of(design)
    rng = np.random.default_rng(q)
    factor = np.tril(rng.normal(scale=0.1, size=(q, q))) + 0.3 * np.eye(q)
    psi = objective.layout.join(TRUTH, factor, variance)
    check_derivatives(objective, psi)
    scores = objective.scores(psi)
    assert scores.shape == (12, objective.layout.size)
    slack = ROUNDING * np.abs(scores).max()
    np.testing.assert_allclose(scores.sum(axis=0), objective.gradient(psi), rtol=0, atol=slack)


def check_derivatives(objective: Objective, psi: np.ndarray) -> None:
    slopes, curves = differences(objective.value, psi), differences(objective.gradient, psi)
    gradient, hessian = objective.gradient(psi), objective.hessian(psi)
    near(gradient, slopes, DIFFERENCE_RTOL)
    near(hessian, curves, HESSIAN_RTOL)


def near(found: np.ndarray, expected: np.ndarray, rtol: float) -> None:
    """Each entry is the expected one, relative to the largest of them."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=rtol * np.abs(found).max())


@pytest.mark.parametrize("family", get_args(Family))
def test_cone_score_is_the_derivative_by_the_covariance_on_the_boundary(family: Family) -> None:
    variance = 0.05 if family in WIDER else 0.0
    objective = Objective.of(with_effects(simulated(), 2, family=family))
    factor = np.array([[0.35, 0.0], [0.02, 0.0]])
    psi = objective.layout.join(TRUTH, factor, variance)
    S = cone_score(objective, psi) * np.outer(objective.z_scale, objective.z_scale)
    inward = np.array([0.3, 1.0])
    eps = 1e-8
    moved = np.linalg.cholesky(factor @ factor.T + eps * np.outer(inward, inward))
    slope = (
        objective.value(objective.layout.join(TRUTH, moved, variance)) - objective.value(psi)
    ) / eps
    assert inward @ S @ inward == pytest.approx(slope, rel=ONE_SIDED_RTOL, abs=0)


def test_value_is_the_marginal_likelihood_up_to_the_laplace_error() -> None:
    y, offset = np.array([3100.0, 2900.0, 3350.0]), np.log(3000.0)
    design = Design(np.tile(y, 2), np.ones((6, 1)), np.repeat([0, 1], 3), offset=np.full(6, offset))
    sd = 0.2

    def density(b: float) -> float:
        return float(
            np.prod(scipy.stats.poisson.pmf(y, np.exp(offset + b))) * scipy.stats.norm.pdf(b, 0, sd)
        )

    integral, _ = scipy.integrate.quad(density, -0.5, 0.5, epsabs=0, epsrel=KRONROD_RTOL)
    value = Objective.of(design).value(np.array([0.0, sd]))
    assert value == pytest.approx(2 * np.log(integral), abs=LAPLACE_ERROR)


@pytest.mark.parametrize("mean_count", [1e2, 1e6, 1e9])
def test_gradient_keeps_its_digits_whatever_the_size_of_the_counts(mean_count: float) -> None:
    design = simulated(mean_count=mean_count)
    objective = Objective.of(design)
    psi = objective.layout.join(TRUTH, np.array([[0.4, 0.0], [-0.02, 0.1]]))
    se = 1.0 / np.sqrt(-np.diag(objective.hessian(psi)))
    rng = np.random.default_rng(1)
    # Moves in the last digit of the parameters: what the gradient then jumps by is its noise.
    near = [objective.gradient(psi * (1 + 1e-15 * rng.choice([-1, 1], len(psi)))) for _ in range(9)]
    noise = np.max(np.abs(np.array(near) - objective.gradient(psi)), axis=0) * se
    assert np.max(noise) < GRADIENT_NOISE * np.sqrt(mean_count)


@pytest.mark.parametrize("scale", [1.0, 1e4, 1e7])
def test_modes_are_stationary_whatever_the_size_of_the_counts(scale: float) -> None:
    design = simulated(mean_count=100 * scale)
    objective = Objective.of(design)
    L = np.array([[0.4, 0.0], [-0.02, 0.1]])
    at = objective.at(objective.layout.join(TRUTH, L), 0)
    v, starts = design.exog_re @ L, objective.rows.starts[:-1]
    mu = np.exp(design.offset + design.exog @ TRUTH + (v * at.u[design.groups]).sum(axis=1))
    slope = np.add.reduceat(v * (design.endog - mu)[:, None], starts) - at.u
    # In standard errors of the mode: rounding of a sum of counts against its curvature.
    curvature = np.sqrt(1.0 + np.add.reduceat(v**2 * mu[:, None], starts))
    assert np.max(np.abs(slope) / curvature) < MODE_NOISE
