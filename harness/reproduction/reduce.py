"""Drop units by halves for as long as something stays true: delta debugging."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to go on: trials make a rerun the same, seconds end what hangs."""

    trials: int = 24
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Reduced(Generic[Kept]):
    """What is left, what the last trial that held came to, and why it ended there.

    Attributes
    ----------
    units : tuple of int
    found : Kept or None
        Of the trial on these units; None where it did not hold on all of them.
    ended : str
    """

    units: tuple[int, ...]
    found: Kept | None
    ended: str


def reduced(
    units: Sequence[int], trial: Callable[[Sequence[int]], Kept | None], budget: Budget
) -> Reduced[Kept]:
    """Return few units on which a trial still holds.

    Zeller & Hildebrandt (2002), IEEE Trans Softw Eng 28:183: parts of the units, then all but a
    part, then finer parts, until none can go or the budget is spent.

    Parameters
    ----------
    trial : callable
        None where it does not hold on these units, else what it came to.
    """
    kept, parts, began = tuple(units), 2, time.monotonic()
    found = trial(kept)
    if found is None:
        return Reduced(kept, None, "it does not happen again when both are fitted anew")
    left = budget.trials - 1
    while True:
        for fewer, next_parts in _candidates(kept, parts):
            if left == 0:
                return Reduced(kept, found, f"{budget.trials} trials were made")
            if time.monotonic() - began > budget.seconds:
                return Reduced(kept, found, f"{budget.seconds:g} seconds were over")
            left -= 1
            again = trial(fewer)
            if again is not None:
                kept, found, parts = fewer, again, next_parts
                break
        else:
            if parts >= len(kept):
                return Reduced(kept, found, "no unit can be left out")
            parts = min(2 * parts, len(kept))


def _candidates(units: tuple[int, ...], parts: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield each part alone, then all but each part, with the number of parts to go on with."""
    edges = [len(units) * k // parts for k in range(parts + 1)]
    slices = list(pairwise(edges))
    if len(units) < 2:
        return
    for low, high in slices:
        yield units[low:high], 2
    for low, high in slices if parts > 2 else ():
        yield units[:low] + units[high:], max(parts - 1, 2)
