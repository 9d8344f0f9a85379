"""``kill -9`` of a simulation, or of its workers, at any moment: the same bytes in the end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.study.simulations import (
    children,
    killed_after,
    rows,
    run,
    started,
    write_simulation,
    written,
)

SEED = 6
# Lines of progress after which a run is killed, each run going on where the one before stood. The
# last says that all is done: what follows is the report. A seeded pause of up to half a second
# after the line moves the moment into the next piece.
MOMENTS = {"simulate": (0, 1, 3, 5), "power": (0, 2, 5, 8)}
PAUSE = 0.5
PIECES = {"simulate": 5, "power": 8}
BOTH = ["simulate", pytest.param("power", marks=pytest.mark.long)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """Numbers of runs that nothing befell, on one core."""
    folder = tmp_path_factory.mktemp("whole")
    write_simulation(folder)
    made = {}
    for name in PIECES:
        done = run(folder, name, "--jobs", 1)
        assert done.returncode == 0, done.stderr
        made[name] = written(folder, name)
    return made


@pytest.mark.parametrize("name", BOTH)
def test_a_run_killed_again_and_again_ends_in_the_same_bytes(
    tmp_path: Path, whole: dict[str, dict[str, bytes]], name: str
) -> None:
    write_simulation(tmp_path)
    rng, held = np.random.default_rng(SEED), dict[str, int]()
    for lines in MOMENTS[name]:
        process = started(tmp_path, name, "--jobs", 2)
        killed_after(process, lines, pause=rng.uniform(0, PAUSE))
        before, held = held, rows(tmp_path)
        assert before.items() <= held.items()  # nothing was done again
        assert len(held) >= lines  # nothing was told of before it was kept
    done = run(tmp_path, name, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path) == held
    assert len(held) == PIECES[name]
    assert written(tmp_path, name) == whole[name]


@pytest.mark.parametrize("name", BOTH)
def test_a_worker_killed_in_mid_piece_costs_nothing(
    tmp_path: Path, whole: dict[str, dict[str, bytes]], name: str
) -> None:
    write_simulation(tmp_path)
    with started(tmp_path, name, "--jobs", 1) as process:
        assert process.stdout is not None
        for _ in range(2):  # of the worker's first piece; it is in the next one then
            process.stdout.readline()
        (worker,) = children(process.pid, "spawn_main")
        os.kill(worker, signal.SIGKILL)
        _, err = process.communicate()
    assert process.returncode == 0, err
    assert len(rows(tmp_path)) == PIECES[name]
    assert written(tmp_path, name) == whole[name]


@pytest.mark.needs_r
@pytest.mark.parametrize("name", BOTH)
def test_both_roads_to_r_end_in_the_same_bytes(tmp_path: Path, name: str) -> None:
    """On one core and on two."""
    made = []
    for jobs, transport in enumerate(("rscript", "rpy2"), start=1):
        folder = tmp_path / transport
        write_simulation(folder, lme4=True)
        done = run(folder, name, "--jobs", jobs, "--transport", transport, "--replicates", 4)
        assert done.returncode == 0, done.stderr
        made.append(written(folder, name))
    assert made[0] == made[1]
