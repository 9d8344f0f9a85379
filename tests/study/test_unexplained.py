"""What no cause explains is written beside the report, ready to be sent, and linked from it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from harness.concordance.compare import compare_pair
from harness.study import unexplained
from harness.study.loading import load_study
from harness.study.prepared import RunOptions
from harness.study.runner import StudyRun, run_study
from harness.study.writing import WRITTEN, check_writable, write_run
from tests.study.files import write_study

FOLDER = "unexplained/cases-all-base-laplace-default-laplace-tight"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    folder = tmp_path_factory.mktemp("study")
    study = load_study(write_study(folder, dispersion_replicates="dispersion_replicates: 0"))
    return run_study(study, RunOptions(base=folder), lambda done, expected, what: None)


@pytest.fixture(scope="module")
def faulty(honest: StudyRun) -> StudyRun:
    """The run, one of its answers another function's."""
    ((planned, pair),) = honest.pairs.items()
    other = replace(pair.b, llf=pair.b.llf + 12.0)
    return replace(honest, pairs={planned: compare_pair(pair.a, other)})


def test_the_report_links_to_what_can_be_sent(faulty: StudyRun, tmp_path: Path) -> None:
    page = write_run(faulty, tmp_path)
    report = page.parent
    (comparison,) = json.loads((report / "results.json").read_text())["comparisons"]
    assert comparison["cause"] == "unexplained"
    assert comparison["reproduction"] == FOLDER
    written = sorted(path.name for path in (report / FOLDER).iterdir())
    assert written == ["README.md", "data.csv", "redo.R", "redo.py"]
    assert f'href="{FOLDER}/README.md"' in page.read_text(encoding="utf-8")
    assert f"[unexplained]({FOLDER}/README.md)" in (report / "report.md").read_text("utf-8")
    # Planted in memory: whoever fits anew does not see it, and is told so.
    text = (report / FOLDER / "README.md").read_text(encoding="utf-8")
    assert "not reduced: it does not happen again when both are fitted anew" in text
    units = pd.read_csv(report / FOLDER / "data.csv")["unit"].unique()
    assert all(re.fullmatch(r"u\d+", unit) for unit in units)
    assert {path.name for path in report.iterdir()} <= WRITTEN
    check_writable(report)


def test_a_run_without_any_has_no_such_folder(honest: StudyRun, tmp_path: Path) -> None:
    report = write_run(honest, tmp_path).parent
    assert not (report / "unexplained").exists()
    (comparison,) = json.loads((report / "results.json").read_text())["comparisons"]
    assert comparison["reproduction"] is None


def test_only_some_are_made_small(
    faulty: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unexplained, "REDUCED", 0)
    unexplained.write_unexplained(faulty, tmp_path)
    text = (tmp_path / FOLDER / "README.md").read_text(encoding="utf-8")
    assert "not reduced: others of this run were" in text
