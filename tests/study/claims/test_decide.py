"""Decisions from intervals, by the test of a difference and by the overlap of two intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from harness.study.claims.decide import MARGIN, Bounds, decide, decide_as_printed

# scipy's quantiles against the same quantiles: the last digits only.
ROUNDING = 1e-12


def at(estimate: float, se: float = 0.01) -> Bounds:
    return Bounds.wald(estimate, se)


@pytest.mark.parametrize("df", [math.inf, 32.0, 4.0])
def test_intervals_are_of_t_where_degrees_of_freedom_are_finite(df: float) -> None:
    found = Bounds.wald(0.3, 0.1, df)
    for low, high, level in (
        (found.low, found.high, 0.95),
        (found.low90, found.high90, 0.90),
    ):
        half = scipy.stats.t(df).ppf((1 + level) / 2) * 0.1
        np.testing.assert_allclose([low, high], [0.3 - half, 0.3 + half], rtol=ROUNDING)


@pytest.mark.parametrize(
    ("sign", "estimate", "expected"),
    [
        (">", 0.05, "supported"),
        (">", -0.05, "contradicted"),
        (">", 0.01, "undecided"),
        ("<", -0.05, "supported"),
        ("<", 0.05, "contradicted"),
        ("<", -0.01, "undecided"),
        (">~", 0.05, "supported"),
        (">~", 0.0, "supported"),
        (">~", -0.01, "undecided"),
        (">~", -0.05, "contradicted"),
        ("~", 0.0, "supported"),
        ("~", 0.01, "undecided"),
        ("~", 0.05, "contradicted"),
        ("~", -0.05, "contradicted"),
    ],
)
def test_a_difference_decides(sign, estimate: float, expected: str) -> None:
    assert decide(sign, at(estimate)) == expected


@pytest.mark.parametrize("se", [0.001, 0.004, 0.006, 0.012, 0.02])
@pytest.mark.parametrize("estimate", np.linspace(-0.06, 0.06, 25))
def test_no_further_apart_than_the_margin_is_two_one_sided_tests(estimate, se: float) -> None:
    z = scipy.stats.norm.ppf(0.95)
    within = (estimate + MARGIN) / se > z and (MARGIN - estimate) / se > z
    assert (decide("~", at(estimate, se)) == "supported") == within


@pytest.mark.parametrize(
    ("sign", "left", "right", "expected"),
    [
        # 95 % intervals of half width 0.0196.
        (">", 0.10, 0.05, "supported"),
        (">", 0.10, 0.07, "undecided"),
        (">", 0.05, 0.10, "contradicted"),
        ("<", 0.05, 0.10, "supported"),
        (">", 0.03, None, "supported"),
        (">", 0.01, None, "undecided"),
        ("<", 0.03, None, "contradicted"),
        ("~", 0.01, None, "supported"),
        ("~", 0.03, None, "contradicted"),
        ("~", 0.10, 0.05, "contradicted"),
        (">~", 0.10, 0.05, "supported"),
        (">~", 0.05, 0.10, "contradicted"),
    ],
)
def test_the_printed_rule_is_about_intervals(sign, left, right, expected: str) -> None:
    assert decide_as_printed(sign, at(left), None if right is None else at(right)) == expected


@pytest.mark.parametrize("gap", np.linspace(0.0, 0.1, 21))
def test_intervals_that_do_not_overlap_differ_by_every_test(gap: float) -> None:
    left, right = Bounds.wald(gap, 0.01), Bounds.wald(0.0, 0.015)
    dependent = Bounds.wald(gap, 0.025)
    independent = Bounds.wald(gap, math.hypot(0.01, 0.015))
    apart = decide_as_printed(">", left, right) == "supported"
    assert apart == (decide(">", dependent) == "supported")
    if apart:
        assert decide(">", independent) == "supported"
