"""Worker processes that fit: a crash, a hang or a kill costs one fit and nothing else."""

from __future__ import annotations

import atexit
import concurrent.futures
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import pebble

from harness.cores import check_jobs
from harness.design import Design
from harness.engines import Engine, FitOptions, engine
from harness.engines.context import WorkerContext, workers_folder
from harness.errors import ConfigError, EngineUnavailable, HarnessError
from harness.result import FitResult


@dataclass(frozen=True, slots=True)
class Task:
    """One fit to do."""

    design: Design
    engine: str
    options: FitOptions


def fit_task(task: Task) -> FitResult:
    """Fit here and now; whatever goes wrong becomes a result that says so.

    Raises
    ------
    EngineUnavailable
        If the engine cannot run at all: no fit of the run would succeed.
    """
    chosen, design = engine(task.engine), task.design
    reason = chosen.refusal(
        design.family, design.covariance, design.response, task.options.se_method
    )
    if reason is not None:
        return failed(task, reason)
    try:
        return chosen.fit(design, task.options)
    except EngineUnavailable:
        raise
    except HarnessError as error:
        return failed(task, str(error))
    except Exception as error:  # noqa: BLE001 - one fit's defect must not end the run
        return failed(task, f"{type(error).__name__}: {error}")


def failed(task: Task, reason: str) -> FitResult:
    """Return the failed result of a task."""
    chosen: Engine = engine(task.engine)
    return FitResult.failed(
        reason,
        design=task.design,
        engine=chosen.name,
        engine_version=chosen.version(),
        language=chosen.language,
        method=chosen.method,
        estimator=chosen.estimator,
        settings=task.options.settings,
        se_method=task.options.se_method,
        seconds=0.0,
        reproduce="",
    )


# Seconds in which a worker begins, where every core has one process to run: fifteen times what
# its imports take. Among more processes each gets so much less of a core.
STALL_LIMIT = 60.0
Future = concurrent.futures.Future[Any]
_POOLS: dict[int, pebble.ProcessPool] = {}


def _pool(jobs: int) -> pebble.ProcessPool:
    """Return the pool of so many workers; a new one where the last broke (all workers killed)."""
    pool = _POOLS.get(jobs)
    if pool is None or not pool.active:
        workers_folder()  # removed after the workers have ended: what is registered last goes first
        pool = pebble.ProcessPool(
            max_workers=jobs, initializer=_off_the_output, context=WorkerContext()
        )
        atexit.register(_end, pool)
        _POOLS[jobs] = pool
    return pool


def _off_the_output() -> None:
    """Send what R and rpy2 print to the error output: the output is the caller's."""
    os.dup2(2, 1)


def _end(pool: pebble.ProcessPool) -> None:
    pool.stop()
    pool.join()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call in a worker came to: a value, or the reason why there is none.

    ``begun`` is whether a worker is known to have taken it up, ``defect`` whether the call itself
    raised, so that it would again.
    """

    value: Any = None
    reason: str | None = None
    begun: bool = True
    defect: bool = False

    def or_failed(self, task: Task) -> FitResult:
        """Return the fit, or the failed result of its task."""
        result: FitResult = self.value if self.reason is None else failed(task, self.reason)
        return result


Call = tuple[Callable[..., Any], tuple[Any, ...]]


def called(function: Callable[..., Any], *arguments: Any, **more: Any) -> Outcome:
    """Call a function; a defect becomes a reason, which costs this call and no other.

    Its words are taken where it is met: an exception may not survive the way to another process,
    and one that asks to exit must not end the caller.

    Raises
    ------
    HarnessError
        What is no defect: a person is to be told, as of an engine that cannot run.
    """
    try:
        return Outcome(function(*arguments, **more))
    except (HarnessError, MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - one call's defect must not end the run
        return Outcome(reason=f"{type(error).__name__}: {error}", defect=True)


def in_workers(
    calls: Sequence[Call], jobs: int, time_limit: float
) -> Iterator[tuple[int, Outcome]]:
    """Call every function in a worker process; yield (place, outcome) as they finish.

    A call that raises what is no HarnessError, or that takes too long, has a reason for outcome.
    The pool stays for later calls, with R loaded; it ends with this process. Should every worker
    have been killed while idle, or one have been killed while it held the queue, so that none of
    the others gets any work, the calls go to a new pool.

    Raises
    ------
    ConfigError
        For less than one worker, more than a machine bears, or no time.
    """
    check_jobs(jobs)
    if not time_limit > 0:
        raise ConfigError(f"time_limit is {time_limit}: it must be above 0 seconds")
    waiting = dict(enumerate(calls))
    for again in (True, False):
        pool = _pool(jobs)
        futures: dict[Future, int] = {
            pool.schedule(called, args=[function, *arguments]): place
            for place, (function, arguments) in waiting.items()
        }
        try:
            for future in _finished(futures, time_limit):
                outcome = _outcome(future, time_limit)
                if again and not outcome.begun:
                    continue
                del waiting[futures[future]]
                yield futures[future], outcome
        finally:
            # Of a caller who does not want the rest: an interrupt, an error between two answers.
            for future in futures:
                future.cancel()
        if not waiting:
            return
        _end(pool)
    for place in waiting:
        yield (
            place,
            Outcome(
                reason=f"no worker process began within {_patience():.0f} seconds", begun=False
            ),
        )


def _patience() -> float:
    """Return the seconds that a worker may take to begin, as busy as the machine is now."""
    try:
        waiting = os.getloadavg()[0]
    except OSError:  # some containers do not tell
        waiting = 0.0
    # The load is the whole machine's, so it is shared by all its cores, not by this process's own.
    return STALL_LIMIT * max(1.0, waiting / (os.cpu_count() or 1))


# Seconds between two looks at what the workers are at.
LOOK = 1.0


def _finished(futures: Iterable[Future], time_limit: float) -> Iterator[Future]:
    """Yield futures as they finish, until all have or none has been worked on for too long.

    One past its time is cancelled, which ends its worker. The pool could do so itself, but goes
    by the clock of the wall: one that is set forward would end every fit, one set back none.
    """
    order = {future: k for k, future in enumerate(futures)}
    pending, worked = set(order), time.monotonic()
    begun = dict[Future, float]()
    while pending and time.monotonic() - worked < _patience():
        done, pending = concurrent.futures.wait(
            pending, timeout=LOOK, return_when=concurrent.futures.FIRST_COMPLETED
        )
        now = time.monotonic()
        begun = {future: begun.get(future, now) for future in pending if future.running()}
        late = {f for f, since in begun.items() if now - since > time_limit and f.cancel()}
        pending -= late
        if done or begun:
            worked = now
        # In order: where one ends the run, those before it are kept.
        yield from sorted(done | late, key=order.__getitem__)


def _outcome(future: Future, time_limit: float) -> Outcome:
    try:
        outcome: Outcome = future.result()
    except concurrent.futures.CancelledError:
        return Outcome(reason=f"no answer within {time_limit:g} seconds: given up")
    except MemoryError:
        return Outcome(reason="the worker process ran out of memory")
    except BrokenProcessPool:
        return Outcome(reason="the worker processes died before they could fit", begun=False)
    except pebble.ProcessExpired as error:
        return Outcome(reason=f"the worker process died in mid-fit ({_death(error.exitcode)})")
    return outcome


def _death(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"signal {-exitcode}"
    return f"exit code {exitcode}"
