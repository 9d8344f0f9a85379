"""What a study file says of a process, and the process that comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import ConfigError
from harness.glmm.batch import fit_batch
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.simulation.processes.process import Process
from harness.sources import read
from harness.study.observed import process_of, window_of
from harness.study.power_parts import Power
from harness.study.process_parts import ProcessPart
from harness.study.simulation_parts import MethodPart
from tests.study.planning import POWER, SIMULATE, plan

# Logarithms and exponentials there and back, a mean of twenty; a linear predictor of five terms.
ROUNDING = 1e-13

WINDOW = (-3, 3)


def made(folder: Path, k: int = 0, *changes: tuple[str, str]) -> Process:
    file = plan(folder, SIMULATE, *changes)
    assert file.simulate is not None
    return process_of(file, file.simulate.processes[k], folder, 5, WINDOW)


def baselines(process: Process) -> dict[str, float]:
    """Rate at t = -1 by stratum, at random effects of 0."""
    layout = process.layout
    rate = np.exp(process._fixed_part) / layout.exposure
    stratum, before = layout.stratum[layout.unit], layout.t() == -1
    return {n: float(rate[before & (stratum == k)].mean()) for k, n in enumerate(layout.strata)}


def test_a_baseline_is_that_of_every_stratum(tmp_path: Path) -> None:
    change = ("percent: {pre: 1, step0: 5}", "percent: {step0: 5, a: {pre: 10}, b: {pre: -10}}")
    assert baselines(made(tmp_path, 0, change)) == pytest.approx(
        {"a": 50.0, "b": 50.0}, rel=ROUNDING, abs=0
    )


@pytest.mark.parametrize("design", ["units: 2", "units: 20, missing: 0.1"])
def test_the_median_exposure_is_that_of_the_design(tmp_path: Path, design: str) -> None:
    design += ", exposure: 4, spread: 0.6"
    found = baselines(made(tmp_path, 0, ("units: 20", design)))
    assert found == pytest.approx({"a": 12.5, "b": 12.5}, rel=ROUNDING, abs=0)


def test_effects_are_percent_changes(tmp_path: Path) -> None:
    truth = made(tmp_path).truth
    effects = {"pre": np.log(1.01), "step0": np.log(1.05)}
    assert truth.effects["a"] == pytest.approx(effects, rel=ROUNDING, abs=0)
    assert truth.cov_re == pytest.approx(np.diag([0.09, 0.0025]), rel=ROUNDING, abs=0)
    assert (truth.family, truth.variance) == ("poisson", 0.0)


def test_a_process_is_like_another_but_for_what_it_says(tmp_path: Path) -> None:
    file = plan(tmp_path, SIMULATE, ("theta: 30", "theta: 30, random: {slope: 0.2}"))
    assert file.simulate is not None
    base, other = file.simulate.processes
    assert (base.title, other.title) == ("The base", "")
    assert (other.design, other.percent, other.baseline) == (
        base.design, base.percent, base.baseline
    )  # fmt: skip
    assert other.random.model_dump() == {**base.random.model_dump(), "slope": 0.2}
    one, two = made(tmp_path, 0), made(tmp_path, 1)
    assert two.truth.variance == 1 / 30
    assert (one.layout.event == two.layout.event).all()


@pytest.mark.parametrize(
    ("axis", "value", "place"),
    [("units", 40.0, ("design", "units")), ("after", 5.0, ("design", "after")),
     ("baseline", 7.0, ("baseline",)), ("slope", 0.2, ("random", "slope")),
     ("intercept", 0.1, ("random", "intercept")), ("percent", 9.0, ("percent", "step0"))],
)  # fmt: skip
def test_a_point_of_a_curve_changes_one_thing(
    tmp_path: Path, axis: str, value: float, place: Any
) -> None:
    file = plan(tmp_path, POWER)
    assert file.power is not None
    before, after = file.power.process.model_dump(), file.power.at({axis: value}).model_dump()
    for key in place[:-1]:
        before, after = before[key], after[key]
    assert after.pop(place[-1]) == value
    before.pop(place[-1])
    assert after == before


@pytest.mark.parametrize(
    ("contrast", "term"),
    [("step0", "step0"), ("step0 = pre", "step0"), ("step0[a] - step0[b]", "step0[a]")],
)
def test_the_effect_is_that_of_the_first_term(tmp_path: Path, contrast: str, term: str) -> None:
    given = plan(tmp_path, POWER, ("contrast: step0", f"contrast: {contrast}"),
                 ("{units: 20}", "{units: 20, strata: {a: 1, b: 1}}")).power  # fmt: skip
    assert isinstance(given, Power)
    percent = given.at({"percent": 9.0}).percent
    assert percent == ({"step0": 9.0} if term == "step0" else {"step0": 5.0, "a": {"step0": 9.0}})


US_TRAFFIC = """\
study: us
title: US
source: {reader: us_traffic, event: gdl}
no_event: drop
indicators: [{name: totfat, label: All, count: totfat, exposure: statepop}]
strata: {column: fast, labels: {true: fast, false: slow}, minimum_units: 5}
engines: [laplace]
model: {random: MODEL}
simulate:
  processes: [{name: us, observed: {indicator: totfat}PARTS}]
"""


def observed(folder: Path, parts: str = "", model: str = "slope", window: Any = WINDOW) -> Process:
    file = plan(folder, US_TRAFFIC.replace("MODEL", model), ("PARTS", parts))
    assert file.simulate is not None
    return process_of(file, file.simulate.processes[0], folder, 5, window)


def us_panel() -> Panel:
    table = read("us_traffic", event="gdl")
    return Panel.from_table(table, "totfat", "statepop", "fast", no_event="drop")


def test_an_observed_design_has_the_rows_and_the_fit_of_its_panel(tmp_path: Path) -> None:
    process, design = observed(tmp_path), SegmentedPoisson().design(us_panel())
    fit = fit_batch(design, design.endog[None, :])
    assert len(process.layout.unit) == design.nobs
    assert process.layout.strata == ("fast", "slow")
    exposure, eta = np.exp(design.offset), design.exog @ fit.params[0] + design.offset
    assert process.layout.exposure == pytest.approx(exposure, rel=ROUNDING, abs=0)
    assert process._fixed_part == pytest.approx(eta, rel=ROUNDING, abs=0)
    assert process.truth.cov_re == pytest.approx(fit.cov_re[0], rel=ROUNDING, abs=0)


def test_what_is_said_of_an_observed_design_takes_the_place_of_its_fit(tmp_path: Path) -> None:
    fitted = observed(tmp_path).truth
    said = observed(
        tmp_path, ", percent: {step0: 5, fast: {post: 2}}, random: {slope: 0.2}, baseline: 10"
    ).truth
    kept = {name: v for name, v in fitted.effects["slow"].items() if name != "step0"}
    slow = {**kept, "step0": np.log(1.05)}
    assert said.effects["slow"] == pytest.approx(slow, rel=ROUNDING, abs=0)
    fast = {**slow, "post": np.log(1.02)}
    assert said.effects["fast"] == pytest.approx(fast, rel=ROUNDING, abs=0)
    sd = [np.sqrt(fitted.cov_re[0, 0]), 0.2]
    assert np.sqrt(np.diag(said.cov_re)) == pytest.approx(sd, rel=ROUNDING, abs=0)
    r = [v.cov_re[0, 1] / np.sqrt(v.cov_re[0, 0] * v.cov_re[1, 1]) for v in (fitted, said)]
    assert r[1] == pytest.approx(r[0], rel=ROUNDING, abs=0)
    median = float(np.median(observed(tmp_path).layout.exposure))
    rate = said.stages(np.array([-1.0]), np.array([0]), ("fast", "slow"))[0]
    assert np.exp(rate) * median == pytest.approx(10.0, rel=ROUNDING, abs=0)


@pytest.mark.parametrize("model", ["none", "intercept", "step"])
def test_random_effects_of_the_fit_are_those_of_a_process(tmp_path: Path, model: str) -> None:
    sd = np.sqrt(np.diag(observed(tmp_path, model=model).truth.cov_re))
    assert (sd > 0).tolist() == [model != "none", model == "step"]


def test_one_stratum_of_an_observed_design(tmp_path: Path) -> None:
    everybody = observed(tmp_path).layout
    file = plan(tmp_path, US_TRAFFIC.replace("MODEL", "slope"),
                ("{indicator: totfat}PARTS", "{indicator: totfat, stratum: fast}"))  # fmt: skip
    assert file.simulate is not None
    fast = process_of(file, file.simulate.processes[0], tmp_path, 5, WINDOW).layout
    assert fast.strata == ("fast",)
    wanted = np.array(everybody.labels)[everybody.stratum == 0]
    assert fast.labels == tuple(wanted)


def test_the_rows_are_those_that_any_method_looks_at(tmp_path: Path) -> None:
    file = plan(tmp_path, US_TRAFFIC.replace("MODEL", "slope"), ("PARTS", ""))
    methods = [MethodPart(), MethodPart(window=(-5, 2))]
    assert window_of(file, methods) == (-5, 3)
    t = observed(tmp_path, window=(-5, 3)).layout.t()
    assert (t.min(), t.max()) == (-5, 3)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("PARTS", ", percent: {fats: {step0: 5}}", "percent.fats: did you mean 'fast'"),
        ("totfat}PARTS", "totfatt}", "observed.indicator: 'totfatt': did you mean 'totfat'"),
        ("totfat}PARTS", "totfat, stratum: fats}", "observed.stratum: did you mean 'fast'"),
    ],
)
def test_an_observed_design_that_is_not_there(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    file = plan(tmp_path, US_TRAFFIC.replace("MODEL", "slope"), (old, new))
    assert file.simulate is not None
    with pytest.raises(ConfigError, match=says):
        process_of(file, file.simulate.processes[0], tmp_path, 5, WINDOW)


def test_a_design_without_data_cannot_be_observed(tmp_path: Path) -> None:
    file = plan(tmp_path, POWER)
    part = ProcessPart.model_validate({"observed": {"indicator": "x"}})
    with pytest.raises(ConfigError, match="needs the study's source and indicators: add them"):
        process_of(file, part, tmp_path, 5, WINDOW)
