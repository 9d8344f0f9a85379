"""R dies, hangs or is killed in a worker: that one fit is lost, and nothing else."""

from __future__ import annotations

import functools
import multiprocessing
import operator
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import popen_spawn_posix
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.engines import FitOptions, r_bridge, workers
from harness.engines.context import WorkerProcess, workers_folder
from harness.engines.workers import Outcome, Task, fit_task, in_workers
from tests.engines import in_worker
from tests.engines.panels import design
from tests.glmm.panels import simulated

ROOT = Path(__file__).resolve().parents[2]
# Long enough for anything here, short enough to end a test that waits for ever.
LIMIT = 120.0
PATIENCE = 60.0
DIED = "the worker process died in mid-fit"
GIVEN_UP = "no answer within 2 seconds: given up"


@functools.cache
def long_task(transport: Any = "rpy2") -> Task:
    """A fit that takes glmmTMB some seconds on any machine."""
    return Task(simulated(units=3000), "glmmtmb", FitOptions(transport=transport))


@functools.cache
def short_task() -> Task:
    return Task(design(), "glmmtmb", FitOptions(settings="default"))


def waited_for(condition: Callable[[], Any]) -> Any:
    """Return what the condition returns once it is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def processes() -> list[tuple[int, int, str]]:
    """Return (process, parent, command) of all that run."""
    listed = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
    return [(int(pid), int(parent), args) for pid, parent, args in rows if "defunct" not in args]


def kill_in_mid_fit(mark: Path, victim: Callable[[int], Any]) -> threading.Thread:
    """Kill, as soon as a worker has marked that it fits, the process that ``victim`` finds."""

    def wait_and_kill() -> None:
        waited_for(mark.exists)
        worker = int(mark.read_text())
        found = waited_for(lambda: victim(worker))
        time.sleep(0.3)  # into the fit
        os.kill(found, signal.SIGKILL)

    thread = threading.Thread(target=wait_and_kill)
    thread.start()
    return thread


def r_child(worker: int) -> int | None:
    return next((pid for pid, parent, _ in processes() if parent == worker), None)


def outcomes(calls: list[Any], limit: float = LIMIT, jobs: int = 1) -> list[Outcome]:
    found = dict(in_workers(calls, jobs, limit))
    return [found[at] for at in range(len(calls))]


@pytest.mark.needs_r
@pytest.mark.parametrize(
    ("transport", "victim", "reason"),
    [
        ("rpy2", lambda worker: worker, f"{DIED} (signal 9)"),
        ("rscript", r_child, "Rscript ended without an answer: exit code -9"),
    ],
    ids=["worker with rpy2", "Rscript"],
)
def test_r_killed_in_mid_fit(tmp_path: Path, transport: str, victim: Any, reason: str) -> None:
    short, long, mark = short_task(), long_task(transport), tmp_path / "mark"
    calls = [
        (fit_task, (short,)), (in_worker.marked_fit, (long, mark)), (fit_task, (short,))
    ]  # fmt: skip
    killer = kill_in_mid_fit(mark, victim)
    before, killed, after = outcomes(calls)
    killer.join()
    fit = killed.or_failed(long)
    assert fit.failure == reason
    assert fit.params.isna().all()
    assert not fit.converged
    assert [message.text for message in fit.messages] == [reason]
    (reference,) = harness.fit(short.design, engines=["glmmtmb"], settings="default")
    for survivor in (before, after):
        assert survivor.or_failed(short).llf == reference.llf


@pytest.mark.needs_r
def test_a_fit_past_its_time_is_given_up() -> None:
    (fit,) = harness.fit(long_task().design, engines=["glmmtmb"], time_limit=1.0)
    assert fit.failure == "no answer within 1 seconds: given up"
    fits = harness.fit(design(), engines=["glmmtmb", "laplace"], settings="default")
    assert [fit.failure for fit in fits] == [None, None]


def folders_of_r() -> set[Path]:
    return set(Path(workers_folder()).glob("harness-r-*"))


def running(pid: int) -> bool:
    return any(pid == other for other, _, _ in processes())


@pytest.mark.needs_r
def test_rscript_ends_with_its_worker(tmp_path: Path) -> None:
    mark, before = tmp_path / "mark", folders_of_r()
    seen: list[int] = []

    def look() -> None:
        waited_for(mark.exists)
        seen.append(waited_for(lambda: r_child(int(mark.read_text()))))
        assert folders_of_r() > before

    watcher = threading.Thread(target=look)
    watcher.start()
    call = (in_worker.marked_fit, (long_task("rscript"), mark))
    (given_up,) = outcomes([call], limit=3.0)
    watcher.join()
    assert given_up.reason == "no answer within 3 seconds: given up"
    waited_for(lambda: not running(seen[0]))
    assert folders_of_r() == before


@pytest.mark.needs_r
def test_rscript_ends_with_a_worker_that_is_killed(tmp_path: Path) -> None:
    """No handler runs in that worker; its folder goes with the workers' own."""
    mark, seen = tmp_path / "mark", []

    def note_r(worker: int) -> int | None:
        seen.append(r_child(worker))
        return worker if seen[-1] else None

    killer = kill_in_mid_fit(mark, note_r)
    (killed,) = outcomes([(in_worker.marked_fit, (long_task("rscript"), mark))])
    killer.join()
    assert killed.reason == f"{DIED} (signal 9)"
    r = seen[-1]
    ask = ["sh", "-c", "setpriv --pdeathsig KILL true"]
    if subprocess.run(ask, capture_output=True, check=False).returncode == 0:
        waited_for(lambda: not running(r))
    else:  # R ends by itself, later
        assert r_bridge._until_this_process_ends() == ()
        os.kill(r, signal.SIGKILL)


def test_rscript_runs_as_it_is_without_a_setpriv_that_knows_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = r_bridge._until_this_process_ends.__wrapped__
    for content in (None, "#!/bin/sh\nexit 1\n"):  # as busybox's
        if content:
            (tmp_path / "setpriv").write_text(content)
            (tmp_path / "setpriv").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert ask() == ()


@pytest.mark.parametrize(
    ("call", "reason", "jobs"),
    [
        ((os._exit, (3,)), f"{DIED} (exit code 3)", 1),
        ((signal.raise_signal, (signal.SIGSEGV,)), f"{DIED} (signal {signal.SIGSEGV:d})", 2),
        # A process that ends without an error is noticed by its silence only.
        ((os._exit, (0,)), GIVEN_UP, 1),
        ((time.sleep, (60,)), GIVEN_UP, 2),
    ],
    ids=["exit 3", "segfault", "exit 0", "hang"],
)
def test_the_other_calls_of_a_batch_survive(call: Any, reason: str, jobs: int) -> None:
    others = [(operator.mul, (k, k)) for k in range(6)]
    found = outcomes([*others[:3], call, *others[3:]], limit=2.0, jobs=jobs)
    assert found.pop(3) == Outcome(reason=reason)
    assert [outcome.value for outcome in found] == [0, 1, 4, 9, 16, 25]
    assert outcomes([others[5]], jobs=jobs) == [Outcome(value=25)]


def newborn(mark: Path) -> int:
    """Find the first worker that appears, before it has begun on anything."""
    (worker, *_) = waited_for(lambda: [child.pid for child in multiprocessing.active_children()])
    return int(worker)


def holder_of_the_lock(mark: Path) -> int:
    """Find a worker that takes a call off the queue; none of the others gets any then."""
    waited_for(mark.exists)
    return int(mark.read_text())


def outcomes_with_one_killed(
    monkeypatch: pytest.MonkeyPatch, calls: list[Any], jobs: int, victim: Callable[[], int]
) -> list[Outcome]:
    """Call in workers that have yet to start; kill the one that ``victim`` finds."""
    for pool in workers._POOLS.values():
        workers._end(pool)
    monkeypatch.setattr(workers, "STALL_LIMIT", 8.0)
    killed = threading.Event()

    def kill() -> None:
        os.kill(victim(), signal.SIGKILL)
        killed.set()

    threading.Thread(target=kill, daemon=True).start()
    found: list[Outcome] = []
    # In a thread, so that the test ends even where the calls do not.
    caller = threading.Thread(target=lambda: found.extend(outcomes(calls, jobs=jobs)), daemon=True)
    caller.start()
    caller.join(LIMIT)
    assert killed.is_set()
    return found


SQUARES = [(operator.mul, (k, k)) for k in range(6)]


@pytest.mark.parametrize("find", [newborn, holder_of_the_lock])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_worker_killed_before_its_first_call_loses_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, jobs: int, find: Callable[[Path], int]
) -> None:
    mark = tmp_path / "mark"
    first = in_worker.TakenSlowly(0, mark) if find is holder_of_the_lock else 0
    calls = [(operator.mul, (first, 1)), *SQUARES[1:]]
    found = outcomes_with_one_killed(monkeypatch, calls, jobs, lambda: find(mark))
    assert found == [Outcome(value=k * k) for k in range(6)]


@pytest.mark.long
def test_a_worker_killed_with_the_lock_while_another_works_holds_up_nothing_for_ever(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The other one cannot hand in what it has, and gives up after pebble's minute."""
    mark = tmp_path / "mark"
    calls = [(time.sleep, (3,)), (operator.mul, (in_worker.TakenSlowly(7, mark), 1)), *SQUARES]
    found = outcomes_with_one_killed(monkeypatch, calls, 2, lambda: holder_of_the_lock(mark))
    assert found[1:] == [Outcome(value=7), *(Outcome(value=k * k) for k in range(6))]


def test_what_nobody_waits_for_is_not_done() -> None:
    calls = [(operator.add, (1, 2)), *[(time.sleep, (LIMIT,))] * 4]
    answers = in_workers(calls, 1, LIMIT)
    next(answers)
    answers.close()  # as an interrupt in a notebook does
    began = time.monotonic()
    assert outcomes([(operator.add, (2, 3))]) == [Outcome(value=5)]
    assert time.monotonic() - began < PATIENCE  # not minutes of sleep: a hang, not a timing


def script(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "script.py"
    path.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, path], cwd=tmp_path, env=environment, capture_output=True, text=True,
        timeout=LIMIT, check=False,
    )  # fmt: skip


IDLE = """
import multiprocessing, operator, os, signal, time
from harness.engines.workers import in_workers
call = (operator.add, (1, 2))
print([outcome.value for _, outcome in in_workers([call] * 3, 2, 60)])
# Before the pool has noticed, and after.
for pause in (0.0, 1.0):
    workers = multiprocessing.active_children()
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    for worker in workers:
        worker.join()
    time.sleep(pause)
    print([outcome.value for _, outcome in in_workers([call] * 3, 2, 60)])
"""


def test_workers_killed_while_idle_are_replaced(tmp_path: Path) -> None:
    run = script(tmp_path, IDLE)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "[3, 3, 3]\n" * 3


PLAIN = """
print("top")
import harness
from tests.engines.panels import design
class Own:
    pass
fit, = harness.fit(design(), engines=["lme4"], settings="default")
print(fit.failure, fit.llf < 0, Own.__module__)
"""


@pytest.mark.needs_r
def test_a_plain_script_runs_once_and_ends(tmp_path: Path) -> None:
    run = script(tmp_path, PLAIN)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "top\nNone True __main__\n"
    assert run.stderr == ""


def test_starting_a_worker_leaves_the_other_threads_of_this_process_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = {}

    def launch(self: Any, process: Any) -> None:
        """Stand for another thread that imports a module while a worker starts."""
        seen.update(threads=os.environ.get("OMP_NUM_THREADS"), main=vars(sys.modules["__main__"]))
        monkeypatch.setitem(sys.modules, "imported_meanwhile", sys)
        monkeypatch.setenv("SET_MEANWHILE", "1")

    monkeypatch.setattr(popen_spawn_posix.Popen, "_launch", launch)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    main = sys.modules["__main__"]
    WorkerProcess._Popen(multiprocessing.Process())
    assert seen["threads"] == "1"
    assert "__file__" not in seen["main"]
    assert sys.modules["__main__"] is main
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert "imported_meanwhile" in sys.modules
    assert os.environ.get("SET_MEANWHILE") == "1"
