"""Two runs on one store, runs killed at any moment, a store that was damaged: the same bytes."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.errors import HarnessError
from harness.study.store import FILE, ResultStore
from tests.faults.running import assert_one_line, command, run, small_study, written
from tests.study.simulations import LIMIT, ROOT, killed_after, rows

SEED = 4
# Lines of progress after which a run is killed, each run going on where the one before stood; the
# last is that of all that is fitted and compared, so the report is being written.
MOMENTS = (0, 1, 5, 15)
PAUSE = 0.3


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that nothing befell."""
    folder = tmp_path_factory.mktemp("whole")
    small_study(folder)
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder


def started(folder: Path, *options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("small.yaml", *options), cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def test_a_run_killed_again_and_again(tmp_path: Path, whole: Path) -> None:
    small_study(tmp_path)
    rng, held = np.random.default_rng(SEED), dict[str, int]()
    for lines in MOMENTS:
        killed_after(started(tmp_path, "--jobs", 2), lines, pause=rng.uniform(0, PAUSE))
        before, held = held, rows(tmp_path)
        assert before.items() <= held.items()  # nothing was done again
        assert not (tmp_path / "reports" / "small" / "index.html").exists() or lines == MOMENTS[-1]
    done = run(tmp_path, "small.yaml", "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert written(tmp_path / "reports") == written(whole / "reports")
    # Nor is anything left that a killed one had begun.
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [FILE, "small"]


def test_two_runs_at_once(tmp_path: Path, whole: Path) -> None:
    small_study(tmp_path)
    both = [started(tmp_path, "--jobs", jobs) for jobs in (1, 2)]
    for one in both:
        _, err = one.communicate(timeout=LIMIT)
        assert one.returncode == 0, err
    assert written(tmp_path / "reports") == written(whole / "reports")
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [FILE, "small"]
    store = ResultStore(tmp_path / "reports" / FILE)
    assert all(store.holds(key) for key in rows(tmp_path))
    store.close()


HOLDS = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin exclusive")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_store_that_somebody_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.study.store.PATIENCE", 0.2)
    ResultStore(tmp_path / FILE).close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, tmp_path / FILE], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HarnessError, match="another run holds it: wait"):
            ResultStore(tmp_path / FILE)
        other.communicate()
    ResultStore(tmp_path / FILE).close()


def cut(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def flipped(content: bytes, share: float) -> bytes:
    at = int(len(content) * share)
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


DAMAGES = {
    "empty": b"",
    "no database": b"no store at all, and long enough to be read as one" * 100,
    "zeros": bytes(8192),
    **{f"cut at {share:.0%}": (cut, share) for share in (0.001, 0.1, 0.5, 0.9, 0.999)},
    **{f"altered at {share:.0%}": (flipped, share) for share in np.arange(0.05, 1.0, 0.1)},
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_gives_what_it_was_given_or_nothing(tmp_path: Path, damage: object) -> None:
    """Or says in one line that it is to be removed."""
    answers = {str(k): np.random.default_rng(k).normal(size=500) for k in range(40)}
    store = ResultStore(tmp_path / FILE)
    for key, answer in answers.items():
        store.put(key, answer)
    store.close()
    content = (tmp_path / FILE).read_bytes()
    spoilt = damage if isinstance(damage, bytes) else damage[0](content, damage[1])  # type: ignore[index]
    (tmp_path / FILE).write_bytes(spoilt)
    told = ""
    try:
        assert_as_given(tmp_path / FILE, answers)
    except HarnessError as error:
        told = str(error)
    assert not told or told.endswith(": remove it")


def assert_as_given(file: Path, answers: dict[str, np.ndarray]) -> None:
    with contextlib.closing(ResultStore(file)) as store:
        for key, answer in answers.items():
            found = store.get(key)
            assert found is None or found.tobytes() == answer.tobytes()
        store.put("new", 1)
        assert store.get("new") == 1


@pytest.mark.parametrize("how", ["cut", "altered"])
def test_a_run_on_a_damaged_store(tmp_path: Path, whole: Path, how: str) -> None:
    small_study(tmp_path)
    assert run(tmp_path).returncode == 0
    file = tmp_path / "reports" / FILE
    if how == "cut":
        file.write_bytes(file.read_bytes()[:20_000])
        assert_one_line(run(tmp_path), str(FILE), "remove it")
        file.unlink()
    else:
        with sqlite3.connect(file) as db:
            db.execute("update answers set value = substr(value, 1, 50) || zeroblob(10)")
        db.close()
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert written(tmp_path / "reports") == written(whole / "reports")
    assert str(ROOT) not in done.stdout
