"""A Dask cluster of processes of their own on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0
GRACE = 10.0
# One death is enough for a piece to be given up, where the default is three.
GIVE_UP = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}


@dataclass(frozen=True)
class Started:
    """A scheduler with its address, and its workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def cluster_of(folder: Path, workers: int, *, restarted: bool = False) -> Iterator[Started]:
    """Start a scheduler and workers of one thread; ``restarted`` by a nanny when they die."""
    known = folder / "scheduler.json"
    processes = [_dask("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", known)]
    try:
        end = time.monotonic() + PATIENCE
        while not known.exists() and time.monotonic() < end:
            time.sleep(0.05)
        address = json.loads(known.read_text())["address"]
        nanny = "--nanny" if restarted else "--no-nanny"
        processes += [_dask("worker", address, "--nthreads", 1, nanny) for _ in range(workers)]
        yield Started(address, processes[0], tuple(processes[1:]))
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            _ended(process)


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was asked to end; a worker may wait for its scheduler for long."""
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _dask(kind: str, *options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{kind}", *map(str, options),
         "--no-dashboard"],
        env={**os.environ, **GIVE_UP}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
