"""Data in lanes: strips and padding change no number, and the exponential is right."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from harness.design import Design
from harness.glmm import lanes
from harness.glmm.exponential import OVERFLOW, UNDERFLOW, exponential
from harness.glmm.laplace import Objective
from tests.glmm.panels import TRUTH, simulated

# Sums run in another order; the Hessian's entries cancel more than the gradient's.
ROUNDING = 1e-11
# Units in the last place: right to the last digit, which may be rounded the other way.
ULPS = 1.5


def unbalanced(family: str, random: str) -> Design:
    """Groups of one to seven rows, in no order of length."""
    full = simulated(units=17, random=random)
    keep = np.arange(full.nobs) % 7 < 1 + (full.groups * 5) % 7
    return Design(
        full.endog[keep], full.exog[keep], full.groups[keep],
        exog_re=full.exog_re[keep] if full.exog_re.shape[1] else None, offset=full.offset[keep],
        random=full.random, family=family,
    )  # fmt: skip


@pytest.mark.parametrize("random", ["none", "intercept", "slope"])
@pytest.mark.parametrize("family", ["poisson", "nb2", "poisson-olre"])
def test_strips_and_padding_change_nothing(monkeypatch, family: str, random: str) -> None:
    design = unbalanced(family, random)
    points, scores = [], []
    for most in (1, 4, 192):
        monkeypatch.setattr(lanes, "LANES", most)
        objective = Objective.of(design)
        factor = np.array([[0.3, 0.0], [-0.03, 0.1]])[: objective.layout.q, : objective.layout.q]
        psi = objective.layout.join(TRUTH + 0.02, factor, 0.04)
        points.append(objective.at(psi, 2))
        scores.append(objective.scores(psi))
    assert len(Objective.of(design).lanes.lane) == 2
    for other, score in zip(points[1:], scores[1:], strict=True):
        assert other.value == pytest.approx(points[0].value, rel=ROUNDING, abs=0)
        np.testing.assert_allclose(other.u, points[0].u, rtol=0, atol=ROUNDING)
        for a, b in (
            (other.gradient, points[0].gradient), (other.hessian, points[0].hessian),
            (score, scores[0]),
        ):  # fmt: skip
            np.testing.assert_allclose(a, b, rtol=0, atol=ROUNDING * np.abs(b).max())


def test_one_strip_has_no_more_padding_than_its_longest_group_asks() -> None:
    arranged = Objective.of(unbalanced("poisson", "slope")).lanes
    assert np.sum(arranged.place >= 0) == unbalanced("poisson", "slope").nobs
    assert sorted(arranged.group) == list(range(17))
    assert len(arranged.place) == 17 * 7


@njit
def exponentials(x, out) -> None:
    for i in range(len(x)):
        out[i] = exponential(x[i])


def test_exponential_is_good_to_the_last_digit() -> None:
    x = np.concatenate([np.linspace(-745.0, 709.7, 100_001), np.linspace(-1.0, 1.0, 100_001)])
    out = np.empty_like(x)
    exponentials(x, out)
    assert np.max(np.abs(out - np.exp(x)) / np.spacing(np.exp(x))) < ULPS


def test_exponential_beyond_double_precision() -> None:
    x = np.array([-np.inf, -1e4, UNDERFLOW * 1.001, OVERFLOW * 1.001, np.inf, np.nan, 0.0])
    out = np.empty_like(x)
    exponentials(x, out)
    np.testing.assert_array_equal(out, [0.0, 0.0, 0.0, np.inf, np.inf, np.nan, 1.0])
