"""R's measures beside Python's: what differs, or is missing on one side, is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.study import second_opinion as module
from harness.study.second_opinion import compared, second_opinion, write_replicates
from harness.study.simulate import SimulationOptions, SimulationRun, run_simulation
from harness.study.store import ResultStore
from tests.study.planning import SIMULATE, plan

# Two programs that sum the same numbers in another order.
ROUNDING = 1e-11
# A planted difference in a thousand, of either of the two numbers.
PLANTED, OF_EITHER = 1e-3, 2e-3


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[SimulationRun, Path]:
    folder = tmp_path_factory.mktemp("study")
    store = ResultStore(folder / "store")
    run = run_simulation(plan(folder, SIMULATE), SimulationOptions(folder), lambda *_: None, store)
    write_replicates(folder / "replicates.csv", run.replications, store, run.simulate.replicates)
    store.close()
    return run, folder / "replicates.csv"


def ours(run: SimulationRun) -> pd.DataFrame:
    """Python's measures in the form of R's answer."""
    frames = [
        found.frame().assign(process=process, method=method)
        for (process, method), found in run.performance.items()
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.mark.needs_r
def test_r_comes_to_the_same(done: tuple[SimulationRun, Path]) -> None:
    run, path = done
    found = second_opinion(path, run.performance)
    assert found.reason is None
    assert found.compared == 2 * len(ours(run))
    assert found.largest_relative_difference is not None
    assert found.largest_relative_difference < ROUNDING


def test_a_difference_is_found_and_placed(done: tuple[SimulationRun, Path]) -> None:
    run, _ = done
    theirs = ours(run)
    row = theirs.index[(theirs["term"] == "pre") & (theirs["measure"] == "model SE")][0]
    theirs.loc[row, "value"] *= 1 + PLANTED
    found = compared(theirs, run.performance)
    assert found.largest_relative_difference == pytest.approx(PLANTED, rel=OF_EITHER, abs=0)
    assert found.where == f"{theirs.process[row]}, {theirs.method[row]}, pre, model SE"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.iloc[1:], "R lacks a measure: base, poisson"),
        (lambda table: table.assign(measure="luck"), "R has a measure that Python has not"),
        (
            lambda table: table.assign(value=float("nan")),
            "one has a value where the other has none",
        ),
    ],
)
def test_what_one_of_them_lacks_is_said(
    done: tuple[SimulationRun, Path], change: Any, reason: str
) -> None:
    found = compared(change(ours(done[0])), done[0].performance)
    assert found.reason is not None
    assert found.reason.startswith(reason)


def test_without_r(done: tuple[SimulationRun, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_rscript", lambda: None)
    assert second_opinion(done[1], done[0].performance).reason == "R is not installed"


@pytest.mark.needs_r
def test_a_file_that_r_cannot_read(done: tuple[SimulationRun, Path], tmp_path: Path) -> None:
    path = tmp_path / "replicates.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    found = second_opinion(path, done[0].performance)
    assert found.reason is not None
    assert found.reason.startswith("R failed: ")
