"""R is killed, stopped or out of memory at any point: that fit is lost, with the reason."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.engines import FitOptions, workers
from harness.engines.workers import Outcome, Task, in_workers
from tests.engines.panels import design
from tests.faults.in_phase import (
    FULL,
    KILLED,
    PHASES,
    SENDING,
    STOPPED,
    broken_scripts,
    fit_by,
    fit_within,
)
from tests.faults.test_workers import processes

pytestmark = pytest.mark.needs_r
# For R to start and fit on a machine with much else to do; what is stopped waits as long.
LIMIT = 40.0
GIVEN_UP = r"no answer within 40 seconds: given up"
REASONS = {
    (KILLED, "rpy2"): r"the worker process died in mid-fit \(signal 9\)",
    (KILLED, "rscript"): r"Rscript ended without an answer: exit code -9",
    (STOPPED, "rpy2"): GIVEN_UP,
    (STOPPED, "rscript"): GIVEN_UP,
    (FULL, "rpy2"): r"R (stopped|says): .*cannot allocate vector of size .*",
    (FULL, "rscript"): r"(R says|Rscript ended without an answer): .*cannot allocate vector of size .*",
}  # fmt: skip
FAULTS = {"killed": KILLED, "stopped": STOPPED, "out of memory": FULL}


def task(transport: Any) -> Task:
    return Task(design(), "lme4", FitOptions(settings="default", transport=transport))


@functools.cache
def honest() -> float:
    (fit,) = harness.fit(design(), engines=["lme4"], settings="default")
    return fit.llf


def outcomes(calls: list[Any], jobs: int = 1) -> list[Outcome]:
    """Call in workers in which R has loaded nothing yet."""
    for pool in workers._POOLS.values():
        workers._end(pool)
    found = dict(in_workers(calls, jobs, LIMIT))
    return [found[place] for place in range(len(calls))]


def running(place: Path) -> list[str]:
    return [args for _, _, args in processes() if str(place) in args]


@pytest.mark.parametrize("transport", ["rpy2", "rscript"])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("killed", marks=pytest.mark.long),
        pytest.param("stopped", marks=pytest.mark.long),
        "out of memory",
    ],
)
def test_in_any_phase(tmp_path: Path, transport: str, fault: str) -> None:
    statement = FAULTS[fault]
    phases = {**PHASES, **({"sending": SENDING} if transport == "rscript" else {})}
    if fault == "out of memory":
        del phases["loading"]  # R swallows what a hook stops by; the test below has it
    scripts = [broken_scripts(tmp_path / name, at, statement) for name, at in phases.items()]
    asked = task(transport)
    calls = [(fit_by, (asked, place)) for place in scripts]
    # What is stopped takes no time of anyone's but its own.
    broken = outcomes(calls, len(calls) if fault == "stopped" else 1)
    (after,) = dict(in_workers([(workers.fit_task, (asked,))], 1, LIMIT)).values()
    for phase, outcome in zip(phases, broken, strict=True):
        fit = outcome.or_failed(asked)
        assert fit.failure is not None, phase
        assert re.fullmatch(REASONS[statement, transport], fit.failure), f"{phase}: {fit.failure}"
        assert not fit.converged
        assert fit.params.isna().all()
    assert after.or_failed(asked).llf == honest()
    assert running(tmp_path) == []


@pytest.mark.parametrize("transport", ["rpy2", "rscript"])
def test_too_little_memory_for_r(transport: str) -> None:
    """Too little to start, to load packages, and to fit; then as much as there is."""
    asked = task(transport)
    calls = [(fit_within, (asked, size)) for size in (3 * 10**7, 2 * 10**8, 4 * 10**8)]
    *small, after = outcomes([*calls, (workers.fit_task, (asked,))])
    for outcome in small:
        failure = outcome.or_failed(asked).failure
        assert failure is not None
        assert len(failure.splitlines()) == 1
    assert after.or_failed(asked).llf == honest()
