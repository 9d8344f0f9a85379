"""The store of results: nothing is fitted twice, and what has changed is fitted anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli.running import page_of
from harness.design import Design
from harness.engines import FitOptions
from harness.engines.workers import Outcome, Task
from harness.errors import HarnessError
from harness.study import answers
from harness.study.answers import fit_key
from harness.study.loading import load_study
from harness.study.prepared import RunOptions, prepare_study
from harness.study.results import results_dict
from harness.study.runner import run_prepared
from harness.study.store import FILE, ResultStore
from harness.study.writing import digest_of, write_run, written_before
from tests.engines.panels import frame
from tests.study.files import STRATA, write_study


def quiet(done: int, expected: int, what: str) -> None:
    """Say nothing of the progress."""


def test_a_rerun_fits_nothing_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variants = "variants: [{name: nb2, family: nb2, engines: [laplace]}]"
    path = write_study(tmp_path, strata=STRATA, variants=variants)
    store = ResultStore(tmp_path / FILE)
    prepared = prepare_study(load_study(path), RunOptions(tmp_path))
    first = results_dict(run_prepared(prepared, quiet, store))

    def refuse(*_: object) -> None:
        raise AssertionError("the rerun asked the workers")

    monkeypatch.setattr(answers, "in_workers", refuse)
    again = prepare_study(load_study(path), RunOptions(tmp_path))
    assert results_dict(run_prepared(again, quiet, ResultStore(tmp_path / FILE))) == first


def test_what_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study, options = load_study(write_study(tmp_path)), RunOptions(tmp_path)
    failures = []
    for lost in (True, False):
        with monkeypatch.context() as patch:
            if lost:
                patch.setattr(answers, "in_workers", _lost)
            page = page_of(study, options, tmp_path / "reports", quiet, fresh=False)
        results = json.loads((page.parent / "results.json").read_text())
        failures.append({fit["failure"] for fit in results["fits"]})
    assert failures == [{"the worker died"}, {None}]


def _lost(calls: Sequence[object], jobs: int, limit: float) -> Iterator[tuple[int, Outcome]]:
    """Lose every call, as where the machine ends the workers."""
    for place in range(len(calls)):
        yield place, Outcome(reason="the worker died")


def test_a_row_that_is_not_fitted_has_its_part_in_the_report(tmp_path: Path) -> None:
    table = frame()
    study, keys = "model: {window: [-2, 2]}", []
    for _ in range(2):
        path = write_study(tmp_path, table, model=study)
        prepared = prepare_study(load_study(path), RunOptions(tmp_path))
        keys.append((prepared.key, [fit_key(task) for task in prepared.tasks]))
        outside = (table["year"] - table["law"]).abs().idxmax()
        assert abs(table["year"] - table["law"])[outside] > 2
        table.loc[outside, "cases"] += 1
    assert keys[0][1] == keys[1][1]
    assert keys[0][0] != keys[1][0]


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "model: {window: [-2, 3]}"},
        {"dispersion_replicates": "dispersion_replicates: 8"},
        {"settings": "settings: [tight]"},
    ],
)
def test_what_has_changed_has_another_key(tmp_path: Path, changed: dict[str, str]) -> None:
    options = RunOptions(tmp_path)
    before = prepare_study(load_study(write_study(tmp_path)), options).key
    assert prepare_study(load_study(write_study(tmp_path)), options).key == before
    assert prepare_study(load_study(write_study(tmp_path, **changed)), options).key != before


def test_a_report_that_was_touched_is_written_anew(tmp_path: Path) -> None:
    prepared = prepare_study(load_study(write_study(tmp_path)), RunOptions(tmp_path))
    store, out = ResultStore(tmp_path / FILE), tmp_path / "reports"
    assert written_before(prepared, store, out) is None
    page = write_run(run_prepared(prepared, quiet, store), out)
    store.put(prepared.key, digest_of(page.parent))
    assert written_before(prepared, store, out) == page
    (page.parent / "report.md").write_text("touched")
    assert written_before(prepared, store, out) is None


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no store at all, and long enough to be read as one")
    with pytest.raises(HarnessError, match="remove it"):
        ResultStore(tmp_path / FILE)


def test_a_fresh_store_forgets_what_was_there_and_keeps_what_comes(tmp_path: Path) -> None:
    ResultStore(tmp_path / FILE).put("a", 1)
    fresh = ResultStore(tmp_path / FILE, fresh=True)
    assert fresh.get("a") is None
    fresh.put("a", 2)
    assert fresh.get("a") == 2
    assert ResultStore(tmp_path / FILE).get("a") == 2


def test_an_answer_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / FILE)
    store.put("a", 1)
    store._db.execute("update answers set value = ?", (b"spoilt",))
    assert store.get("a") is None
    assert store.get("b") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"engine": "agq"},
        {"design": Design([1, 2, 4, 3], [[1.0]] * 4, ["a", "a", "b", "b"])},
        {"design": Design([1, 2, 3, 4], [[1.0]] * 4, ["a", "a", "c", "c"])},
        {"options": FitOptions(settings="default")},
        {"options": FitOptions(se_method="rx")},
        {"options": FitOptions(n_quadrature=9)},
    ],
)
def test_everything_that_a_fit_depends_on_is_in_its_key(changed: dict[str, Any]) -> None:
    design = Design([1, 2, 3, 4], [[1.0]] * 4, ["a", "a", "b", "b"])
    task = Task(design, "laplace", FitOptions())
    assert fit_key(task) == fit_key(replace(task))
    assert fit_key(task) != fit_key(replace(task, **changed))
