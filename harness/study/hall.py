"""Where replicates are worked on: this process, worker processes, or a Dask cluster.

Whoever works, a piece of work is a pure function of its arguments, and its answer is in the store
before anything builds on it: a run that was killed goes on where it stood, to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from harness.engines.workers import Outcome, called, in_workers
from harness.errors import Defect, HarnessError
from harness.study.answers import Bench
from harness.study.cluster import Cluster
from harness.study.work import Hands, Work, piece_by_piece

# Pieces that wait for worker processes at a time: memory does not grow with their number, and the
# workers are idle at the end of each such lot only, for a thousandth of its time or two.
AT_ONCE = 500


def carry_out(works: Iterable[Work], bench: Bench, cluster: Cluster | None = None) -> None:
    """Do what the store does not hold.

    Parameters
    ----------
    works : iterable of Work
        Read as the work goes on.
    cluster : Cluster, optional
        Does all of it in place of this machine.

    Raises
    ------
    HarnessError
        If there is nobody to work, or a defect ends a piece; what was done until then is in the
        store.
    """
    hands: Hands = partial(_on_this_machine, bench=bench) if cluster is None else cluster.work
    # A cluster blames a death on everything that the worker had before it.
    again = hands if cluster is None else cluster.one_by_one
    hands, again = partial(_without_defects, hands), partial(_without_defects, again)
    broken = []
    for work, outcome in hands(_not_held(works, bench)):
        if outcome.reason is None:
            _keep(work, outcome.value, bench)
        else:
            broken.append(work)
    for work in broken:
        _keep(work, piece_by_piece(work, again), bench)


def _without_defects(hands: Hands, works: Iterable[Work]) -> Iterator[tuple[Work, Outcome]]:
    """Work until a call raises: it would for every replicate, and none says anything."""
    for work, outcome in hands(works):
        if outcome.defect:
            raise Defect.of(work.name, str(outcome.reason))
        yield work, outcome


def _not_held(works: Iterable[Work], bench: Bench) -> Iterator[Work]:
    for work in works:
        if bench.store.holds(work.key):
            bench.tick(work.name)
        else:
            yield work


def _keep(work: Work, answer: Any, bench: Bench) -> None:
    bench.store.put(work.key, answer)
    bench.tick(work.name)


def _on_this_machine(works: Iterable[Work], bench: Bench) -> Iterator[tuple[Work, Outcome]]:
    lot: list[Work] = []
    for work in works:
        if work.here:
            function, arguments = work.call
            yield work, called(function, *arguments, threads=bench.jobs)
            continue
        lot.append(work)
        if len(lot) == AT_ONCE:
            yield from _by_workers(lot, bench)
            lot = []
    yield from _by_workers(lot, bench)


def _by_workers(lot: list[Work], bench: Bench) -> Iterator[tuple[Work, Outcome]]:
    if not lot:
        return
    calls = [work.call for work in lot]
    for place, outcome in in_workers(calls, bench.jobs, bench.time_limit):
        if not outcome.begun:
            # A machine that starts no process says nothing about a replicate.
            raise HarnessError(f"{outcome.reason}: what was done is kept, run the same again")
        yield lot[place], outcome
