"""results.json: complete, finite, true to the fits, and the same bytes at every run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.engines.environment import current_environment
from harness.study.by_hand import write_designs
from harness.study.loading import load_study
from harness.study.panels import read_study
from harness.study.plan import PlannedFit
from harness.study.prepared import RunOptions
from harness.study.results import results_dict
from harness.study.runner import StudyRun, run_study
from harness.study.writable import matrix, number
from harness.study.writing import write_run
from tests.engines.panels import frame, panel
from tests.study.files import STRATA, write_study

# DESIGN 5: what every study run writes.
KEYS = {
    "": "schema environment panel fits comparisons claims counts agreement",
    "panel": "sha256 rows units periods dropped",
    "fits": (
        "id variant indicator stratum exposure response scale impact window random covariance"
        " family engine settings method n_quadrature se_method nobs n_groups converged singular"
        " messages llf aic bic dispersion theta sigma_olre params sd_re corr_re certificate"
    ),
    "comparisons": (
        "fit_a fit_b max_diff_se max_rel_se llf_diff sd_re_diff digits conclusion_changes verdict"
        " cause evidence"
    ),
    "counts": "fits_expected fits_done pairs_expected pairs_at_level pairs_registered",
    "agreement": "method pairs distances odd_one_out conclusions",
}
CERTIFICATE = (
    "newton_decrement max_step_se llf_gap steps_se se_errors max_se_error definite cone_gain"
    " llf_error certified reason"
)
TERMS = ["intercept", "pre", "step0", "step1", "post"]
# Laplace in this process and in a worker: the same code on the same bytes.
SAME = 1e-12
# Two fits of one maximum: Newton decrements of 1e-8.
SAME_FIT = 1e-8
# One variant that a Python engine can fit and one that it must refuse.
VARIANTS = (
    "variants:\n  - {name: level, random: intercept, engines: [laplace]}\n"
    "  - {name: bare, random: none, engines: [statsmodels-map]}"
)
LIKE_FOR_LIKE = {
    "strata": None,
    "engines": "engines: [lme4, laplace]",
    "variants": "variants: [{name: diagonal, covariance: diagonal, engines: [lme4, laplace]}]",
}


def quiet(done: int, expected: int, what: str) -> None:
    pass


def ran(folder: Path, jobs: int = 2, **parts: str | None) -> StudyRun:
    study = load_study(write_study(folder, **{"strata": STRATA, **parts}))
    options = RunOptions(base=folder, jobs=jobs, command="harness run small.yaml")
    return run_study(study, options, quiet)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    return ran(tmp_path_factory.mktemp("python"), variants=VARIANTS)


@pytest.fixture(scope="module")
def results(run: StudyRun) -> dict[str, Any]:
    return parsed(json.dumps(results_dict(run), allow_nan=False))


@pytest.fixture(scope="module")
def with_lme4(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyRun, Path]:
    done = ran(tmp_path_factory.mktemp("r"), **LIKE_FOR_LIKE)
    return done, write_run(done, tmp_path_factory.mktemp("out")).parent


def parsed(text: str) -> dict[str, Any]:
    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is not JSON")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def fit_of(results: dict[str, Any], name: str) -> dict[str, Any]:
    return next(fit for fit in results["fits"] if fit["id"] == name)


def test_schema(results: dict[str, Any]) -> None:
    assert results["schema"] == 1
    for place, keys in KEYS.items():
        part = results[place] if place else results
        for entry in part if isinstance(part, list) else [part]:
            assert set(keys.split()) <= set(entry), place
    for fit in results["fits"]:
        assert list(fit["params"]) == TERMS
        assert {tuple(entry) for entry in fit["params"].values()} == {
            ("estimate", "se", "ci_low", "ci_high")
        }
        if fit["failure"]:
            assert (fit["certificate"], fit["certificate_reason"]) == (None, "the fit failed")
        else:
            assert set(CERTIFICATE.split()) <= set(fit["certificate"])
            assert fit["certificate"]["certified"]
            assert fit["certificate_reason"] is None
            assert fit["triage"]["word"] == "rightly silent"
    assert {fit["stratum"] for fit in results["fits"]} == {"all", "north", "south"}
    environment = results["environment"]
    assert environment["python"].count(".") == 2
    assert environment["packages"]["numpy"] == np.__version__


def test_counts_follow_from_the_study_file(results: dict[str, Any]) -> None:
    # 3 strata x (2 settings + intercept only + refused)
    assert results["counts"] == {
        "fits_expected": 12, "fits_done": 9, "pairs_expected": 0, "pairs_at_level": 0,
        "pairs_registered": 0,
    }  # fmt: skip
    assert len(results["fits"]) == 12
    assert len(results["comparisons"]) == 3
    assert results["verdict"] == {
        "sentence": "3 analyses were fitted, but by laplace alone, so nothing could be"
        " cross-checked.",
        "ok": True,
    }  # fmt: skip


@pytest.mark.needs_r
def test_counts_with_a_partner(with_lme4: tuple[StudyRun, Path]) -> None:
    done, folder = with_lme4
    found = parsed((folder / "results.json").read_text(encoding="utf-8"))
    assert found == parsed(json.dumps(results_dict(done)))
    # 2 engines x 2 settings + 2 of the variant; 1 tight pair + 1 of the variant
    assert found["counts"] == {
        "fits_expected": 6, "fits_done": 6, "pairs_expected": 2, "pairs_at_level": 2,
        "pairs_registered": 0,
    }  # fmt: skip
    assert len(found["comparisons"]) == 4 + 1
    assert found["verdict"]["ok"] is True
    assert found["verdict"]["sentence"].startswith(
        "R and Python give the same answer: in the one analysis lme4 and laplace are "
    )
    known = {fit["id"] for fit in found["fits"]}
    for pair in found["comparisons"]:
        assert {pair["fit_a"], pair["fit_b"]} <= known
        assert (pair["cause"] is None) == (pair["verdict"] == "identical")
        assert (pair["evidence"] is None) == (pair["cause"] is None)


def test_numbers_are_those_of_the_fit(results: dict[str, Any]) -> None:
    (fit,) = harness.fit(panel(), harness.SegmentedPoisson(), engines=["laplace"])
    found = fit_of(results, "cases/all/base/laplace/tight")
    bounds = fit.conf_int()
    for term, entry in found["params"].items():
        expected = [fit.params[term], fit.bse[term], bounds["lower"][term], bounds["upper"][term]]
        assert list(entry.values()) == pytest.approx(expected, rel=SAME, abs=0)
    for name in ("llf", "aic", "bic", "dispersion"):
        assert found[name] == pytest.approx(getattr(fit, name), rel=SAME, abs=0)
    assert found["sd_re"] == pytest.approx(list(fit.sd_re), rel=SAME, abs=SAME)
    assert (found["nobs"], found["n_groups"], found["method"]) == (70, 10, "laplace")
    assert (found["exposure"], found["window"], found["family"]) == ("people", [-3, 3], "poisson")
    north = fit_of(results, "cases/north/base/laplace/tight")
    assert (north["nobs"], north["n_groups"]) == (35, 5)


def test_panel_and_what_was_read(results: dict[str, Any]) -> None:
    found = results["panel"]
    assert found["sha256"] != panel().sha256  # with the strata
    assert (found["rows"], found["units"], found["periods"]) == (90, 10, [2001, 2011])
    assert (found["window_rows"], found["incomplete_units"], found["dropped"]) == (70, 0, [])
    assert found["rows_by_t"] == {str(t): 10 for t in range(-3, 4)}


def test_a_failed_fit_has_nulls_and_a_reason(results: dict[str, Any]) -> None:
    found = fit_of(results, "cases/all/bare/statsmodels-map/tight")
    reason = "statsmodels-map needs random effects: PoissonBayesMixedGLM has no other"
    assert found["failure"] == reason
    (message,) = found["messages"]
    assert (message["kind"], message["text"]) == ("failure", reason)
    assert (message["triage"], message["distance_se"], found["triage"]) == (None, None, None)
    assert found["converged"] is False
    for name in ("llf", "aic", "bic", "dispersion", "theta", "corr_re", "cov_params"):
        assert found[name] is None
    assert {value for entry in found["params"].values() for value in entry.values()} == {None}
    assert found["sd_re"] == []
    assert found["certificate_reason"] == "the fit failed"
    assert found["reproduce"] == ""


@pytest.mark.parametrize(
    ("fail", "ok", "words"),
    [
        (lambda p: p.cell.stratum == "all", False, "1 of 3 analyses have no answer"),
        (lambda p: True, False, "No analysis has an answer: laplace says “it died”."),
        (lambda p: p.settings == "default", True, "3 analyses were fitted, but by laplace alone"),
    ],
    ids=["one analysis", "all", "one setting"],
)
def test_an_analysis_without_an_answer_is_no_success(
    run: StudyRun, fail: Callable[[PlannedFit], bool], ok: bool, words: str
) -> None:
    fits = {
        p: replace(fit, failure=fit.failure or "it died") if fail(p) else fit
        for p, fit in run.fits.items()
    }
    found = results_dict(replace(run, fits=fits))["verdict"]
    assert found["ok"] is ok
    assert found["sentence"].startswith(words)


def test_terms_without_a_finite_estimate_are_named(run: StudyRun) -> None:
    planned, fit = next(iter(run.fits.items()))
    before = fit.design.exog[:, 2] == 0
    endless = replace(fit, design=fit.design.with_counts(np.where(before, 0.0, fit.design.endog)))
    assert results_dict(run)["fits"][0]["unbounded"] == []
    found = results_dict(replace(run, fits={**run.fits, planned: endless}))
    assert found["fits"][0]["unbounded"] == ["intercept", "pre", "step0"]


def test_dispersion_null(results: dict[str, Any]) -> None:
    nulls = results["dispersion_null"]
    assert [entry["stratum"] for entry in nulls] == ["all", "north", "south"]
    for entry in nulls:
        assert entry["replicates"] + entry["failures"] == 9
        assert 0 < entry["p_value"] <= 1
        ordered = [entry[f"null_{part}"] for part in ("low", "median", "high")]
        assert all(a <= b for a, b in pairwise(ordered))
    fit = fit_of(results, "cases/all/base/laplace/tight")
    assert nulls[0]["observed"] == pytest.approx(fit["dispersion"], rel=SAME_FIT, abs=0)


@pytest.mark.needs_r
def test_a_rerun_writes_the_same_bytes(with_lme4: tuple[StudyRun, Path], tmp_path: Path) -> None:
    _, first = with_lme4
    # Another process, hash seed, number of workers and order of the rows.
    shuffled = frame().sample(frac=1.0, random_state=4)
    path = write_study(tmp_path, shuffled, **LIKE_FOR_LIKE)
    program = "from harness.cli import main; main()"
    again = subprocess.run(
        [sys.executable, "-c", program, "run", path.name, "--jobs", "1"], cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    second = tmp_path / "reports" / "small"
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert {Path("results.json"), Path("timing.json"), Path("index.html")} <= set(files)
    different = [
        str(file) for file in files if (first / file).read_bytes() != (second / file).read_bytes()
    ]
    assert different == ["timing.json"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.5, 1.5),
        (0.1 + 0.2, 0.1 + 0.2),
        (None, None),
        (np.nan, None),
        (np.inf, None),
        (-np.inf, None),
    ],
)
def test_numbers_are_finite_or_null(value: float | None, written: float | None) -> None:
    assert number(value) == written
    assert json.loads(json.dumps(number(value))) == written


def test_matrices_are_finite_or_null() -> None:
    assert matrix(np.array([[1.0, np.nan], [np.inf, 2.0]])) == [[1.0, None], [None, 2.0]]
    assert matrix(np.full((2, 2), np.nan)) is None


def test_strata_of_one_name_are_merged(tmp_path: Path) -> None:
    labels = STRATA.replace("south", "north")
    done = ran(tmp_path, strata=labels, settings="settings: [tight]")
    found = results_dict(done)
    assert [(entry["name"], entry["units"]) for entry in found["study"]["strata"]] == [
        ("all", 10), ("north", 10),
    ]  # fmt: skip
    medians = [(row["stratum"], row["t"]) for row in found["medians"]]
    assert len(set(medians)) == len(medians)


def test_units_without_a_period_in_the_window_are_listed(tmp_path: Path) -> None:
    table = frame(units=12)
    table.loc[table["area"].isin(["a01", "a04"]), "law"] = 1900
    write_study(tmp_path, table, settings="settings: [tight]", dispersion_replicates=None)
    study = load_study(tmp_path / "small.yaml")
    found = results_dict(run_study(study, RunOptions(base=tmp_path), quiet))
    assert found["fits"][0]["n_groups"] == 10
    (dropped,) = found["panel"]["dropped"]
    assert found["study"]["strata"][0]["units"] == 10
    assert (dropped["rows"], dropped["units"]) == (18, ["a01", "a04"])
    assert "window" in dropped["reason"]


@pytest.mark.parametrize(
    ("indicators", "strata"),
    [
        (("a", "a-b"), ("b-c", "c")),
        (("a", "b"), ("x/y", "../../up")),
        (("a", "b"), ("<b>", "\N{GREEK SMALL LETTER ALPHA}")),
        (("a", "b"), ("north", "North")),
    ],
    ids=["same when joined", "paths", "letters", "case"],
)
def test_every_design_has_a_file_of_its_own(
    tmp_path: Path, indicators: tuple[str, str], strata: tuple[str, str]
) -> None:
    """Strata without labels are called what the table calls them."""
    entries = "".join(
        f"\n  - {{name: {name}, label: L, count: {count}, exposure: people}}"
        for name, count in zip(indicators, ("cases", "more"), strict=True)
    )
    table = frame().assign(more=lambda d: d["cases"] + 1)
    table["region"] = table["region"].map(dict(zip("ns", strata, strict=True)))
    path = write_study(
        tmp_path, table, indicators=f"indicators:{entries}", strata="strata: {column: region}"
    )
    study = load_study(path)
    data = read_study(study, tmp_path)
    out = tmp_path / "out" / "small"
    out.mkdir(parents=True)
    before = sorted(p for p in tmp_path.rglob("*"))
    write_designs(
        StudyRun(study, data, {}, {}, {}, {}, current_environment(), RunOptions(tmp_path)), out
    )
    written = [p for p in tmp_path.rglob("*") if p.is_file() and p not in before]
    assert all(p.parent == out / "designs" for p in written)
    # Case apart: some file systems do not tell it.
    assert len({p.name.casefold() for p in written}) == len(data.designs) == 6
    assert len({p.read_bytes() for p in written}) == 6
