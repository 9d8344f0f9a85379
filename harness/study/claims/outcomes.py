"""What a claim can come to, and how outcomes of its statements combine (Kleene's strong logic)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

Outcome = Literal["supported", "contradicted", "undecided", "not testable"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
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

    Half of them contradicted leave no more than half.
    """
    if 2 * outcomes.count("supported") > len(outcomes):
        return "supported"
    if 2 * outcomes.count("contradicted") >= len(outcomes):
        return "contradicted"
    return "not testable" if set(outcomes) == {"not testable"} else "undecided"


def opposite(outcome: Outcome) -> Outcome:
    """Return what the denial of a statement comes to."""
    return _OPPOSITE.get(outcome, outcome)


def unless_supported(outcome: Outcome) -> Outcome:
    """Return what it comes to where what is not shown counts as not being there."""
    found: dict[Outcome, Outcome] = {
        "supported": "contradicted",
        "not testable": "not testable",
    }
    return found.get(outcome, "supported")
