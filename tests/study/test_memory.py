"""Memory does not grow with the number of replicates, as far as Python's own goes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.simulation.estimates import Estimates
from harness.simulation.power import decisions
from harness.study import replication
from harness.study.config import StudyFile
from harness.study.pieces import BATCH
from harness.study.power import run_power
from harness.study.second_opinion import write_replicates
from harness.study.simulate import SimulationOptions, run_simulation
from harness.study.store import ResultStore

CONTRASTS = [f"step0 = {k}" for k in range(1, 31)]
PROCESS = {"design": {"units": 3}, "baseline": 100}
# Estimates of a batch are 35 terms x 3 numbers x 200 replicates: 168 kB. Were they kept, 25 batches
# more would take another 4 MB; what belongs to a batch that is not freed yet, and a few numbers a
# batch, are less than three batches together.
FEW, MANY = 5, 30
ALLOWED = 3 * 35 * 3 * 8 * BATCH


def guessed(process: Any, method: Any, seed: int, numbers: Sequence[int], threads: int = 1) -> Any:
    """Estimates that nobody fitted."""
    rng, r, p = np.random.default_rng(numbers[0]), len(numbers), 5 + len(method.contrasts)
    draws = rng.uniform(0.5, 1.0, (r, p, 3))
    return Estimates(
        ("intercept", "pre", "step0", "step1", "post", *method.contrasts),
        draws[..., 0], draws[..., 1], draws[..., 2],
        np.zeros(r, dtype=np.int8), np.zeros(r, dtype=bool), draws[:, 0, 0], draws[:, :2, 0],
        np.zeros(r),
    )  # fmt: skip


def guessed_tests(
    process: Any, question: Any, seed: int, numbers: Sequence[int], threads: int = 1
) -> decisions.Tested:
    found = guessed(process, question.method, seed, numbers)
    return decisions.Tested(found, found.se[:, 0])


def simulated(folder: Path, replicates: int) -> None:
    methods = [{"name": "a"}, {"name": "b", "engine": "agq"}]
    entry = {"processes": [PROCESS], "methods": methods, "contrasts": CONTRASTS}
    run = _run(run_simulation, folder, simulate={**entry, "replicates": replicates})
    store = ResultStore(folder / str(replicates))
    write_replicates(folder / "replicates.csv", run.replications, store, replicates)
    store.close()


def powered(folder: Path, replicates: int) -> None:
    entry = {"process": PROCESS, "contrast": CONTRASTS[0], "audit": {"most": 1, "engine": "agq"}}
    narrow = {"half_width": 1e-9}  # never reached: every batch is looked at
    _run(run_power, folder, power={**entry, **narrow, "replicates": replicates})


def _run(run: Callable[..., Any], folder: Path, **entry: dict[str, Any]) -> Any:
    file = StudyFile.model_validate({"study": "small", "title": "Small", **entry})
    ((_, part),) = entry.items()
    store = ResultStore(folder / str(part["replicates"]))
    try:
        return run(file, SimulationOptions(folder), lambda done, all_, what: None, store)
    finally:
        store.close()


@pytest.mark.parametrize("work", [simulated, powered])
def test_memory_is_flat_in_the_number_of_replicates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[[Path, int], None]
) -> None:
    monkeypatch.setattr(replication, "estimates", guessed)
    monkeypatch.setattr(replication, "put_to_test", guessed_tests)
    work(tmp_path, BATCH)  # loads modules and fills caches
    peaks = []
    for batches in (FEW, MANY):
        tracemalloc.start()
        work(tmp_path, batches * BATCH)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < ALLOWED
