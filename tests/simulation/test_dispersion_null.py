"""The dispersion under the fitted Poisson model: its place, its verdict, its draws."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.engines import FitOptions
from harness.engines.workers import Outcome, Task, fit_task
from harness.errors import FitFailure
from harness.simulation import dispersion_null as module
from harness.simulation.dispersion_null import dispersion_null
from harness.study import answers, runner
from harness.study.loading import load_study
from harness.study.plan import Cell
from harness.study.prepared import RunOptions
from harness.study.writing import write_run
from tests.engines.panels import design, panel
from tests.glmm.panels import simulated
from tests.study.files import STRATA, write_study

REPLICATES = 1000
# Standard errors of a median of as many draws; the seed is fixed, so this is met or it is not.
MONTE_CARLO = 3.0
# The error of a difference of two quantiles of as many draws is 3.1 % of it: three of those.
SPREAD_RTOL = 0.1
# Two fits of one maximum: Newton decrements of 1e-8.
SAME_FIT = 1e-8
# A normal quantile's half interval of 95 %, and a median's standard error in those of a mean.
HALF_INTERVAL, MEDIAN = 1.96, 1.2533


def effective_parameters(fit: harness.FitResult) -> float:
    """Trace of the hat matrix of the penalised weighted regression at the conditional modes."""
    d = fit.design
    effects = fit.random_effects.to_numpy()[d.groups]
    mu = np.exp(d.offset + d.exog @ fit.params.to_numpy() + (d.exog_re * effects).sum(axis=1))
    units, q = d.n_groups, d.exog_re.shape[1]
    z = np.zeros((d.nobs, units * q))
    for k in range(q):
        z[np.arange(d.nobs), d.groups * q + k] = d.exog_re[:, k]
    columns, p = np.hstack([d.exog, z]), d.exog.shape[1]
    information = columns.T @ (mu[:, None] * columns)
    penalty = np.zeros_like(information)
    penalty[p:, p:] = np.kron(np.eye(units), np.linalg.inv(fit.cov_re))
    return float(np.trace(np.linalg.solve(information + penalty, information)))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_null_lies_where_the_effective_parameters_put_it(seed: int) -> None:
    """E sum of squared Pearson residuals = n - tr(hat matrix), averaged over random effects."""
    made = simulated(units=40, seed=seed)
    fit = fit_task(Task(made, "laplace", FitOptions()))
    null = dispersion_null(made, REPLICATES, 7)
    assert (null.replicates, null.failures, null.failure) == (REPLICATES, 0, None)
    expected = (made.nobs - effective_parameters(fit)) / (made.nobs - made.n_params)
    assert expected < 0.8
    error = MEDIAN * (null.high - null.low) / (2 * HALF_INTERVAL) / np.sqrt(REPLICATES)
    assert null.median == pytest.approx(expected, abs=MONTE_CARLO * error)
    assert null.observed == pytest.approx(fit.dispersion, rel=SAME_FIT, abs=0)
    # 95 % of a scaled chi-square of as many degrees of freedom as the residuals have.
    spread = expected * np.sqrt(2 / (made.nobs - effective_parameters(fit)))
    assert (null.high - null.low) / (2 * HALF_INTERVAL) == pytest.approx(
        spread, rel=SPREAD_RTOL, abs=0
    )


@pytest.mark.parametrize("seed", range(3))
def test_p_value(seed: int) -> None:
    negative_binomial = dispersion_null(
        design(panel(units=20, mean=60.0, theta=8.0, seed=seed)), 99, 1
    )
    assert negative_binomial.observed > 3 * negative_binomial.high
    assert negative_binomial.p_value == 1 / 100
    poisson = dispersion_null(design(panel(units=20, mean=60.0, seed=seed)), 99, 1)
    assert 0.05 < poisson.p_value < 0.95
    assert poisson.low < poisson.observed < poisson.high


def test_the_seed_decides_the_draws() -> None:
    made = simulated(units=10)
    first = dispersion_null(made, 19, 3)
    assert dispersion_null(made, 19, 3) == first
    assert dispersion_null(made, 19, 4).median != first.median


def test_a_cell_keeps_its_draws_whatever_else_the_study_holds() -> None:
    cells = [
        Cell("deaths", "all", "base"),
        Cell("deaths", "north", "base"),
        Cell("falls", "all", "base"),
    ]
    seeds = [runner._null_seed(5, cell) for cell in cells]
    assert len(set(seeds)) == 3
    assert runner._null_seed(5, cells[0]) == seeds[0] != runner._null_seed(6, cells[0])
    made = simulated(units=10)
    medians = {runner._null(made, 19, seed).median for seed in seeds}
    assert len(medians) == 3
    # Not the hash of this process: another run draws the same.
    assert seeds[0] % 10**9 == 74327291


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (FitFailure("no replicate could be fitted"), "no replicate could be fitted"),
        (ValueError("lam value too large"), "ValueError: lam value too large"),
    ],
)
def test_a_lost_null_says_why(monkeypatch: pytest.MonkeyPatch, error: Exception, says: str) -> None:
    def lost(*arguments: object, **named: object) -> None:
        raise error

    monkeypatch.setattr(module, "fit_batch", lost)
    null = runner._null(simulated(units=10), 19, 1)
    assert null.failure == says
    assert np.isnan([null.observed, null.median, null.p_value]).all()
    assert (null.replicates, null.failures) == (0, 0)


def test_a_lost_null_leaves_its_reason_in_the_results(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reason = "no answer within 600 seconds: given up"

    def here(calls: Any, jobs: int, limit: float) -> Iterator[tuple[int, Outcome]]:
        for place, (function, arguments) in enumerate(calls):
            lost = function is runner._null and place == len(calls) - 1
            yield place, Outcome(reason=reason) if lost else Outcome(value=function(*arguments))

    monkeypatch.setattr(answers, "in_workers", here)
    study = load_study(write_study(tmp_path, strata=STRATA, settings="settings: [tight]"))
    run = runner.run_study(study, RunOptions(base=tmp_path), lambda *said: None)
    page = write_run(run, tmp_path / "out")
    found = json.loads((page.parent / "results.json").read_text(encoding="utf-8"))
    *kept, lost = found["dispersion_null"]
    assert [entry["stratum"] for entry in found["dispersion_null"]] == ["all", "north", "south"]
    assert [entry["failure"] for entry in kept] == [None, None]
    assert lost["failure"] == reason
    for name in ("observed", "null_low", "null_median", "null_high", "p_value"):
        assert lost[name] is None
