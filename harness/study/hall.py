"""Where replicates are worked on: this process, worker processes, or a Dask cluster.

Whoever works, a piece of work is a pure function of its arguments, and its answer is in the store
before anything builds on it: a run that was killed goes on where it stood, to the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.engines.workers import Call, in_workers
from harness.errors import ConfigError, EngineUnavailable
from harness.study.answers import Bench


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
        The same cut into its smallest pieces, for when a worker died over it; empty for one that
        is such a piece.
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


def carry_out(works: Sequence[Work], bench: Bench, dask: str | None = None) -> None:
    """Do what the store does not hold.

    Parameters
    ----------
    dask : str, optional
        Address of the scheduler of a Dask cluster that does all of it.

    Raises
    ------
    ConfigError
        If there is no such scheduler.
    EngineUnavailable
        If the package distributed is not installed.
    """
    waiting = []
    for work in works:
        if bench.store.holds(work.key):
            bench.tick(work.name)
        else:
            waiting.append(work)
    if dask is not None:
        _on_a_cluster(waiting, bench, dask)
        return
    for work in waiting:
        if work.here:
            function, arguments = work.call
            _kept(work, function(*arguments, threads=bench.jobs), bench)
    _in_workers([work for work in waiting if not work.here], bench)


def _kept(work: Work, answer: Any, bench: Bench) -> None:
    bench.store.put(work.key, answer)
    bench.tick(work.name)


def _in_workers(works: Sequence[Work], bench: Bench) -> None:
    broken = []
    calls = [work.call for work in works]
    for place, outcome in in_workers(calls, bench.jobs, bench.time_limit):
        if outcome.reason is None:
            _kept(works[place], outcome.value, bench)
        else:
            broken.append((works[place], outcome.reason))
    for work, reason in broken:
        _kept(work, _piece_by_piece(work, reason, bench), bench)


def _piece_by_piece(work: Work, reason: str, bench: Bench) -> Any:
    pieces = work.alone()
    if not pieces:
        return work.lost(reason)
    answers: dict[int, Any] = {}
    calls = [piece.call for piece in pieces]
    for place, outcome in in_workers(calls, bench.jobs, bench.time_limit):
        failed = outcome.reason
        answers[place] = outcome.value if failed is None else pieces[place].lost(failed)
    return work.joined([answers[k] for k in range(len(pieces))])


def _on_a_cluster(works: Sequence[Work], bench: Bench, address: str) -> None:
    client = _client(address)
    try:
        futures = {_submitted(client, work): work for work in works}
        for future in _completed(list(futures)):
            _kept(futures[future], future.result(), bench)
    finally:
        client.close()


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise EngineUnavailable(
            "--dask needs the package distributed: pip install 'glmm-harness[dask]'"
        ) from None
    try:
        return Client(address, timeout="30s")
    except (OSError, ValueError, TimeoutError) as error:
        raise ConfigError(
            f"--dask {address}: no scheduler answers there ({error}): start one by `dask scheduler`"
            " and give its address, such as tcp://127.0.0.1:8786"
        ) from None


def _submitted(client: Any, work: Work) -> Any:
    function, arguments = work.call
    # Under the key of the store: a piece that is asked for twice is worked on once.
    return client.submit(
        function, *arguments, **({"threads": 1} if work.here else {}), key=work.key, retries=2
    )


def _completed(futures: list[Any]) -> Iterator[Any]:
    from distributed import as_completed

    yield from as_completed(futures)
