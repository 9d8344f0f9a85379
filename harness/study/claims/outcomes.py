"""What a claim can come to, and how outcomes of its statements combine (Kleene's strong logic)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Outcome = Literal["supported", "contradicted", "undecided", "not testable"]

# Of several statements that must all hold the first of these that is there; of several of which
# one suffices, the same with supported and contradicted exchanged.
_ALL: tuple[Outcome, ...] = ("contradicted", "not testable", "undecided", "supported")
_ANY: tuple[Outcome, ...] = ("supported", "not testable", "undecided", "contradicted")
_OPPOSITE: dict[Outcome, Outcome] = {"supported": "contradicted", "contradicted": "supported"}


def all_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Return what statements come to that must all hold."""
    return min(outcomes, key=_ALL.index)


def any_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Return what statements come to of which one suffices."""
    return min(outcomes, key=_ANY.index)


def most_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Return what statements come to of which more than half must hold.

    Those without data are left out; undecided ones count for neither side.
    """
    told = [outcome for outcome in outcomes if outcome != "not testable"]
    if not told:
        return "not testable"
    for outcome in ("supported", "contradicted"):
        if 2 * told.count(outcome) > len(told):
            return outcome
    return "undecided"


def opposite(outcome: Outcome) -> Outcome:
    """Return what the denial of a statement comes to."""
    return _OPPOSITE.get(outcome, outcome)
