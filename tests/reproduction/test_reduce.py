"""Units are dropped for as long as something stays true, in few trials, the same ones each time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.reproduction.reduce import Budget, Reduced, reduced

COUNT = 40


def run(needed: set[int], budget: Budget) -> tuple[Reduced[int], list[tuple[int, ...]]]:
    tried: list[tuple[int, ...]] = []

    def trial(units: Sequence[int]) -> int | None:
        tried.append(tuple(units))
        return len(units) if needed <= set(units) else None

    return reduced(range(COUNT), trial, budget), tried


@pytest.mark.parametrize("needed", [{0}, {39}, {3, 4}, {2, 17, 38}, set(range(40))])
def test_what_is_needed_is_all_that_stays(needed: set[int]) -> None:
    found, tried = run(needed, Budget(trials=2000))
    assert set(found.units) == needed
    assert found.found == len(needed)
    assert found.ended == "no unit can be left out"
    assert run(needed, Budget(trials=2000))[1] == tried


@pytest.mark.parametrize("trials", [1, 2, 7])
def test_trials_are_bounded(trials: int) -> None:
    found, tried = run({2, 17, 38}, Budget(trials=trials))
    assert len(tried) == trials
    assert {2, 17, 38} <= set(found.units)
    assert found.ended == f"{trials} trials were made"


def test_seconds_are_bounded() -> None:
    found, tried = run({5}, Budget(seconds=0.0))
    assert len(tried) == 1
    assert len(found.units) == COUNT
    assert found.ended == "0 seconds were over"


def test_what_does_not_happen_again_is_not_reduced() -> None:
    found, tried = run({COUNT}, Budget())
    assert (found.found, len(found.units), len(tried)) == (None, COUNT, 1)
