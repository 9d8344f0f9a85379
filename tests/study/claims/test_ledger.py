"""Claims judged by the fits of a small study."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from harness.errors import ConfigError
from harness.study.claims.ledger import ledger
from harness.study.claims.medians import median_bounds
from harness.study.loading import load_study
from harness.study.plan import Cell
from harness.study.prepared import RunOptions
from harness.study.results import results_dict
from harness.study.runner import StudyRun, run_study
from harness.study.selection import candidates
from tests.engines.panels import frame
from tests.study.files import STRATA, write_study

# Two ways of adding up the same numbers.
ROUNDING = 1e-10
CLAIMS = """
claims_by:
  - {name: poisson, label: Poisson, variants: [base]}
  - {name: wider, label: Wider, variants: [nb2]}
  - {name: joint, label: In one model, variants: [joint]}
claims:
  - {id: A, text: It rises, parts: [{about: [cases], says: ["step0 > pre"]}]}
  - {id: B, text: It rises more, parts: [{about: [cases], strata: [north], says: ["step0 > step0[south]"]}]}
  - {id: C, text: It rises more than that, parts: [{about: [cases], says: ["pre > pre{deaths}"]}]}
  - {id: D, text: Medians spike, parts: [{about: [cases], says: [spike of medians]}]}
  - {id: E, text: The best model, parts: [{about: [cases], says: [lowest AIC, lowest BIC]}]}
"""
VARIANTS = """
variants:
  - {name: nb2, family: nb2, engines: [laplace]}
  - {name: joint, by_stratum: true, engines: [laplace]}
  - {name: level, impact: level, engines: [laplace]}
  - {name: none, impact: none, engines: [laplace]}
  - {name: narrow, impact: level, window: [-2, 2], engines: [laplace]}
"""
INDICATORS = """
indicators:
  - {name: cases, label: Cases, count: cases, exposure: people, per: 1000}
  - {name: deaths, label: Deaths, count: deaths, exposure: people, per: 1000}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> StudyRun:
    folder = tmp_path_factory.mktemp("claims")
    table = frame()
    path = write_study(
        folder, table.assign(deaths=table["cases"] // 2), strata=STRATA,
        variants=VARIANTS, claims=CLAIMS, indicators=INDICATORS, settings="settings: [tight]",
        dispersion_replicates="dispersion_replicates: 0",
    )  # fmt: skip
    return run_study(load_study(path), RunOptions(base=folder), lambda *_: None)


@pytest.fixture(scope="module")
def records(run: StudyRun) -> dict[tuple[str, str], dict]:
    return {(one["id"], one["basis"]): one for one in results_dict(run)["claims"]}


def fit_of(run: StudyRun, cell: Cell):
    return next(fit for planned, fit in run.fits.items() if planned.cell == cell)


def interval(estimate: float, se: float) -> list[float]:
    half = float(scipy.stats.norm.ppf(0.975)) * se
    return [estimate, estimate - half, estimate + half]


def numbers(record: dict) -> list[float]:
    [statement] = record["statements"]
    return [statement[key] for key in ("estimate", "low", "high")]


def test_everything_that_was_asked_judges(records) -> None:
    assert set(records) == {
        ("A", "poisson"), ("A", "wider"),
        ("B", "poisson"), ("B", "wider"), ("B", "joint"),
        ("C", "poisson"), ("C", "wider"),
        ("D", "medians"),
        ("E", "poisson"),
    }  # fmt: skip


@pytest.mark.parametrize(("basis", "variant"), [("poisson", "base"), ("wider", "nb2")])
def test_stages_of_one_fit_have_its_covariance(run, records, basis: str, variant: str) -> None:
    fit = fit_of(run, Cell("cases", "all", variant))
    V = fit.cov_params()
    se = math.sqrt(V.loc["step0", "step0"] + V.loc["pre", "pre"] - 2 * V.loc["step0", "pre"])
    expected = interval(fit.params["step0"] - fit.params["pre"], se)
    np.testing.assert_allclose(numbers(records["A", basis]), expected, rtol=ROUNDING)


def test_strata_are_independent_and_indicators_are_taken_at_their_worst(run, records) -> None:
    north, south = (fit_of(run, Cell("cases", s, "base")) for s in ("north", "south"))
    se = math.hypot(north.bse["step0"], south.bse["step0"])
    expected = interval(north.params["step0"] - south.params["step0"], se)
    np.testing.assert_allclose(numbers(records["B", "poisson"]), expected, rtol=ROUNDING)
    cases, deaths = (fit_of(run, Cell(name, "all", "base")) for name in ("cases", "deaths"))
    expected = interval(
        cases.params["pre"] - deaths.params["pre"], cases.bse["pre"] + deaths.bse["pre"]
    )
    np.testing.assert_allclose(numbers(records["C", "poisson"]), expected, rtol=ROUNDING)


def test_strata_in_one_model_have_terms_of_their_own(run, records) -> None:
    fit = fit_of(run, Cell("cases", "all", "joint"))
    assert {"pre[north]", "pre[south]", "intercept[north]"} <= set(fit.params.index)
    V = fit.cov_params()
    a, b = "step0[north]", "step0[south]"
    se = math.sqrt(V.loc[a, a] + V.loc[b, b] - 2 * V.loc[a, b])
    expected = interval(fit.params[a] - fit.params[b], se)
    np.testing.assert_allclose(numbers(records["B", "joint"]), expected, rtol=ROUNDING)


def test_candidates_differ_in_the_impact_model_only(run, records) -> None:
    fits = {name: fit_of(run, Cell("cases", "all", name)) for name in ("base", "level", "none")}
    aic, bic = records["E", "poisson"]["statements"]
    for statement, criterion in ((aic, "aic"), (bic, "bic")):
        own, *others = (getattr(fit, criterion) for fit in fits.values())
        assert statement["estimate"] == min(others) - own
        assert statement["result"] == ("supported" if own < min(others) else "contradicted")


@pytest.mark.parametrize(
    ("lost", "reason"),
    [({"converged": False}, "laplace did not converge"),
     ({"failure": "R died"}, "laplace gave no answer: R died")],
)  # fmt: skip
def test_a_fit_without_an_answer_judges_nothing(run, lost, reason: str) -> None:
    fits = {planned: replace(fit, **lost) for planned, fit in run.fits.items()}
    told = ledger(replace(run, fits=fits))
    one = next(one for one in told if (one["id"], one["basis"]) == ("A", "poisson"))
    assert (one["result"], one["statements"][0]["reason"]) == ("not testable", reason)


def test_robust_errors_choose_no_impact_model(tmp_path: Path) -> None:
    more = VARIANTS + "  - {name: robust, se_method: cluster, engines: [laplace]}\n"
    study = load_study(write_study(tmp_path, strata=STRATA, variants=more))
    assert list(candidates(study, "base")) == ["two-step", "level", "none"]
    assert list(candidates(study, "robust")) == ["two-step"]


def test_the_step_of_the_median_is_that_of_the_panel(run) -> None:
    panel = run.data.panels["cases"]
    rate = panel.frame[panel.response] / panel.frame["exposure"]
    before, at = (rate[panel.t == t].median() for t in (-1, 0))
    found = median_bounds(panel, "median0", 1, "x")
    assert found.estimate == pytest.approx(math.log(at / before), rel=ROUNDING, abs=0)
    assert found.low < found.low90 < found.high90 < found.high
    assert found == median_bounds(panel, "median0", 1, "x")
    assert found != median_bounds(panel, "median0", 2, "x")


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("about: [casse], says: [spike]", "claims.0 (X): 'casse': did you mean 'cases'"),
        ("about: [cases], strata: [nroth], says: [spike]", "claims.0 (X): 'nroth'"),
        ('about: [cases], says: ["pre > pre{deats}"]', "claims.0 (X): 'deats'"),
        ("about: [cases], says: [spik]", "'spik' is no statement"),
    ],
)
def test_a_claim_about_nothing_is_refused(tmp_path: Path, claims: str, said: str) -> None:
    text = f"claims: [{{id: X, text: x, parts: [{{{claims}}}]}}]"
    with pytest.raises(ConfigError) as caught:
        load_study(write_study(tmp_path, strata=STRATA, indicators=INDICATORS, claims=text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_basis_names_variants_that_exist(tmp_path: Path) -> None:
    text = "claims_by: [{name: x, label: x, variants: [nb3]}]"
    with pytest.raises(ConfigError, match=r"claims_by\.0\.variants: 'nb3'"):
        load_study(write_study(tmp_path, claims=text))
