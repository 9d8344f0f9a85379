"""A run's folder is written whole or not at all; the earlier run stays until then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.study import writing
from harness.study.loading import load_study
from harness.study.prepared import RunOptions
from harness.study.runner import StudyRun, run_study
from harness.study.writing import WRITTEN, check_writable, write_run
from tests.study.files import write_study


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    folder = tmp_path_factory.mktemp("study")
    study = load_study(write_study(folder, dispersion_replicates="dispersion_replicates: 0"))
    return run_study(study, RunOptions(base=folder), lambda done, expected, what: None)


@pytest.fixture(autouse=True)
def short_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand for the report, which other tests look at."""

    def write(results: dict[str, Any], out: Path) -> Path:
        page = out / "index.html"
        page.write_text(f"report of {results['study']['name']}")
        return page

    monkeypatch.setattr(writing, "write_report", write)


def listing(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def with_earlier_run(out: Path) -> dict[str, bytes]:
    (out / "small" / "figures").mkdir(parents=True)
    (out / "small" / "results.json").write_text("earlier")
    (out / "small" / "figures" / "old.png").write_text("earlier")
    return listing(out)


def test_replaces_the_earlier_run_whole(run: StudyRun, tmp_path: Path) -> None:
    with_earlier_run(tmp_path)
    page = write_run(run, tmp_path)
    assert page == tmp_path / "small" / "index.html"
    assert page.read_text() == "report of small"
    found = listing(tmp_path)
    assert "small/figures/old.png" not in found
    assert found["small/results.json"] != b"earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
    assert (tmp_path / "small").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "error", [RuntimeError("no fonts"), OSError(28, "No space left on device")]
)
@pytest.mark.parametrize("step", ["write_report", "write_designs", "timing_dict"])
def test_a_failure_while_writing_leaves_the_earlier_run(
    run: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    earlier = with_earlier_run(tmp_path)

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(writing, step, fail)
    expected = HarnessError if isinstance(error, OSError) else RuntimeError
    with pytest.raises(expected) as raised:
        write_run(run, tmp_path)
    assert listing(tmp_path) == earlier
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
    if expected is HarnessError:
        assert "No space left on device" in str(raised.value)
        assert "\n" not in str(raised.value)


def test_a_failure_of_the_last_step_leaves_the_earlier_run(
    run: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = with_earlier_run(tmp_path)
    rename = Path.rename

    def fails_for_the_new(self: Path, target: Path) -> Path:
        if self.name.startswith(".small-") and self.name != ".small-old":
            raise OSError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_the_new)
    with pytest.raises(HarnessError, match="Permission denied"):
        write_run(run, tmp_path)
    assert listing(tmp_path) == earlier
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_file_in_the_way_is_not_touched(run: StudyRun, tmp_path: Path) -> None:
    (tmp_path / "small").write_text("precious")
    for _ in range(2):
        with pytest.raises(HarnessError) as error:
            write_run(run, tmp_path)
        assert str(tmp_path / "small") in str(error.value)
        assert "\n" not in str(error.value)
    assert listing(tmp_path) == {"small": b"precious"}


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_an_output_folder_that_is_a_file(run: StudyRun, tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(HarnessError) as error:
        write_run(run, tmp_path / below)
    assert str(tmp_path / below) in str(error.value)
    assert "use --out" in str(error.value)
    assert listing(tmp_path) == {"file": b"precious"}


def test_folders_on_the_way_are_made(run: StudyRun, tmp_path: Path) -> None:
    assert write_run(run, tmp_path / "a" / "b").is_file()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_no_run_wrote_is_not_replaced(run: StudyRun, tmp_path: Path, kind: str) -> None:
    target = tmp_path / run.study.study
    target.mkdir()
    mine = target / "thesis.docx"
    _ = mine.write_text("years of work") if kind == "file" else mine.mkdir()
    for write in (lambda: check_writable(target), lambda: write_run(run, tmp_path)):
        with pytest.raises(HarnessError, match=r"holds 'thesis\.docx', which no run wrote"):
            write()
    assert [path.name for path in target.iterdir()] == ["thesis.docx"]
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_what_a_run_writes_is_known_to_be_its_own(run: StudyRun, tmp_path: Path) -> None:
    folder = write_run(run, tmp_path).parent
    assert {path.name for path in folder.iterdir()} <= WRITTEN
    check_writable(folder)
