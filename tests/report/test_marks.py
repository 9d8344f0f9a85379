"""Patterns a to d on fits whose intervals and covariances are written by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness.report.products.marks import contrast_z, marks_of

TERMS = ("intercept", "pre", "step0", "step1", "post")
Z = 1.959963984540054  # of the 95 % interval
SE = 0.01
ROUNDING = 1e-12


def fit_of(
    pre: float, step0: float, step1: float, post: float, rho: float = 0.0, **more: Any
) -> dict[str, Any]:
    """A fit with these stages, one standard error for all and one correlation between all."""
    estimates = dict(zip(TERMS, (1.0, pre, step0, step1, post), strict=True))
    return {
        "params": {
            term: {"estimate": b, "se": SE, "ci_low": b - Z * SE, "ci_high": b + Z * SE}
            for term, b in estimates.items()
        },
        "cov_params": [[SE**2 * (1.0 if i == j else rho) for j in range(5)] for i in range(5)],
        "failure": None, "converged": True, "unbounded": [],
    } | more  # fmt: skip


CASES = {
    # pre, step0, step1, post, correlation: by intervals, by Wald
    "nothing": ((0.0, 0.0, 0.0, 0.0, 0.0), "", ""),
    "spike": ((0.01, 0.10, -0.05, 0.01, 0.0), "ab", "ab"),
    "a rise that only carries on": ((0.10, 0.10, 0.0, 0.0, 0.0), "", ""),
    # 3 SE apart: the intervals overlap (4 SE wide together), z = 3/sqrt(2) = 2.1 does not
    "above by the contrast alone": ((0.03, 0.06, 0.0, 0.0, 0.0), "", "a"),
    # 5 SE apart: intervals that do not overlap imply the contrast, whatever the covariance
    "above, negative correlation": ((0.03, 0.08, 0.0, 0.0, -0.2), "a", "a"),
    "a rise from a fall": ((-0.05, 0.03, 0.0, 0.0, 0.0), "a", "a"),
    "a fall after no rise": ((0.0, 0.01, -0.05, 0.0, 0.0), "", ""),
    "levelling off": ((0.10, 0.10, 0.0, 0.03, 0.0), "c", "c"),
    "levelling off from a fall": ((-0.10, 0.0, 0.0, -0.03, 0.0), "c", "c"),
    "levelling by the contrast alone": ((0.06, 0.0, 0.0, 0.03, 0.0), "", "c"),
    "levelling from a fall by the contrast alone": ((-0.06, 0.0, 0.0, -0.03, 0.0), "", "c"),
    "steeper afterwards": ((0.03, 0.0, 0.0, 0.10, 0.0), "", ""),
    "steeper fall afterwards": ((-0.03, 0.0, 0.0, -0.10, 0.0), "", ""),
    "reversal": ((0.05, 0.0, 0.0, -0.05, 0.0), "d", "d"),
    "reversal from a fall": ((-0.05, 0.0, 0.0, 0.05, 0.0), "d", "d"),
    "no clear trend afterwards": ((0.10, 0.0, 0.0, 0.01, 0.0), "", ""),
    "everything at once": ((0.05, 0.20, -0.10, -0.05, 0.0), "abd", "abd"),
}


@pytest.mark.parametrize(("numbers", "overlap", "wald"), CASES.values(), ids=CASES.keys())
def test_marks(numbers, overlap, wald):
    found = marks_of(fit_of(*numbers))
    assert (found.overlap, found.wald) == (frozenset(overlap), frozenset(wald))
    for letter, stage in {"a": "step0", "b": "step1", "c": "post", "d": "post"}.items():
        shown = found.text(stage).split()
        assert (letter in shown) == (letter in overlap and letter in wald)
        assert (f"({letter})" in shown) == ((letter in overlap) != (letter in wald))


@pytest.mark.parametrize("rho", [-0.2, 0.0, 0.7])
def test_the_contrast_uses_the_covariance(rho):
    z = contrast_z(fit_of(0.02, 0.05, 0.0, 0.0, rho), "step0", "pre")
    expected = 0.03 / math.sqrt(2 * SE**2 * (1 - rho))
    assert z == pytest.approx(expected, rel=ROUNDING, abs=0)


def test_without_a_covariance_the_interval_rule_stands_alone():
    found = marks_of(fit_of(0.01, 0.10, -0.05, 0.01, cov_params=None))
    assert found.wald is None
    assert (found.text("step0"), found.text("step1")) == ("a", "b")


@pytest.mark.parametrize("fault", [{"converged": False}, {"failure": "killed"}])
def test_an_unreliable_fit_has_no_marks(fault):
    found = marks_of(fit_of(0.01, 0.10, -0.05, 0.01, **fault))
    assert found.overlap == frozenset()
