"""The lines of a report that redo a fit, run as a reader would run them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.engines.environment import current_environment
from harness.study.by_hand import by_hand, write_designs
from harness.study.config import Study
from harness.study.panels import read_study
from harness.study.plan import Cell, PlannedFit
from harness.study.prepared import RunOptions
from harness.study.runner import StudyRun, run_study

# summary() prints five digits or more of an estimate of this size.
PRINTED_ATOL = 6e-5
STUDY = {
    "study": "hand", "title": "By hand", "source": {"reader": "us_traffic"}, "no_event": "drop",
    "indicators": [{"name": "deaths", "label": "D", "count": "totfat", "exposure": "statepop"}],
    "settings": ["default"], "dispersion_replicates": 0,
}  # fmt: skip


@pytest.mark.needs_r
@pytest.mark.parametrize("engine", ["lme4", "glmmtmb", "laplace"])
def test_lines_redo_the_fit(tmp_path: Path, engine: str) -> None:
    study = Study.model_validate({**STUDY, "engines": [engine]})
    run = run_study(study, RunOptions(base=tmp_path), lambda done, expected, what: None)
    write_designs(run, tmp_path)
    fit = run.fits[PlannedFit(Cell("deaths", "all", "base"), engine, "default")]
    lines = by_hand(run, Cell("deaths", "all", "base"), fit)
    program = ["Rscript", "-e"] if fit.language == "R" else [sys.executable, "-c"]
    shown = subprocess.run(
        [*program, lines], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    for term in ("pre", "step0", "step1", "post"):
        line = next(row for row in shown.stdout.splitlines() if row.split()[:1] == [term])
        printed = float(re.split(r"\s+", line)[1])
        assert printed == pytest.approx(fit.params[term], abs=PRINTED_ATOL)


def test_variants_on_the_same_columns_share_their_file(tmp_path: Path) -> None:
    variants = [
        {"name": "nb2", "family": "nb2", "engines": ["glmmtmb"]},
        {"name": "narrow", "window": (-2, 2), "engines": ["laplace"]},
    ]
    study = Study.model_validate({**STUDY, "engines": ["laplace"], "variants": variants})
    run = _planned_only(study, tmp_path)
    write_designs(run, tmp_path)
    files = sorted(path.name for path in (tmp_path / "designs").iterdir())
    assert files == ["deaths-all-narrow.csv", "deaths-all.csv"]


def _planned_only(study: Study, base: Path) -> StudyRun:
    data = read_study(study, base)
    return StudyRun(study, data, {}, {}, {}, current_environment(), RunOptions(base=base))
