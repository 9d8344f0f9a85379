"""Holm and Benjamini-Hochberg on numbers that can be worked by hand."""

from __future__ import annotations

import pytest

from harness.scrutiny.multiplicity import Adjusted, adjusted

# One product.
ROUNDING = 1e-14


def test_by_hand() -> None:
    """Sorted .005 .01 .03 .04: Holm 4p, 3p, 2p, p, never falling; BH 4p/1, 4p/2, 4p/3, 4p/4."""
    found = adjusted({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert [one.measure for one in found] == ["a", "b", "c", "d"]
    assert [one.holm for one in found] == pytest.approx(
        [0.03, 0.06, 0.06, 0.02], rel=ROUNDING, abs=0
    )
    assert [one.benjamini_hochberg for one in found] == pytest.approx(
        [0.02, 0.04, 0.04, 0.02], rel=ROUNDING, abs=0
    )
    assert [one.significant for one in found] == [True] * 4
    assert [one.survives_holm for one in found] == [True, False, False, True]
    assert [one.survives_benjamini_hochberg for one in found] == [True] * 4
    assert {one.tests for one in found} == {4}


@pytest.mark.parametrize("p", [0.0, 0.03, 1.0])
def test_a_measure_alone_is_not_adjusted(p: float) -> None:
    (one,) = adjusted({"a": p})
    assert (one.holm, one.benjamini_hochberg) == (p, p)


def test_nothing_tested() -> None:
    assert adjusted({}) == ()


def test_no_adjusted_value_exceeds_one() -> None:
    assert [(one.holm, one.benjamini_hochberg) for one in adjusted({"a": 0.9, "b": 0.8})] == [
        (1.0, 0.9),
        (1.0, 0.9),
    ]


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize(("p", "says"), [(0.049, True), (0.05, False)])
def test_each_answer_goes_by_its_own_value(which: int, p: float, says: bool) -> None:
    values = [0.01 if not says else 0.9] * 3
    values[which] = p
    one = Adjusted("a", *values, tests=2)
    answers = (one.significant, one.survives_holm, one.survives_benjamini_hochberg)
    assert answers == tuple(says if k == which else not says for k in range(3))
