"""Simulated England: made by its program, shaped like the official panel, true to its truth."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from scipy import stats

import harness
from harness import sources
from harness.errors import ConfigError
from harness.panel import Panel
from harness.segments import two_step
from harness.sources import Table
from harness.sources.england import england_folder, simulated_folder, truth
from harness.sources.england.series import SHARES

FIXTURE = Path(__file__).parents[2] / "fixtures" / "england-simulated"
STRATA = {"good_outstanding": 52, "requires_improvement": 65, "inadequate": 33}
STAGES = ("pre", "step0", "step1", "post")
COUNTS = (
    "referrals", "cin_started", "cin_31mar", "s47", "icpc", "cpp_started", "cpp_31mar",
    "cla_started", "cla_31mar", "cla_care_orders", "cla_s20",
)  # fmt: skip
AMOUNTS = (
    "spend_safety", "spend_cla", "spend_early_help", "vacancy_rate", "agency_rate", "turnover_rate",
)  # fmt: skip
EXPOSURES = (
    dict.fromkeys(COUNTS, "population")
    | dict(SHARES)
    | {"cin_per_social_worker": "social_worker_fte"}
)
# The averages in truth.yaml have six decimals.
WRITTEN = 5e-7 + 1e-12
# The data are fixed; a draw from the truth itself would be refused this often, on either side.
REFUSED = 0.005
SMALL = 5
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def table() -> Table:
    return sources.read("england", base=FIXTURE)


@pytest.fixture(scope="module")
def said() -> pd.Series[float]:
    return truth().set_index(["indicator", "stratum", "term"])["value"]


def test_the_program_writes_these_files_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(FIXTURE / "program"), str(tmp_path)], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {p.name: p.read_bytes() for p in FIXTURE.iterdir() if p.suffix in (".csv", ".yaml")}
    assert set(made) == set(kept)
    assert [name for name in sorted(kept) if made[name] != kept[name]] == []
    assert sum(map(len, kept.values())) < MEGABYTE


def test_it_is_read_where_nothing_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert england_folder() == (simulated_folder(), True)
    assert england_folder(harness.resources.folder("studies")) == (simulated_folder(), True)
    assert england_folder(FIXTURE) == (FIXTURE, True)
    assert sources.read("england").name == "england-simulated"


def test_strata_and_inspection_years(table: Table) -> None:
    one = table.frame.drop_duplicates("authority")
    assert one["outcome"].value_counts().to_dict() == STRATA
    years = one["inspection_year"].value_counts().sort_index().to_dict()
    assert years == {2014: 17, 2015: 40, 2016: 37, 2017: 36, 2018: 20}
    assert (one["complete_after"] == "true").sum() == 94
    assert (one["judgement"] == 1).sum() == 3
    # Crossed: every outcome meets every year.
    assert (pd.crosstab(one["outcome"], one["inspection_year"]) > 0).all(axis=None)
    assert one["population"].between(8_000, 300_000).all()
    assert set(table.frame.groupby("authority")["year"].agg(tuple)) == {tuple(range(2010, 2020))}


def test_truth_and_judgements_come_with_it(table: Table) -> None:
    assert table.truth is not None
    pd.testing.assert_frame_equal(table.truth, truth(FIXTURE))
    found = table.context["judgements"]
    assert found.heads[2:] == ("Outstanding", "Good", "Requires improvement", "Inadequate", "All")
    years = {row[1]: row[2:] for row in found.rows}
    assert [years[str(year)][-1] for year in range(2014, 2019)] == [17, 40, 37, 36, 20]
    assert years["all"] == (3, 49, 65, 33, 150)
    assert years["share"] == ("2 %", "33 %", "43 %", "22 %", "100 %")


def test_24_measures_can_be_studied(table: Table) -> None:
    assert len(EXPOSURES) + len(AMOUNTS) == 24
    for measure, exposure in EXPOSURES.items():
        panel = Panel.from_table(table, measure, exposure, "outcome")
        assert len(panel.units) == 150, measure
    for amount in (*AMOUNTS, "spend_total"):
        assert (table.frame[amount].dropna() > 0).all(), amount
        assert table.frame.groupby("authority")[amount].count().min() >= 3, amount


def test_average_of_the_strata(said: pd.Series[float]) -> None:
    indicators = said.index.unique("indicator")
    assert set(EXPOSURES) | set(AMOUNTS) | {"spend_total"} < set(indicators)
    for indicator in indicators:
        for stage in STAGES:
            parts = [n * said[indicator, stratum, stage] for stratum, n in STRATA.items()]
            assert said[indicator, "all", stage] == pytest.approx(sum(parts) / 150, abs=WRITTEN)


def test_data_without_truth_are_not_simulated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"truth.yaml: there is no such file, so nobody knows"):
        truth(tmp_path)


def test_suppressed_cells_are_small_or_protect_others() -> None:
    hidden = pd.read_csv(FIXTURE / "suppressed.csv", dtype={"year": str})
    counts = hidden.groupby("reason")["count"].agg(["min", "max"])
    assert set(counts.index) == {"small", "secondary", "part", "band"}
    assert counts.loc["small"].between(1, SMALL).all()
    assert counts.loc["secondary", "min"] > SMALL
    cells = pd.read_csv(FIXTURE / "panel.csv", dtype=str, keep_default_na=False)
    long = cells.melt(["la_code", "year"], ["cin_31mar", *hidden["series"].unique()], "series")
    keys = ["la_code", "year", "series"]
    coded = long.loc[long["value"].isin(["x", "c", "c*"]), keys]
    told = hidden.loc[hidden["reason"] != "part", keys]
    assert set(coded.itertuples(index=False)) == set(told.itertuples(index=False))
    # Nothing is published that should have been suppressed.
    assert not pd.to_numeric(long["value"], errors="coerce").between(1, SMALL).any()


def test_bounds_hold_what_small_cells_hide(table: Table) -> None:
    hidden = pd.read_csv(FIXTURE / "suppressed.csv").query("reason == 'small'")
    hidden = hidden.rename(columns={"count": "hidden"})  # a row of itertuples has a method count
    by_code = table.frame.set_index(["la_code", "year"])
    # A numerator has bounds only where its denominator is known.
    for row in hidden[~hidden["series"].isin(dict(SHARES))].itertuples():
        cell = by_code.loc[(row.la_code, row.year)]
        assert cell[f"{row.series}_if_1"] <= row.hidden <= cell[f"{row.series}_if_5"]


@functools.cache
def _fit(measure: str, stratum: str) -> harness.FitResult:
    table = sources.read("england", base=FIXTURE)
    panel = Panel.from_table(table, measure, EXPOSURES[measure], "outcome")
    model = harness.SegmentedPoisson(family="nb2")
    (fit,) = harness.fit(panel, model, engines=["laplace"], settings="tight", stratum=stratum)
    return fit


def _chi_square(said: pd.Series[float], swapped: dict[str, str]) -> tuple[float, int]:
    """Sum the squared distances in standard errors from the truth of the stratum swapped in."""
    z = [
        (fit.params[stage] - said[measure, swapped.get(stratum, stratum), stage]) / fit.bse[stage]
        for measure in EXPOSURES
        for stratum in STRATA
        for fit in [_fit(measure, stratum)]
        for stage in STAGES
    ]
    return float(np.square(z).sum()), len(z)


def test_estimates_lie_around_the_truth(said: pd.Series[float]) -> None:
    statistic, terms = _chi_square(said, {})
    assert terms == 4 * 3 * len(EXPOSURES)
    assert REFUSED < stats.chi2.sf(statistic, terms) < 1 - REFUSED


def test_estimates_do_not_lie_around_the_truth_of_another_stratum(said: pd.Series[float]) -> None:
    swapped = {"inadequate": "good_outstanding", "good_outstanding": "inadequate"}
    assert stats.chi2.sf(*_chi_square(said, swapped)) < REFUSED


@pytest.mark.parametrize("amount", [*AMOUNTS, "spend_total"])
def test_amounts_vary_around_their_truth(amount: str, table: Table, said: pd.Series[float]) -> None:
    """In the last year log amounts are normal; the intercept, slope and noise are independent."""
    rows = table.frame[(table.frame["year"] == 2019) & table.frame[amount].notna()]
    z = []
    for stratum, part in rows.groupby("outcome"):
        term = said.xs((amount, stratum), level=("indicator", "stratum"))
        assert term["corr"] == 0
        t = (part["year"] - part["inspection_year"]).to_numpy()
        stages = sum(term[name] * column for name, column in two_step(t).items())
        mean = term["intercept"] + stages - term["sigma"] ** 2 / 2
        variance = term["sd_intercept"] ** 2 + (t * term["sd_slope"]) ** 2 + term["sigma"] ** 2
        z.extend((np.log(part[amount]) - mean) / np.sqrt(variance))
    assert len(z) > 140
    assert REFUSED < stats.chi2.sf(np.square(z).sum(), len(z)) < 1 - REFUSED
    assert abs(np.mean(z)) * np.sqrt(len(z)) < stats.norm.isf(REFUSED)


def test_names_of_the_truth_are_columns(table: Table) -> None:
    tree = YAML(typ="safe").load(FIXTURE / "truth.yaml")
    assert set(tree) <= set(table.frame)
    assert {said.get("exposure", "population") for said in tree.values()} <= set(table.frame)
