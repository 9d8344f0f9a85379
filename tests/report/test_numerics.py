from __future__ import annotations

import math

import numpy as np
import pytest

from harness.report.numerics import (
    chained_index,
    excludes_zero,
    percentage_change,
    stage_counts,
    wald_p,
)

TERMS = ("intercept", "pre", "step0", "step1", "post")
# Sums and products of a handful of floats of size 1 to 100.
ROUNDING = 1e-12


def test_stages_tile_the_window():
    # Columns intercept, pre, step0, step1, post; rows t = -3..3, by hand.
    expected = [
        [0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 2, 0, 0, 0],
        [0, 2, 1, 0, 0],
        [0, 2, 1, 1, 0],
        [0, 2, 1, 1, 1],
        [0, 2, 1, 1, 2],
    ]
    assert stage_counts((-3, 3), TERMS).tolist() == expected


def test_chained_index_is_the_product_of_the_stages():
    # Rates: 2 % more a year twice, 10 % less, 5 % less, 1 % more a year twice.
    rates = {"intercept": 7.0, "pre": 1.02, "step0": 0.9, "step1": 0.95, "post": 1.01}
    index = chained_index({k: math.log(v) for k, v in rates.items()}, None, TERMS, (-3, 3))
    expected = [100.0, 102.0, 104.04, 93.636, 88.9542, 89.843742, 90.74217942]
    np.testing.assert_allclose(index.index, expected, rtol=ROUNDING)
    assert index.t == (-3, -2, -1, 0, 1, 2, 3)
    assert index.low is None


def test_chained_limits_are_the_delta_method_by_hand():
    estimates = dict.fromkeys(TERMS, 0.0)
    cov = np.diag([9.0, 1e-4, 4e-4, 9e-4, 1e-4])
    cov[1, 2] = cov[2, 1] = -1e-4
    index = chained_index(estimates, cov.tolist(), TERMS, (-3, 3))
    # t = 0: 4 var(pre) + var(step0) + 2 * 2 * cov(pre, step0) = 4e-4 + 4e-4 - 4e-4.
    at_0 = 100 * math.exp(1.959963984540054 * math.sqrt(4e-4))
    # t = 3 adds var(step1) + 4 var(post) = 9e-4 + 4e-4.
    at_3 = 100 * math.exp(1.959963984540054 * math.sqrt(4e-4 + 13e-4))
    assert index.low is not None
    assert index.high is not None
    np.testing.assert_allclose(index.high[[0, 3, 6]], [100.0, at_0, at_3], rtol=ROUNDING)
    np.testing.assert_allclose(index.low * index.high, index.index**2, rtol=ROUNDING)


def test_windows_need_not_be_symmetric():
    index = chained_index({"pre": math.log(2.0), "step0": 0.0}, None, ("pre", "step0"), (-2, 0))
    np.testing.assert_allclose(index.index, [100.0, 200.0, 200.0], rtol=ROUNDING)


@pytest.mark.parametrize(
    ("b", "expected"),
    [(0.0, 0.0), (math.log(0.94), -6.0), (math.log(3.0), 200.0), (None, None), (1e4, None)],
)
def test_percentage_change(b, expected):
    found = percentage_change(b)
    assert found == (expected and pytest.approx(expected, rel=ROUNDING, abs=0))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.1, 0.2, True), (-0.2, -0.1, True), (-0.1, 0.2, False), (0.0, 0.2, False), (None, 1, None)],
)
def test_significance(low, high, expected):
    assert excludes_zero(low, high) is expected


def test_wald_p_is_two_sided():
    assert wald_p(-1.959963984540054, 1.0) == pytest.approx(0.05, rel=ROUNDING, abs=0)
    assert wald_p(1.0, None) is None
