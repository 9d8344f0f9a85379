"""What a referee would ask, from the study file to the records, the store and the report."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import scipy.stats

import harness
import harness.scrutiny.autocorrelation
import harness.scrutiny.composition
import harness.scrutiny.placebo
import harness.scrutiny.regression_to_the_mean
import harness.study.seeds
from harness.engines.workers import Outcome
from harness.errors import ConfigError
from harness.report import render_report
from harness.report.document import document
from harness.report.reading import Reading
from harness.study import answers
from harness.study.loading import load_study
from harness.study.panels import model_of
from harness.study.prepared import RunOptions, prepare_study
from harness.study.results import results_dict
from harness.study.runner import StudyRun, run_prepared, run_study
from harness.study.scrutiny import Question, questions_of
from harness.study.store import FILE, ResultStore
from harness.study.writing import write_run
from tests.engines.panels import frame
from tests.report.kinds import hostile_claim
from tests.report.traced import untraced
from tests.study.files import STRATA, write_study

# The same formula of the numbers that were written, with all their digits.
ROUNDING = 1e-12

REGRESSION = "regression_to_the_mean"
LISTS = (
    "contrasts", "multiplicity", "placebo", "autocorrelation", "composition", "units_by_t",
    "regression_to_the_mean", "bounds",
)  # fmt: skip
SCRUTINY = """scrutiny:
  contrasts: true
  multiplicity: true
  placebo: {replicates: 39}
  autocorrelation: {replicates: 39, strata: [all]}
  composition: true
  regression_to_the_mean: true
  bounds: true"""
VARIANTS = """variants:
  - {name: nb2, family: nb2, engines: [laplace]}
  - {name: low, count: "{}_low", engines: [laplace], strata: [all]}
  - {name: level, impact: level, engines: [laplace], strata: [all]}"""
INDICATORS = """indicators:
  - {name: cases, label: Cases, count: cases, exposure: people, per: 1000}
  - {name: other, label: "Others, too", count: other, exposure: people, per: 1000}"""
PARTS = {
    "strata": STRATA, "variants": VARIANTS, "indicators": INDICATORS,
    "settings": "settings: [tight]", "dispersion_replicates": "dispersion_replicates: 0",
}  # fmt: skip


def table() -> pd.DataFrame:
    """Return two series with slopes that differ clearly: no fit ends on the boundary."""
    made, other = (
        frame(units=16, seed=seed, mean=400.0, sd=(0.3, 0.1), theta=60.0) for seed in (1, 2)
    )
    late = (made["year"] - made["law"] == 3) & made["area"].isin(["a00", "a01"])
    made = made.assign(other=other["cases"])[~late]
    return made.assign(cases_low=made["cases"] // 2, other_low=made["other"])


def quiet(*said: object) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    folder = tmp_path_factory.mktemp("scrutiny")
    path = write_study(folder, table(), scrutiny=SCRUTINY, **PARTS)
    return run_study(load_study(path), RunOptions(base=folder), quiet)


@pytest.fixture(scope="module")
def results(run: StudyRun) -> dict[str, Any]:
    return results_dict(run)


@pytest.fixture(scope="module")
def scrutiny(results: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = results["scrutiny"]
    return found


def test_every_question_is_asked_of_every_cell(scrutiny: dict[str, list[dict[str, Any]]]) -> None:
    assert tuple(scrutiny) == LISTS
    strata, families, terms = 3, 2, 4
    assert {name: len(rows) for name, rows in scrutiny.items()} == {
        "contrasts": 2 * strata * families * 5,
        "multiplicity": 2 * strata * families * (terms + 5),
        "placebo": 2 * strata * 2,
        "autocorrelation": 2 * families,
        "composition": 2 * strata * (1 + terms),
        "units_by_t": 2 * strata * 7,
        "regression_to_the_mean": 2 * 2,
        "bounds": 2 * terms,
    }
    for rows in scrutiny.values():
        assert len({tuple(row) for row in rows}) == 1  # flat, all with the same keys
        for row in rows:
            assert row.get("reason") is None
            assert all(not isinstance(value, (dict, list)) for value in row.values())
            assert all(math.isfinite(v) for v in row.values() if isinstance(v, float))


def test_contrasts_are_those_of_the_fits(
    results: dict[str, Any], scrutiny: dict[str, list[dict[str, Any]]]
) -> None:
    fits = {fit["id"]: fit for fit in results["fits"]}
    for row in scrutiny["contrasts"]:
        fit = fits[row["fit"]]
        assert (fit["indicator"], fit["stratum"], fit["family"], fit["settings"]) == (
            row["indicator"], row["stratum"], row["family"], "tight",
        )  # fmt: skip
        if row["contrast"] == "step0 - pre":
            p = fit["params"]
            assert row["estimate"] == p["step0"]["estimate"] - p["pre"]["estimate"]
            a, b = (list(p).index(term) for term in ("step0", "pre"))
            v = fit["cov_params"]
            se = math.sqrt(v[a][a] + v[b][b] - 2 * v[a][b])
            assert row["se"] == pytest.approx(se, rel=ROUNDING, abs=0)
            p_value = 2 * scipy.stats.norm.sf(abs(row["z"]))
            assert row["p_value"] == pytest.approx(p_value, rel=ROUNDING, abs=0)


def test_multiplicity_adjusts_over_the_measures(
    scrutiny: dict[str, list[dict[str, Any]]],
) -> None:
    rows = [
        row
        for row in scrutiny["multiplicity"]
        if (row["family"], row["stratum"], row["question"]) == ("poisson", "all", "step0")
    ]
    assert [row["indicator"] for row in rows] == ["cases", "other"]
    p = sorted(row["p_value"] for row in rows)
    assert sorted(row["holm"] for row in rows) == pytest.approx(
        [min(1.0, 2 * p[0]), max(2 * p[0], p[1])], rel=ROUNDING, abs=0
    )


def test_composition_counts_who_left(scrutiny: dict[str, list[dict[str, Any]]]) -> None:
    head = scrutiny["composition"][0]
    assert (head["indicator"], head["stratum"]) == ("cases", "all")
    found = [head[key] for key in ("units", "complete_units", "fewest_units", "fewest_at")]
    assert found == [16, 14, 14, 3]


def test_bounds_move_with_what_was_filled_in(scrutiny: dict[str, list[dict[str, Any]]]) -> None:
    moved = {row["indicator"] for row in scrutiny["bounds"] if row["range_se"]}
    assert moved == {"cases"}  # the other's filling is its own column
    assert {row["fillings"] for row in scrutiny["bounds"]} == {"low"}
    assert {row["stratum"] for row in scrutiny["bounds"]} == {"all"}


def test_regression_holds_the_expected_against_the_observed(
    results: dict[str, Any], scrutiny: dict[str, list[dict[str, Any]]]
) -> None:
    fits = {fit["id"]: fit for fit in results["fits"]}
    for row in scrutiny["regression_to_the_mean"]:
        own, everyone = (
            fits[f"{row['indicator']}/{stratum}/base/laplace/tight"]["params"]["step0"]["estimate"]
            for stratum in (row["stratum"], "all")
        )
        assert row["observed_difference"] == own - everyone
        assert row["expected"] == pytest.approx(
            row["slope"] * row["deviation"], rel=ROUNDING, abs=0
        )
        assert row["at_most"] == -row["deviation"]
        assert row["units"] == 8


def test_the_report_has_a_section_with_every_question(results: dict[str, Any]) -> None:
    pages = render_report(results)
    text = pages["report.md"].decode()
    for heading in (
        "## What a referee would ask",
        "### Do the stages differ from one another?",
        "### How much survives that many measures were tested?",
        "### Would events at other times have looked the same?",
        "### Are neighbouring periods independent, given the model?",
        "### Is it the same panel at every t?",
        "### Is a stratum's step regression to the mean?",
        "### How far could suppressed cells move the estimates?",
    ):
        assert text.count(f"{heading}\n") == 1
    for name in LISTS:
        lines = pages[f"tables/scrutiny_{name}.csv"].decode().splitlines()
        assert len(lines) == 1 + len(results["scrutiny"][name])


def test_every_number_of_the_answers_is_traced(results: dict[str, Any]) -> None:
    own = document(Reading({**results, "claims": [hostile_claim()]}))
    tables = {table.name: table for table in own.tables}
    assert untraced(own) == []
    linked = {"contrasts-all-poisson", "selection", "bounds-all"} | {
        name for name in tables if name.startswith("fallen")
    }
    for name in linked:
        for row in tables[name].rows:
            assert any(cell.link in own.fit_ids for cell in row)
    fits = {fit["id"]: fit for fit in results["fits"]}
    for row in results["scrutiny"]["multiplicity"]:
        fit = fits[row["fit"]]
        assert all(fit[key] == row[key] for key in ("indicator", "stratum", "family"))
    for row in results["scrutiny"]["bounds"]:
        assert fits[row["fit"]]["params"][row["term"]]["estimate"] == row["estimate"]
    for row in results["selection"]:
        assert all(fits[row["fit"]][key] == row[key] for key in ("impact", "engine", "aic", "bic"))


@pytest.mark.parametrize("kind", ["placebo", "autocorrelation", "composition", REGRESSION])
def test_the_line_under_a_table_makes_its_answers(
    run: StudyRun, results: dict[str, Any], kind: str
) -> None:
    tables = {table.csv: table for table in document(Reading(results)).tables}
    origin = tables[f"scrutiny_{kind}"].origin
    assert origin is not None
    question, answer = next(pair for pair in run.scrutiny.items() if pair[0].kind == kind)
    cell = question.cell
    panel = run.data.panels[cell.indicator].restricted(cell.stratum)
    names = {
        **asdict(cell), "panel": panel, "model": model_of(run.study, cell), "harness": harness,
        "t": panel.t[panel.t.between(*results["study"]["model"]["window"])],
    }  # fmt: skip
    assert eval(origin.lines[-1], names) == answer.found


def test_nothing_asked_nothing_written(tmp_path: Path) -> None:
    path = write_study(tmp_path, settings="settings: [tight]")
    found = results_dict(run_study(load_study(path), RunOptions(base=tmp_path), quiet))
    assert "scrutiny" not in found
    pages = render_report(found)
    assert b"referee" not in pages["index.html"]
    assert not [name for name in pages if "scrutiny" in name]


def test_a_second_run_asks_nothing_again_and_writes_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = write_study(tmp_path, table(), scrutiny=SCRUTINY, **PARTS)
    prepared = prepare_study(load_study(path), RunOptions(base=tmp_path))
    pages = []
    for jobs in (1, 2):
        store = ResultStore(tmp_path / FILE)
        if jobs == 2:
            monkeypatch.setattr(answers, "in_workers", _nobody)
        page = write_run(run_prepared(prepared, quiet, store), tmp_path / "out")
        pages.append((page.parent / "results.json").read_bytes())
        store.close()
    assert pages[0] == pages[1]


def _nobody(calls: Sequence[object], jobs: int, limit: float) -> Iterator[tuple[int, Outcome]]:
    raise AssertionError(f"{len(calls)} calls were made again")


def test_seeds_and_replicates_are_in_the_key(tmp_path: Path) -> None:
    def rows(seed: int, replicates: int) -> list[Any]:
        asked = f"scrutiny: {{placebo: {{replicates: {replicates}}}}}"
        path = write_study(tmp_path, table(), scrutiny=asked, settings="settings: [tight]")
        store = ResultStore(tmp_path / FILE)
        prepared = prepare_study(load_study(path), RunOptions(base=tmp_path, seed=seed))
        found: list[Any] = results_dict(run_prepared(prepared, quiet, store))["scrutiny"]["placebo"]
        store.close()
        return found

    first = rows(1, 39)
    assert rows(1, 39) == first
    assert rows(2, 39)[0]["median"] != first[0]["median"]
    assert rows(1, 49)[0]["replicates"] == 49


@pytest.mark.parametrize(("reason", "kept"), [("the data", True), ("the worker", False)])
def test_what_has_no_answer_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reason: str, kept: bool
) -> None:
    """A reason of the data is an answer; one of the machine is tried again the next time."""
    made = frame()
    if kept:
        made["year"] += 2005 - made["law"]
        made["law"] = 2005
    else:
        own = answers.in_workers

        def lost(calls: Any, jobs: int, limit: float) -> Iterator[tuple[int, Outcome]]:
            if "placebo" in calls[0][1]:
                return iter([(0, Outcome(reason="the worker died"))])
            return own(calls, jobs, limit)

        monkeypatch.setattr(answers, "in_workers", lost)
    path = write_study(tmp_path, made, scrutiny="scrutiny: {placebo: {replicates: 39}}")
    run = run_study(load_study(path), RunOptions(base=tmp_path), quiet)
    assert run.complete == kept
    page = write_run(run, tmp_path / "out")
    (row,) = json.loads((page.parent / "results.json").read_text())["scrutiny"]["placebo"]
    assert (row["indicator"], row["stratum"], row["observed"]) == ("cases", "all", None)
    assert row["reason"].startswith("every event lies in one period" if kept else "the worker died")
    assert row["reason"] in (page.parent / "report.md").read_text()


@pytest.mark.parametrize("key", ["placebo", "autocorrelation"])
def test_a_stratum_that_is_not_there(tmp_path: Path, key: str) -> None:
    asked = f"scrutiny: {{{key}: {{replicates: 39, strata: [nroth]}}}}"
    study = load_study(write_study(tmp_path, strata=STRATA, scrutiny=asked))
    prepared = prepare_study(study, RunOptions(base=tmp_path))
    with pytest.raises(ConfigError, match=rf"scrutiny.{key}.strata: 'nroth': did you mean 'north'"):
        questions_of(prepared)


def test_questions_of_one_family(tmp_path: Path) -> None:
    asked = "scrutiny: {autocorrelation: {replicates: 39, families: [nb2]}}"
    study = load_study(write_study(tmp_path, table(), scrutiny=asked, **PARTS))
    found = questions_of(prepare_study(study, RunOptions(base=tmp_path)))
    assert {question.cell.variant for question in found} == {"nb2"}
    assert len(found) == 2 * 3
    assert isinstance(found[0], Question)
