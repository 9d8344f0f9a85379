"""A Dask cluster that works on pieces.

Its workers have to run the code and the versions that the keys of the store stand for; every
piece is refused by one that does not.
"""

from __future__ import annotations

import itertools
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.engines.workers import Outcome, called
from harness.errors import ConfigError, EngineUnavailable, HarnessError
from harness.study.store import simulation_code
from harness.study.work import Work

# Seconds to wait for the scheduler, and for its first worker.
PATIENCE = 10
TRIES = 3
# Pieces that the cluster holds at a time: so many a thread, and so many at least. Their arguments
# and answers are all that memory has to hold, however many there are.
PER_THREAD, AT_LEAST = 4, 64


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A cluster of which this process is a client."""

    address: str
    client: Any

    def work(self, works: Iterable[Work]) -> Iterator[tuple[Work, Outcome]]:
        """Yield works as they are done; some more are handed in for each.

        Raises
        ------
        ConfigError
            If a worker lacks this package, or has another version of what an answer depends on.
        HarnessError
            If the cluster is gone.
        """
        from distributed import CancelledError
        from distributed.comm.core import CommClosedError

        try:
            yield from self._worked(works)
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"--dask {self.address}: a worker lacks the package {error.name}: install the same"
                " harness there"
            ) from None
        except (CancelledError, CommClosedError):
            raise HarnessError(
                f"--dask {self.address}: the scheduler is gone: what was done is kept, start it"
                " and run the same again"
            ) from None

    def _worked(self, works: Iterable[Work]) -> Iterator[tuple[Work, Outcome]]:
        from distributed import as_completed

        waiting, code = iter(works), simulation_code()
        running: dict[str, list[Work]] = {}
        done = as_completed()

        def hand_in(most: int) -> None:
            for work in itertools.islice(waiting, most):
                # Two methods that differ in their names alone have one key.
                if work.key in running:
                    running[work.key].append(work)
                else:
                    running[work.key] = [work]
                    done.add(self._submitted(work, code))

        hand_in(max(AT_LEAST, PER_THREAD * sum(self.client.nthreads().values())))
        for future in done:
            outcome = _outcome(future)
            for work in running.pop(future.key):
                yield work, outcome
                hand_in(1)

    def one_by_one(self, works: Iterable[Work]) -> Iterator[tuple[Work, Outcome]]:
        """Yield works as they are done, each handed in when the one before is done."""
        for work in works:
            yield from self.work([work])

    def _submitted(self, work: Work, code: str) -> Any:
        function, arguments = work.call
        own = {"threads": 1} if work.here else {}
        return self.client.submit(answer, code, function, arguments, own, key=work.key)


def _outcome(future: Any) -> Outcome:
    from distributed import KilledWorker

    try:
        outcome: Outcome = future.result()
    except KilledWorker:
        return Outcome(reason="worker after worker of the cluster died over it")
    return outcome


def answer(
    code: str, function: Callable[..., Any], arguments: tuple[Any, ...], own: dict[str, Any]
) -> Outcome:
    """Call a function, in a worker whose code is the one asked for.

    Raises
    ------
    ConfigError
        If it is another one: its answer would be kept under a key that promises this one.
    """
    if simulation_code() != code:
        raise ConfigError(
            f"--dask: the worker on {platform.node()} has other versions of the harness, or of what"
            " it fits with, than this machine: install the same there"
        )
    return called(function, *arguments, **own)


@contextmanager
def connected(address: str | None) -> Iterator[Cluster | None]:
    """Give the cluster at an address while it is needed; None for None.

    Raises
    ------
    ConfigError
        If no scheduler answers there, or it has no worker.
    EngineUnavailable
        If the package distributed is not installed.
    """
    if address is None:
        yield None
        return
    client = _client(address)
    try:
        yield Cluster(address, client)
    finally:
        client.close()


def _started(client: Callable[[], Any]) -> Any:
    """Call a client into being, again where its thread had not begun within ten seconds.

    distributed asserts that it has; a machine at its limits keeps a thread waiting for longer.
    """
    for _ in range(TRIES):
        try:
            return client()
        except AssertionError:
            continue
    raise TimeoutError("this machine was too busy to ask: try again later")


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise EngineUnavailable(
            "--dask needs the package distributed: pip install 'glmm-harness[dask]'"
        ) from None
    try:
        client = _started(lambda: Client(address, timeout=PATIENCE))
    except (OSError, ValueError, TimeoutError) as error:
        raise ConfigError(
            f"--dask {address}: no scheduler answers there ({' '.join(str(error).split())}): start"
            " one by `dask scheduler` and give its address, such as tcp://127.0.0.1:8786"
        ) from None
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        client.close()
        raise ConfigError(
            f"--dask {address}: the scheduler has no worker: start some by `dask worker {address}`"
        ) from None
    return client
