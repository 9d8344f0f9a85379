"""A Dask cluster of several processes: the same bytes as on one machine, whoever dies."""

from __future__ import annotations

import itertools
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from harness.errors import ConfigError, EngineUnavailable, HarnessError
from harness.study import cluster
from harness.study.cluster import connected
from harness.study.hall import Work, carry_out
from harness.study.simulate import SimulationOptions
from harness.study.store import FILE, ResultStore
from tests.study.clusters import Started, cluster_of
from tests.study.deadly import squares, squares_or_death
from tests.study.simulations import LIMIT, rows, run, started, write_simulation, written
from tests.study.test_hall import NUMBERS, PIECE, VICTIM, bench, found, pieces

pytestmark = pytest.mark.needs_dask

WORKERS = 3
# So many that all workers are at work when one of them is killed.
REPLICATES = 200
# A port that nobody listens at.
NOBODY = "tcp://127.0.0.1:1"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with cluster_of(tmp_path_factory.mktemp("cluster"), WORKERS) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ResultStore]:
    opened = ResultStore(tmp_path / FILE)
    yield opened
    opened.close()


@pytest.mark.needs_r
@pytest.mark.parametrize("name", ["simulate", pytest.param("power", marks=pytest.mark.long)])
def test_r_on_a_cluster_says_the_same_to_the_last_byte(
    tmp_path: Path, three: Started, name: str
) -> None:
    made = []
    for options in (("--jobs", 2), ("--dask", three.address)):
        folder = tmp_path / options[0]
        write_simulation(folder, lme4=True)
        done = run(folder, name, *options, "--replicates", 4)
        assert done.returncode == 0, done.stderr
        made.append(written(folder, name))
    assert made[0] == made[1]


def test_works_are_handed_in_as_others_are_done(
    store: ResultStore, three: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "AT_LEAST", 1)
    asked, done, read, most = pieces(squares), list[str](), [0], [0]

    def counted() -> Iterator[Work]:
        for work in asked.works(range(50 * PIECE)):
            read[0] += 1
            most[0] = max(most[0], read[0] - len(done))
            yield work

    with connected(three.address) as there:
        assert there is not None
        there.client.wait_for_workers(WORKERS, timeout=LIMIT)
        carry_out(counted(), bench(store, done=done), there)
    assert (read[0], len(done)) == (50, 50)
    assert most[0] <= cluster.PER_THREAD * WORKERS + 1


def test_two_methods_of_one_key_are_worked_on_once(store: ResultStore, three: Started) -> None:
    asked, done = pieces(squares), list[str]()
    with connected(three.address) as there:
        carry_out([*asked.works(NUMBERS), *asked.works(NUMBERS)], bench(store, done=done), there)
    assert len(done) == 2 * asked.count(len(NUMBERS))
    assert found(asked, store) == squares(list(NUMBERS))


def test_a_worker_of_other_code_is_refused(
    store: ResultStore, three: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "simulation_code", lambda: "other code")
    asked = pieces(squares)
    with connected(three.address) as there, pytest.raises(ConfigError, match="other versions of"):
        carry_out(asked.works(NUMBERS), bench(store), there)
    assert not any(store.holds(work.key) for work in asked.works(NUMBERS))


def test_a_worker_killed_in_mid_run_changes_no_byte(tmp_path: Path, three: Started) -> None:
    """The last test of the three workers: two are left."""
    write_simulation(tmp_path / "here")
    here = run(tmp_path / "here", "simulate", "--replicates", REPLICATES)
    assert here.returncode == 0, here.stderr
    folder = tmp_path / "there"
    write_simulation(folder)
    options = ("--replicates", REPLICATES, "--dask", three.address)
    with started(folder, "simulate", *options) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        three.workers[0].send_signal(signal.SIGKILL)
        held = rows(folder)
        _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err
    assert three.workers[0].wait() == -signal.SIGKILL
    after = rows(folder)
    assert 0 < len(held) < len(after)
    assert held.items() <= after.items()
    assert written(folder, "simulate") == written(tmp_path / "here", "simulate")


@pytest.mark.parametrize("again", [False, True], ids=["once", "every time"])
def test_only_what_kills_twice_is_lost(store: ResultStore, tmp_path: Path, again: bool) -> None:
    asked = pieces(squares_or_death, VICTIM, None if again else tmp_path / "mark")
    with cluster_of(tmp_path, 1, restarted=True) as made, connected(made.address) as there:
        carry_out(asked.works(NUMBERS), bench(store), there)
    answer = found(asked, store)
    assert answer == [-1 if again and k == VICTIM else k * k for k in NUMBERS]


def test_a_scheduler_that_goes_away(store: ResultStore, tmp_path: Path) -> None:
    asked = pieces(squares)
    with cluster_of(tmp_path, 1) as made, connected(made.address) as there:
        carry_out(asked.works(NUMBERS[:PIECE]), bench(store), there)
        made.scheduler.kill()
        with pytest.raises(HarnessError, match="the scheduler is gone: what was done is kept"):
            carry_out(asked.works(NUMBERS), bench(store), there)
    assert [store.holds(work.key) for work in asked.works(NUMBERS)] == [True, False, False]


@pytest.mark.parametrize("address", [NOBODY, "nonsense://127.0.0.1:1"])
def test_nobody_at_the_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(ConfigError) as raised, connected(address):
        pass
    message = str(raised.value)
    assert message.startswith(f"--dask {address}: no scheduler answers there (")
    assert message.endswith("start one by `dask scheduler` and give its address, such as"
                            " tcp://127.0.0.1:8786")  # fmt: skip
    assert "\n" not in message


def test_a_scheduler_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 2)
    with cluster_of(tmp_path, 0) as made:
        with pytest.raises(ConfigError) as raised, connected(made.address):
            pass
        assert str(raised.value) == (
            f"--dask {made.address}: the scheduler has no worker: start some by"
            f" `dask worker {made.address}`"
        )


@pytest.mark.parametrize("late", [1, cluster.TRIES])
def test_a_machine_at_its_limits(
    three: Started, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    """distributed asserts that its thread begins within ten seconds."""
    import distributed

    made, begun = distributed.Client, itertools.count(1)

    def client(*args: object, **options: object) -> distributed.Client:
        assert next(begun) > late
        return made(*args, **options)

    monkeypatch.setattr(distributed, "Client", client)
    too_busy = pytest.raises(ConfigError, match="too busy to ask: try again later")
    with too_busy if late == cluster.TRIES else nullcontext(), connected(three.address) as there:
        assert there is not None


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = r"pip install 'glmm-harness\[dask\]'"
    with pytest.raises(EngineUnavailable, match=words), connected(NOBODY):
        pass


def test_rpy2_does_not_go_with_a_cluster() -> None:
    with pytest.raises(ConfigError, match="--transport rpy2 does not go with --dask"):
        _ = SimulationOptions(Path(), transport="rpy2", dask=NOBODY).road_to_r
    assert SimulationOptions(Path(), dask=NOBODY).road_to_r == "rscript"


def test_the_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    write_simulation(tmp_path)
    done = run(tmp_path, "simulate", "--dask", NOBODY)
    assert done.returncode == ConfigError.exit_code
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"harness: --dask {NOBODY}: no scheduler answers there")
