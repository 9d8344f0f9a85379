"""The Laplace log-likelihood, its gradient and its Hessian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from harness.design import Design
from harness.glmm.laplace import Objective, cone_score
from tests.glmm.panels import TRUTH, simulated

# Four-point differences err by the fourth power of the step times a derivative that grows with
# the counts, and by rounding over the step; both lie below this at this step.
DIFFERENCE_RTOL = 1e-6
STEP = 2e-5
# With one group of many counts the Laplace approximation errs by order 1 / sum(mu).
LAPLACE_ERROR = 1e-4

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
    objective = Objective.of(simulated())
    psi = np.array([*(TRUTH + 0.02), *theta])
    slopes, curves = differences(objective.value, psi), differences(objective.gradient, psi)
    gradient, hessian = objective.gradient(psi), objective.hessian(psi)
    np.testing.assert_allclose(gradient, slopes, atol=DIFFERENCE_RTOL * np.abs(gradient).max())
    np.testing.assert_allclose(hessian, curves, atol=DIFFERENCE_RTOL * np.abs(hessian).max())


@pytest.mark.parametrize("q", [0, 1, 2, 3])
def test_gradient_holds_for_any_number_of_random_effects(q: int) -> None:
    design = simulated(units=12)
    rng = np.random.default_rng(q)
    z = np.column_stack([np.ones(design.nobs), rng.normal(size=(design.nobs, 2))])[:, :q]
    design = Design(
        design.endog, design.exog, design.groups, offset=design.offset,
        exog_re=z if q else None, random="slope" if q else "none",
    )  # fmt: skip
    objective = Objective.of(design)
    factor = np.tril(rng.normal(scale=0.1, size=(q, q))) + 0.3 * np.eye(q)
    psi = objective.layout.join(TRUTH, factor)
    slopes = differences(objective.value, psi)
    gradient = objective.gradient(psi)
    np.testing.assert_allclose(gradient, slopes, atol=DIFFERENCE_RTOL * np.abs(gradient).max())


def test_cone_score_is_the_derivative_by_the_covariance_on_the_boundary() -> None:
    objective = Objective.of(simulated())
    factor = np.array([[0.35, 0.0], [0.02, 0.0]])
    psi = objective.layout.join(TRUTH, factor)
    S = cone_score(objective, psi) * np.outer(objective.z_scale, objective.z_scale)
    inward = np.array([0.3, 1.0])
    eps = 1e-9
    moved = np.linalg.cholesky(factor @ factor.T + eps * np.outer(inward, inward))
    slope = (objective.value(objective.layout.join(TRUTH, moved)) - objective.value(psi)) / eps
    # One-sided: at a step of 1e-9 a relative error of about 1e-5.
    assert inward @ S @ inward == pytest.approx(slope, rel=1e-4)


def test_value_is_the_marginal_likelihood_up_to_the_laplace_error() -> None:
    y, offset = np.array([3100.0, 2900.0, 3350.0]), np.log(3000.0)
    design = Design(np.tile(y, 2), np.ones((6, 1)), np.repeat([0, 1], 3), offset=np.full(6, offset))
    sd = 0.2

    def density(b: float) -> float:
        return float(
            np.prod(scipy.stats.poisson.pmf(y, np.exp(offset + b))) * scipy.stats.norm.pdf(b, 0, sd)
        )

    integral, _ = scipy.integrate.quad(density, -0.5, 0.5, epsabs=0, epsrel=1e-10)
    value = Objective.of(design).value(np.array([0.0, sd]))
    assert value == pytest.approx(2 * np.log(integral), abs=LAPLACE_ERROR)


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
    assert np.max(np.abs(slope) / curvature) < 1e-9
