"""How many cores there are to work with, and how many workers."""

from __future__ import annotations

import os

from harness.errors import ConfigError

# Workers start all at once, some hundred megabytes each; more than one a core gain nothing.
WORKERS_A_CORE = 4


def cores() -> int:
    """Cores that this process may use; macOS does not tell, so all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_jobs(jobs: int) -> None:
    """Refuse a number of workers that is none, or more than this machine bears.

    Raises
    ------
    ConfigError
    """
    if jobs < 1:
        raise ConfigError(f"jobs is {jobs}: at least one worker process is needed")
    most = WORKERS_A_CORE * (os.cpu_count() or 1)
    if jobs > most:
        raise ConfigError(f"jobs is {jobs}: this machine bears {most} worker processes at most")
