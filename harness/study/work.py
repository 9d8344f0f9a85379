"""A piece of work, and what is settled about one over which a worker died."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.engines.workers import Call, Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A piece of work.

    Attributes
    ----------
    call : Call
    key, name : str
    here : bool
        Whether it runs in this process, on all cores by threads of its own.
    alone : callable
        The same cut into its smallest pieces, for when a worker died over it.
    joined : callable
        From the answers of the smallest pieces to that of the whole.
    lost : callable
        What stands for the answer of a smallest piece that no worker survives, given the reason.
    """

    call: Call
    key: str
    name: str
    here: bool
    alone: Callable[[], Sequence[Work]]
    joined: Callable[[Sequence[Any]], Any]
    lost: Callable[[str], Any]


# Whoever works on pieces: asks for them as it goes, and yields them as they are done.
Hands = Callable[[Iterable[Work]], Iterator[tuple[Work, Outcome]]]


def piece_by_piece(work: Work, hands: Hands) -> Any:
    """Return the answer of a piece over which a worker died: only what kills again is lost."""
    pieces = work.alone()
    answers = {
        piece.key: outcome.value if outcome.reason is None else piece.lost(outcome.reason)
        for piece, outcome in hands(pieces)
    }
    return work.joined([answers[piece.key] for piece in pieces])
