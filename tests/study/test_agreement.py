"""The block ``agreement``: what is pooled, what is counted, and that nothing else moves it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.stats

import harness
from harness.engines.base import Settings
from harness.study.agreement import agreement_block
from harness.study.distances import NO_MAXIMUM, NOBODY, distances
from harness.study.plan import Cell, PlannedFit
from tests.concordance.fits import exact_fit, moved
from tests.report.conftest import build_results

# One quantile; the engine's own standard errors, which are the exact ones to eight digits.
ROUNDING, EXACT_SE = 1e-12, 1e-8
# Standard errors that a fit has to go, whose tight search ends at a decrement of 1e-8.
STOPPED = 1e-7

Results = dict[str, Any]
KEY = ("a", "b", "rows")


def block(results: Results, seed: int = 1) -> Results:
    found = agreement_block(results["fits"], results["comparisons"], [], seed)
    text = json.dumps(found, allow_nan=False)
    parsed: Results = json.loads(text)
    return parsed


def pair_of(found: Results, a: str, b: str, rows: str) -> Results:
    return next(p for p in found["pairs"] if tuple(p[k] for k in KEY) == (a, b, rows))


@pytest.fixture(scope="module")
def whole() -> Results:
    return build_results(indicators=6)


def test_the_whole_panel_is_never_pooled_with_its_strata(whole: Results) -> None:
    found = block(whole)
    for rows, n in (("whole panel", 6 * 4), ("strata", 6 * 2 * 4)):
        pair = pair_of(found, "lme4 tight", "laplace tight", rows)
        assert (pair["n"], pair["indicators"], pair["missing"]) == (n, 6, 0)
        assert pair["no_interval"] is None


def test_what_else_a_study_holds_changes_no_draw(whole: Results) -> None:
    engines = ("lme4", "glmmtmb", "laplace")
    alone = {
        "fits": [f for f in whole["fits"] if f["engine"] in engines],
        "comparisons": [
            c for c in whole["comparisons"]
            if all(c[k].split("/")[3] in engines for k in ("fit_a", "fit_b"))
        ],
    }  # fmt: skip
    names = ("lme4 tight", "laplace tight", "strata")
    assert pair_of(block(alone), *names) == pair_of(block(whole), *names)
    assert pair_of(block(whole, seed=2), *names) != pair_of(block(whole), *names)


def test_a_lost_fit_is_counted_as_missing() -> None:
    lost = "nghtfat/all/base/laplace/tight"
    found = block(build_results(indicators=6, failing=lambda fit: fit["id"] == lost))
    pair = pair_of(found, "lme4 tight", "laplace tight", "whole panel")
    assert (pair["n"], pair["indicators"], pair["missing"]) == (20, 5, 1)
    spoken = [p for p in found["conclusions"]["pairs"] if "laplace tight" in (p["a"], p["b"])]
    assert {p["missing"] for p in spoken} == {1}
    trios = [o for o in found["odd_one_out"] if o["settings"] == "tight"]
    assert len(trios) == 6 * 3 - 1


def test_an_estimate_without_a_maximum_is_not_compared() -> None:
    def endless(results: Results) -> None:
        for fit in results["fits"]:
            fit["unbounded"] = ["step1"] if fit["indicator"] == "totfat" else []

    found = block(build_results(indicators=2, strata=("all",), edit=endless))
    pair = pair_of(found, "lme4 tight", "laplace tight", "whole panel")
    assert (pair["n"], pair["missing"]) == (7, 0)


def test_changed_sentences_are_listed_with_their_numbers() -> None:
    def edge(results: Results) -> None:
        for fit in results["fits"]:
            p = fit["params"]["pre"]
            p |= {"estimate": 1.0, "se": 1.0 / 1.9599 if fit["engine"] == "lme4" else 1.0 / 1.9600}
            q = fit["params"]["post"]
            q |= {"estimate": 1.0, "se": 0.9 if fit["engine"] == "laplace" else 0.1}

    results = build_results(
        indicators=1, strata=("all",), engines=("lme4", "laplace"), settings=("tight",), edit=edge
    )
    found = block(results)["conclusions"]
    rows = {row["term"]: row for row in found["changed"]}
    assert {term: row["knife_edge"] for term, row in rows.items()} == {"pre": True, "post": False}
    for side, se in (("p_a", 0.1), ("p_b", 0.9)):
        p = 2 * scipy.stats.norm.sf(1.0 / se)
        assert rows["post"][side] == pytest.approx(p, rel=ROUNDING, abs=0)
    assert (rows["post"]["state_a"], rows["post"]["state_b"]) == (1, 0)
    (pair,) = found["pairs"]
    assert (pair["conclusions"], pair["changed"], pair["knife_edge"]) == (4, 1, 1)
    assert (pair["patterns"], pair["patterns_changed"]) == (1, 1)


@pytest.mark.parametrize(
    "engines", [("laplace",), ("statsmodels-vb",), ("lme4", "laplace")], ids="-".join
)
def test_few_engines(engines: tuple[str, ...]) -> None:
    found = block(build_results(indicators=1, strata=("all",), engines=engines))
    assert bool(found["pairs"]) == (len(engines) > 1)
    assert found["odd_one_out"] == []


def test_who_is_odd_is_told_by_name() -> None:
    def planted(results: Results) -> None:
        for fit in results["fits"]:
            for p in fit["params"].values():
                p |= {"estimate": 1.0 + 0.01 * (fit["engine"] == "glmmtmb"), "se": 1.0}

    found = block(build_results(indicators=1, strata=("all",), nb2=False, edit=planted))
    assert {(o["settings"], o["odd"]) for o in found["odd_one_out"]} == {
        ("default", "glmmtmb"), ("tight", "glmmtmb"),
    }  # fmt: skip


def planned(engine: str, settings: Settings = "tight") -> PlannedFit:
    return PlannedFit(Cell("i", "all", "base"), engine, settings)


def test_distances_name_their_reference() -> None:
    fit = exact_fit()
    fits = {planned("lme4"): moved(fit, by_se=0.02), planned("laplace"): fit}
    far, own = distances(fits)
    assert far["reference"] == own["reference"] == "i/all/base/laplace/tight"
    assert far["diff_se"] == pytest.approx(0.02, rel=EXACT_SE, abs=0)
    assert own["diff_se"] == 0.0
    assert own["reference_decrement"] < STOPPED
    assert (far["reason"], own["reason"]) == (None, None)


def test_without_a_maximum_there_is_no_distance() -> None:
    fit = exact_fit()
    d = fit.design
    endog = np.where(d.exog[:, list(d.exog_names).index("step1")] == 1, 0, d.endog)
    endless = harness.Design(
        endog, d.exog, d.groups, exog_re=d.exog_re, offset=d.offset, exog_names=d.exog_names
    )
    lost = replace(fit, design=endless)
    (row,) = distances({planned("laplace"): lost})
    assert (row["diff_se"], row["reference"], row["reason"]) == (None, None, NO_MAXIMUM)
    (row,) = distances({planned("map"): replace(fit, estimator="maximum a posteriori")})
    assert row["reason"] == NOBODY
