"""Replicates cut into pieces of fixed size, each a pure function of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from harness.engines.workers import Call
from harness.errors import HarnessError
from harness.study.store import ResultStore, digest
from harness.study.work import Work

# Replicates that are summed up, and may be stopped after, together; and those that one call of a
# worker does, so that a lost one costs little. The first is a multiple of the second.
BATCH = 200
PIECE = 10
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, eq=False)
class Pieces(Generic[Answer]):
    """How the replicates of one process are worked on, and found again.

    Attributes
    ----------
    key, name : str
    here : bool
        Whether whole batches are done in this process, on all cores.
    call : callable
        From numbers of replicates to the call that answers for them.
    joined : callable
        From answers for some replicates to that for all of them.
    lost : callable
        The answer for one replicate over which every worker died.
    """

    key: str
    name: str
    here: bool
    call: Callable[[Sequence[int]], Call]
    joined: Callable[[Iterable[Answer]], Answer]
    lost: Callable[[], Answer]

    def works(self, numbers: Sequence[int]) -> Iterator[Work]:
        """Yield the work that replicates of these numbers need."""
        for at in range(0, len(numbers), self._size):
            yield self._work(numbers[at : at + self._size])

    def count(self, replicates: int) -> int:
        """Pieces that so many replicates make."""
        return -(-replicates // self._size)

    @property
    def _size(self) -> int:
        return BATCH if self.here else PIECE

    def _work(self, numbers: Sequence[int]) -> Work:
        return Work(
            call=self.call(numbers),
            key=digest(self.key, list(numbers)),
            name=f"{self.name}/{numbers[0]}-{numbers[-1]}",
            here=self.here,
            alone=lambda: [self._work([k]) for k in numbers],
            joined=self.joined,
            lost=lambda reason: self.lost(),
        )

    def found(self, store: ResultStore, numbers: Sequence[int]) -> Iterator[Answer]:
        """Yield what was found, a batch at a time, from the store.

        Raises
        ------
        HarnessError
            If the store has lost a piece.
        """
        for at in range(0, len(numbers), BATCH):
            works = self.works(numbers[at : at + BATCH])
            yield self.joined(_held(store, work) for work in works)


def _held(store: ResultStore, work: Work) -> Any:
    found = store.get(work.key)
    if found is None:
        raise HarnessError(
            f"the store of results has lost {work.name}: run it again, and it is drawn again"
        )
    return found
