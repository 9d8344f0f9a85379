"""The log joint posterior and the evidence lower bound: statsmodels' numbers, exact derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg
from mpmath import mp, mpf
from numpy.testing import assert_allclose
from statsmodels.tools.numdiff import approx_fprime

import harness
from harness.concordance.arrow import ArrowPoint, arrow_step
from harness.concordance.evidence_bound import evidence_bound, expectation, mean_field_errors
from harness.concordance.joint_posterior import joint_posterior
from harness.concordance.standard_units import StandardUnits
from harness.engines._statsmodels import OffsetPoissonBayesMixedGLM, standardise
from tests.glmm.panels import simulated

# Sums of a few hundred terms in another order; statsmodels' nodes carry 16 digits.
ROUNDING = 1e-11
# Central differences of a gradient: the cube root of the rounding, squared, and what a third
# derivative adds.
DIFFERENCES = 1e-8
# The same equations solved dense; differences over a billionth, at 40 digits.
SOLVED = 1e-11

Objective = Callable[[StandardUnits, np.ndarray, np.ndarray], ArrowPoint]


@pytest.fixture(scope="module")
def posed() -> tuple[StandardUnits, OffsetPoissonBayesMixedGLM]:
    d = simulated(units=6, mean_count=15.0, covariance="diagonal")
    (fit,) = harness.fit(d, engines=["statsmodels-map"])
    model = standardise(d).model(fe_p=1.3, vcp_p=0.7)
    return replace(StandardUnits.of(fit), fe_p=1.3, vcp_p=0.7), model


def point(objective: Objective) -> tuple[np.ndarray, np.ndarray]:
    """Return shared and own parameters away from any optimum: p = 5, q = 2, J = 6."""
    rng = np.random.default_rng(7)
    if objective is joint_posterior:
        return 0.3 * rng.normal(size=7), 0.3 * rng.normal(size=(6, 2))
    shared = np.concatenate([0.3 * rng.normal(size=n) - shift for n, shift in
                             ((5, 0.0), (5, 1.5), (2, 0.5), (2, 1.0))])  # fmt: skip
    return shared, np.hstack([0.3 * rng.normal(size=(6, 2)), 0.3 * rng.normal(size=(6, 2)) - 1.0])


def test_the_log_joint_posterior_is_statsmodels(posed: tuple) -> None:
    units, model = posed
    shared, effects = point(joint_posterior)
    theirs = np.concatenate([shared, effects.T.ravel()])
    ours = joint_posterior(units, shared, effects)
    assert_allclose(ours.value, model.logposterior(theirs), rtol=ROUNDING)
    gradient = np.concatenate([ours.gradient, ours.gradients.T.ravel()])
    assert_allclose(gradient, model.logposterior_grad(theirs), rtol=ROUNDING)


def test_the_evidence_lower_bound_is_statsmodels(posed: tuple) -> None:
    units, model = posed
    shared, own = point(evidence_bound)
    mean = np.concatenate([shared[:5], shared[10:12], own[:, :2].T.ravel()])
    sd = np.exp(np.concatenate([shared[5:10], shared[12:], own[:, 2:].T.ravel()]))
    ours = evidence_bound(units, shared, own)
    assert_allclose(ours.value, model.vb_elbo(mean, sd), rtol=ROUNDING)
    by_mean, by_sd = model.vb_elbo_grad(mean, sd)
    by_log = by_sd * sd
    theirs = np.concatenate([by_mean[:5], by_log[:5], by_mean[5:7], by_log[5:7]])
    assert_allclose(ours.gradient, theirs, rtol=ROUNDING)
    units_own = [by[7:].reshape(2, 6).T for by in (by_mean, by_log)]
    assert_allclose(ours.gradients, np.hstack(units_own), rtol=ROUNDING)


@pytest.mark.parametrize("objective", [joint_posterior, evidence_bound])
def test_the_curvature_is_that_of_the_gradient(posed: tuple, objective: Objective) -> None:
    units, _ = posed
    shared, own = point(objective)

    def gradient(x: np.ndarray) -> np.ndarray:
        at = objective(units, x[: len(shared)], x[len(shared) :].reshape(own.shape))
        return np.concatenate([at.gradient, at.gradients.ravel()])

    here = np.concatenate([shared, own.ravel()])
    expected = -approx_fprime(here, gradient, centered=True)
    found = dense(objective(units, shared, own))
    assert_allclose(found, expected, rtol=0, atol=DIFFERENCES * np.abs(found).max())


def dense(at: ArrowPoint) -> np.ndarray:
    own = scipy.linalg.block_diag(*at.own)
    cross = np.hstack(list(at.cross))
    return np.block([[at.shared, cross], [cross.T, own]])


def test_the_step_is_newton_s(posed: tuple) -> None:
    units, _ = posed
    # Definite only near the mode, where the fit is.
    at = joint_posterior(units, np.concatenate([units.fixed, units.log_sd]), units.effects)
    at = replace(at, gradient=np.arange(1.0, 8.0), gradients=np.cos(np.arange(12.0)).reshape(6, 2))
    found, full = arrow_step(at), dense(at)
    g = np.concatenate([at.gradient, at.gradients.ravel()])
    step = np.linalg.solve(full, g)
    assert found.definite
    assert_allclose(np.concatenate([found.step, found.steps.ravel()]), step, rtol=SOLVED)
    assert_allclose(found.decrement, np.sqrt(g @ step), rtol=SOLVED)
    expected = np.linalg.inv(full)[:7, :7]
    sd = np.sqrt(np.diag(expected))
    scale = np.outer(sd, sd)
    assert_allclose(found.covariance / scale, expected / scale, rtol=0, atol=SOLVED)


def test_an_indefinite_curvature_is_said_to_be(posed: tuple) -> None:
    units, _ = posed
    at = joint_posterior(units, *point(joint_posterior))
    flipped = replace(at, shared=at.shared - 2.0 * np.diag(np.diag(at.shared)))
    assert not arrow_step(flipped).definite
    assert not arrow_step(replace(at, own=-at.own)).definite


@pytest.mark.parametrize("v", [1e-5, 0.009, 0.011, 0.3, 4.0])
def test_the_expectation_s_derivatives(v: float) -> None:
    # From the ten points in multiple precision, where the closed form of the second loses nothing.
    with mp.workdps(40):
        nodes, weights = np.polynomial.legendre.leggauss(10)
        points = [(mpf(5 * z), mpf(5 * w)) for z, w in zip(nodes, weights, strict=True)]

        def rule(variance: mpf) -> mpf:
            tilted = (w * mp.exp(mp.sqrt(variance) * z - z * z / 2) for z, w in points)
            return mp.fsum(tilted) / mp.sqrt(2 * mp.pi)

        expected = [float(mp.diff(rule, mpf(v), k, h=mpf(v) * mpf("1e-9"))) for k in range(3)]
    found = [float(c[0]) for c in expectation(np.array([v]))]
    assert_allclose(found, expected, rtol=SOLVED)


def test_mean_field_errors_are_where_the_slope_vanishes(posed: tuple) -> None:
    units, _ = posed
    shared, own = point(evidence_bound)
    for _ in range(200):
        shared[5:10] = np.log(mean_field_errors(units, shared, own))
    assert_allclose(evidence_bound(units, shared, own).gradient[5:10], 0.0, rtol=0, atol=ROUNDING)
