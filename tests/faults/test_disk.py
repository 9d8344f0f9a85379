"""A disk that is full, small or read-only: one line, nothing half written, and a rerun completes."""

from __future__ import annotations

import errno
import functools
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.study.store import FILE, ResultStore
from tests.faults.running import assert_one_line, run, small_study, written

SIZES = {"before the store": 8, "in the store": 40, "in the report": 200}  # KiB


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A run that nothing befell."""
    folder = tmp_path_factory.mktemp("whole")
    small_study(folder)
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return written(folder / "reports")


Disk = Callable[..., Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mount a disk of so many KiB, or change the one there is."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(*options: str) -> Path:
        again = ["remount"] if place.is_mount() else []
        said = ",".join([*again, *options])
        words = ["mount", "-t", "tmpfs", "-o", said, "tmpfs", str(place)]
        if subprocess.run(words, capture_output=True, check=False).returncode != 0:
            pytest.skip("only root may mount a small disk")
        return place

    yield mount
    if place.is_mount():
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_full_disk(tmp_path: Path, disk: Disk, whole: dict[str, bytes], size: int) -> None:
    small_study(tmp_path)
    out = disk(f"size={size}k")
    assert_one_line(run(tmp_path, "small.yaml", "--out", out), str(out), "run the same again")
    assert {path.name for path in out.iterdir()} <= {FILE}
    disk("size=50m")
    done = run(tmp_path, "small.yaml", "--out", out)
    assert done.returncode == 0, done.stderr
    assert written(out) == whole


@pytest.mark.parametrize("size", [4_000, 100_000])
def test_files_may_not_grow(tmp_path: Path, whole: dict[str, bytes], size: int) -> None:
    """What anybody can limit: a file that may not grow past so many bytes."""
    small_study(tmp_path)
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
    assert_one_line(run(tmp_path, before=limit), "reports")
    assert {path.name for path in (tmp_path / "reports").iterdir()} <= {FILE, f"{FILE}-journal"}
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert written(tmp_path / "reports") == whole


@pytest.mark.parametrize("existing", [False, True], ids=["new", "with an earlier run"])
def test_a_read_only_disk(
    tmp_path: Path, disk: Disk, whole: dict[str, bytes], existing: bool
) -> None:
    small_study(tmp_path)
    out = disk("size=50m")
    if existing:
        assert run(tmp_path, "small.yaml", "--out", out).returncode == 0
        (tmp_path / "table.csv").write_text(
            (tmp_path / "table.csv").read_text().replace("a01", "b01"), encoding="utf-8"
        )
    disk("ro")
    assert_one_line(run(tmp_path, "small.yaml", "--out", out), str(out), "--out")
    assert written(out) == whole if existing else not list(out.iterdir())
    disk("rw")


def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    small_study(tmp_path)
    (tmp_path / "reports").mkdir(mode=0o555)
    assert_one_line(run(tmp_path), "reports", "--out")


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_no_place_for_worker_processes(tmp_path: Path, folder: str) -> None:
    small_study(tmp_path)
    (tmp_path / "file").write_text("")
    place = tmp_path / folder
    assert_one_line(run(tmp_path, environment={"TMPDIR": str(place)}), str(place), "set TMPDIR")


@pytest.mark.parametrize("step", ["open", "get", "put"])
def test_an_error_of_the_disk_under_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "open":
        monkeypatch.setattr(Path, "mkdir", full)
        with pytest.raises(HarnessError, match="No space left"):
            ResultStore(tmp_path / "deep" / FILE)
        return
    store = ResultStore(tmp_path / FILE)
    store.put("a", 1)
    with monkeypatch.context() as patch:
        patch.setattr(store, "_db", type("Full", (), {"execute": full}))
        with pytest.raises(HarnessError, match="No space left"):
            store.get("a") if step == "get" else store.put("b", 2)
    assert store.get("a") == 1
    assert store.get("b") is None
    store.close()
