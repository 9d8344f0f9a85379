"""Variants that change the data, limits of engines, analyses that the data cannot answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose

from harness.errors import ConfigError, HarnessError
from harness.study.loading import find_study, load_study
from harness.study.panels import read_study
from harness.study.plan import Cell, fits_of
from harness.study.prepared import RunOptions, prepare_study
from harness.study.results import results_dict
from harness.study.runner import run_study
from harness.study.writing import write_run
from tests.engines.panels import frame
from tests.study.files import STRATA, write_study

# An exposure that went through its logarithm and back.
EXP_AND_LOG = 1e-14
# Where events are rare odds are rates, to a part of a standard error.
RARE_IN_SE = 0.1


def table() -> object:
    """The small panel with other columns beside its own."""
    df = frame()
    return df.assign(
        law_later=df["law"] + 1,
        residents=2 * df["people"],
        cases_high=df["cases"] + 5,
        left=0.25,
        whole=np.where(df["area"] < "a06", "yes", "no"),
    )


def variant(text: str) -> str:
    return f"variants: [{{name: v, engines: [laplace], {text}}}]"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("event: law_later", {"endog"}),
        ("exposure: {people: residents}", {"offset"}),
        ('count: "{}_high"', {"endog"}),
        ("share: left", {"exog"}),
        ("calendar: true", {"exog"}),
        ("random: step", {"exog_re"}),
        ('where: {whole: "yes"}', {"endog", "exog", "offset", "exog_re", "groups"}),
    ],
)
def test_a_variant_changes_its_own_columns(tmp_path: Path, text: str, changed: set[str]) -> None:
    study = load_study(write_study(tmp_path, table(), variants=variant(text)))  # type: ignore[arg-type]
    designs = read_study(study, tmp_path).designs
    base, other = (designs[Cell("cases", "all", name)] for name in ("base", "v"))
    found = {
        name
        for name in ("endog", "exog", "offset", "exog_re", "groups")
        if not np.array_equal(getattr(base, name), getattr(other, name))
    }
    assert found >= changed
    if "where" not in text and "event" not in text:
        assert found == changed


def test_a_variant_is_asked_only_where_it_says(tmp_path: Path) -> None:
    text = variant("window: [-2, 2], strata: [north]")
    study = load_study(write_study(tmp_path, strata=STRATA, variants=text))
    cells = [cell for cell in read_study(study, tmp_path).designs if cell.variant == "v"]
    assert cells == [Cell("cases", "north", "v")]


def test_limits_of_an_engine(tmp_path: Path) -> None:
    limits = "engine_limits: {statsmodels-map: {strata: [all], settings: [tight]}}"
    path = write_study(
        tmp_path, strata=STRATA, engines="engines: [laplace, statsmodels-map]", engine_limits=limits
    )
    study = load_study(path)
    asked = {
        stratum: [(f.engine, f.settings) for f in fits_of(study, Cell("cases", stratum, "base"))]
        for stratum in ("all", "north")
    }
    both = [("laplace", "default"), ("laplace", "tight")]
    assert asked == {"all": [*both, ("statsmodels-map", "tight")], "north": both}


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"variants": variant("indicators: [casse]")}, r"indicators.*'casse'.*cases"),
        ({"variants": variant("exposure: {people: nobody}")}, "nobody"),
        ({"variants": variant("where: {people: many}")}, "nowhere 'many'"),
        ({"engine_limits": "engine_limits: {laplcae: {}}"}, "laplcae"),
        ({"indicators": "indicators: [{name: a, label: A, value: cases}]"}, "count and exposure"),
        (
            {"indicators": "indicators: [{name: a, label: A, value: cases, response: pseudo}]"},
            "scale",
        ),
        (
            {"variants": variant("rate: per 1000").replace("laplace", "statsmodels-map")},
            "'statsmodels-map' has no response 'pseudo'",
        ),
    ],
)
def test_faults(tmp_path: Path, parts: dict[str, str], says: str) -> None:
    path = write_study(tmp_path, **parts)
    with pytest.raises((ConfigError, HarnessError), match=says) as caught:
        read_study(load_study(path), tmp_path)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_answered_is_an_error_or_listed(tmp_path: Path) -> None:
    strata = STRATA.replace("minimum_units: 5", "minimum_units: 9")
    few = {"strata": strata, "engines": "engines: [laplace]"}
    with pytest.raises(HarnessError, match="fewer than 9"):
        read_study(load_study(write_study(tmp_path, **few)), tmp_path)
    path = write_study(tmp_path, **few, unfit="unfit: list")
    found = results_dict(run_study(load_study(path), RunOptions(tmp_path), lambda *_: None))
    assert {row["stratum"] for row in found["unfit"]} == {"north", "south"}
    assert all("fewer than 9" in row["reason"] for row in found["unfit"])
    assert {fit["stratum"] for fit in found["fits"]} == {"all"}


def test_the_report_lists_what_cannot_be_answered(tmp_path: Path) -> None:
    strata = STRATA.replace("minimum_units: 5", "minimum_units: 9")
    path = write_study(tmp_path, strata=strata, engines="engines: [laplace]", unfit="unfit: list")
    run = run_study(load_study(path), RunOptions(tmp_path), lambda *_: None)
    page = write_run(run, tmp_path / "out")
    text = (page.parent / "report.md").read_text(encoding="utf-8")
    assert "Analyses that the data cannot answer" in text
    # One reason, one row.
    assert text.count("fewer than 9: merge strata") == 1
    assert "north, south" in text


def test_simulated_data_have_a_report_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    file = find_study("ofsted")
    found = prepare_study(load_study(file), RunOptions(file.parent))
    assert found.study.study == "ofsted-simulated"
    assert "simulated" in found.study.title
    assert found.study.level == "concordant"
    assert {cell.indicator for cell in found.by_cell} == {i.name for i in found.study.indicators}


def test_rows_that_are_not_to_be_published_are_not_written(tmp_path: Path) -> None:
    path = write_study(tmp_path, publish_rows="publish_rows: false")
    run = run_study(load_study(path), RunOptions(tmp_path), lambda *_: None)
    page = write_run(run, tmp_path / "out")
    assert not (page.parent / "designs").exists()
    assert "designs/" not in (page.parent / "results.json").read_text(encoding="utf-8")


def test_a_share_has_its_exposure_for_trials(tmp_path: Path) -> None:
    study = load_study(write_study(tmp_path, variants=variant("family: binomial")))
    run = run_study(study, RunOptions(tmp_path), lambda *_: None)
    base, share = (run.data.designs[Cell("cases", "all", name)] for name in ("base", "v"))
    assert share.trials is not None
    assert_allclose(share.trials, np.exp(base.offset), rtol=EXP_AND_LOG)
    assert not share.offset.any()
    base_fit, fit = (
        next(f for f in results_dict(run)["fits"] if f["variant"] == name) for name in ("base", "v")
    )
    assert fit["family"] == "binomial"
    assert fit["certificate"]["certified"]
    for term, p in fit["params"].items():
        rate = base_fit["params"][term]
        assert p["estimate"] == pytest.approx(rate["estimate"], abs=RARE_IN_SE * rate["se"])


def test_cluster_errors_have_degrees_of_freedom(tmp_path: Path) -> None:
    study = load_study(write_study(tmp_path, variants=variant("se_method: cluster")))
    run = run_study(study, RunOptions(tmp_path), lambda *_: None)
    fits = results_dict(run)["fits"]
    (fit,) = (fit for fit in fits if fit["variant"] == "v")
    assert fit["se_method"] == "cluster"
    assert fit["df"] == dict.fromkeys(fit["params"], fit["n_groups"] - 1.0)
    half = scipy.stats.t.ppf(0.975, fit["n_groups"] - 1.0)
    for p in fit["params"].values():
        assert p["ci_high"] == pytest.approx(p["estimate"] + half * p["se"], rel=EXP_AND_LOG, abs=0)
    assert {fit["df"] for fit in fits if fit["variant"] == "base"} == {None}


def test_a_rate_is_a_pseudo_response_without_an_aic(tmp_path: Path) -> None:
    study = load_study(write_study(tmp_path, variants=variant("rate: per 1000")))
    run = run_study(study, RunOptions(tmp_path), lambda *_: None)
    base, rate = (run.data.designs[Cell("cases", "all", name)] for name in ("base", "v"))
    assert_allclose(rate.endog, 1000 * base.endog / np.exp(base.offset), rtol=EXP_AND_LOG)
    assert not rate.offset.any()
    (fit,) = (fit for fit in results_dict(run)["fits"] if fit["variant"] == "v")
    assert (fit["response"], fit["scale"], fit["aic"]) == ("pseudo", "per 1000", None)
