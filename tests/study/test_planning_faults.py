"""Every mistake in what a file simulates is one line that names the file, the line and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from tests.study.planning import POWER, SIMULATE, plan

# Lines of SIMULATE and of POWER.
REPLICATES, PROCESS, DESIGN, BASELINE, PERCENT, RANDOM, LIKE, METHOD, NB2 = (
    4,
    7,
    9,
    10,
    11,
    12,
    13,
    15,
    16,
)
P_DESIGN, P_BASELINE, P_PERCENT, P_METHOD, P_TEST, P_VARY, P_SEARCH, P_DETECTABLE = (
    5,
    6,
    7,
    9,
    11,
    12,
    13,
    14,
)
ROOT = "design: {units: 20, events: [1, 2], strata: {a: 1, b: 1}}"

IN_SIMULATE = [
    # misspelt keys, at any depth
    ("replicates: 20", "replicats: 20", REPLICATES, "did you mean 'replicates'?"),
    ("baseline: 50", "basline: 50", BASELINE, "did you mean 'baseline'?"),
    ("units: 20", "unit: 20", DESIGN, "unknown key 'simulate.processes.0.design.unit': did you mean 'units'?"),
    ("correlation", "corelation", RANDOM, "did you mean 'correlation'?"),
    ("theta: 30", "serial: {sd: 1, roh: 0.5}", LIKE, "did you mean 'rho'?"),
    ("{name: poisson}", "{name: poisson, familly: nb2}", METHOD, "did you mean 'family'?"),
    # designs
    ("units: 20", "units: 1", DESIGN, "greater than or equal to 2 (found 1)"),
    ("units: 20", "units: 20, calendar: [3, -3]", DESIGN, "calendar: the first period lies after the last"),
    ("events: [1, 2]", "events: [0, 0]", DESIGN, "events: give numbers of units"),
    ("events: [1, 2]", "events: [1, -2]", DESIGN, "events: give numbers of units"),
    ("{a: 1, b: 1}", "{a: 1, b: .nan}", DESIGN, "strata: give numbers of units"),
    ("events: [1, 2]", "missing: 1", DESIGN, "less than 1 (found 1)"),
    (ROOT, "impact: level", PROCESS, "give one of design and observed"),
    ("      baseline: 50\n", "", PROCESS, "a design needs its baseline"),
    # truths
    ("percent: {pre: 1, step0: 5}", "impact: leval", PERCENT, "impact: 'leval': did you mean 'level'?"),
    ("step0: 5", "stp0: 5", PERCENT, "percent.stp0: did you mean 'step0'?"),
    ("step0: 5", "a: {stp0: 5}", PERCENT, "percent.a.stp0: did you mean 'step0'?"),
    ("step0: 5", "c: {step0: 5}", PERCENT, "percent.c: choose one of 'a', 'b'"),
    ("step0: 5", "step0: -100", PERCENT, "percent.step0 is -100: give a change above -100 %"),
    ("step0: 5", "b: {step0: .inf}", PERCENT, "percent.b.step0 is inf"),
    ("theta: 30", "sigma: 0.1", LIKE, "sigma does not go with family 'nb2': leave it out"),
    (", theta: 30", "", LIKE, "family 'nb2' needs its theta: add it"),
    ("theta: 30", "theta: 0", LIKE, "greater than 0 (found 0)"),
    ("correlation: 0", "correlation: 1.1", RANDOM, "less than or equal to 1 (found 1.1)"),
    ("theta: 30", "theta: 30, suppression: {lowest: 6}", LIKE, "lowest 6 lies above highest 5"),
    ("theta: 30", "theta: 30, selection: {last: 2, strength: 1}", LIKE, "leave design.events out"),
    (ROOT, "design: {units: 20}\n      selection: {last: 0, strength: 1}", 10, "there is a choice then"),
    (ROOT, "design: {units: 20}\n      anticipation: {percent: 5}\n      selection: {last: 2, strength: 1}",
     11, "selection and anticipation do not go together"),
    # likeness and names
    ("like: base", "like: bsae", LIKE, "processes.1.like: 'bsae': did you mean 'base'?"),
    ("like: base", "like: [base]", LIKE, "processes.1.like: "),
    ("- name: base\n", "- name: base\n      like: other\n", 8, "no process stands before it"),
    ("name: other", "name: base", LIKE, "processes.1: 'base' stands there twice: keep one"),
    ("{name: nb2, family: nb2}", "{name: poisson}", NB2, "methods.1: 'poisson' stands there twice"),
    ("[step0 = pre]", "[step0 = pre, step0 = pre]", 5, "contrasts.1: 'step0 = pre' stands there twice"),
    ("{name: poisson}", "{name: poisson, engine: agq, n_quadrature: 8}", METHOD, "8 is even"),
    ("{name: poisson}", "{name: poisson, engine: laplac}", METHOD, "did you mean 'laplace'?"),
]  # fmt: skip

IN_POWER = [
    ("contrast: step0", "contrats: step0", 10, "unknown key 'power.contrats': did you mean 'contrast'?"),
    ("{units: 20}", "{unitz: 20}", P_DESIGN, "did you mean 'units'?"),
    ("audit: null", "audit: {shar: 0.1}", 15, "did you mean 'share'?"),
    ("[10, 20]", "[1, 20]", P_VARY, "vary.units: design.units: "),
    ("[10, 20]", "[10.5]", P_VARY, "vary.units: units: 10.5: give a whole number"),
    ("[10, 20]", "[10, 10]", P_VARY, "vary.units: give different values, one at least"),
    ("[10, 20]", "[]", P_VARY, "vary.units: give different values, one at least"),
    ("{units: [10, 20]}", "{theta: [10]}", P_VARY, "theta does not go with family 'poisson'"),
    ("{units: [10, 20]}", "{unit: [10]}", P_VARY, "'units'"),
    ("{units: [10, 20]}", "{percent: [5, -100]}", P_VARY, "percent.step0 is -100"),
    ("between: [10, 100]", "between: [10.5, 100]", P_SEARCH, "units: 10.5: give a whole number"),
    ("between: [10, 100]", "between: [100, 10]", P_SEARCH, "between [100, 10]: give two numbers above 0"),
    ("between: [10, 100]", "between: [-4, 10]", P_SEARCH, "between [-4, 10]: give two numbers above 0"),
    ("between: [1, 50]", "between: [-150, 10]", P_DETECTABLE, "between [-150, 10]: give two effects"),
    ("over: percent, between: [1, 50]", "over: units, between: [5, 50]", P_DETECTABLE, "over: percent"),
    ("test: wald-t", "test: wald-z", P_TEST, "(found 'wald-z')"),
    ("test: wald-t", "test: bootstrap\n  alpha: 0.001", P_TEST, "alpha 0.001 is none of them"),
    ("engine: laplace", "engine: laplace, small_sample: true", P_TEST, "say test: wald-t"),
    ("    baseline: 50\n", "    baseline: 50\n    like: base\n", 7, "goes with simulate.processes only"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "old", "new", "line", "says"),
    [*((SIMULATE, *case) for case in IN_SIMULATE), *((POWER, *case) for case in IN_POWER)],
)
def test_fault(tmp_path: Path, text: str, old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        plan(tmp_path, text, (old, new))
    told = str(error.value)
    assert "\n" not in told
    assert told.startswith(f"{tmp_path / 'plan.yaml'}, line {line}: ")
    assert says in told


@pytest.mark.parametrize(
    ("engine", "test", "says"),
    [
        ("statsmodels-map", "lr", "needs a likelihood, which engine 'statsmodels-map' has not"),
        ("lme4", "bootstrap", "goes with the engines laplace and agq"),
    ],
)
def test_a_test_that_its_engine_cannot_make(
    tmp_path: Path, engine: str, test: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        plan(tmp_path, POWER, ("engine: laplace", f"engine: {engine}"), ("wald-t", test))


@pytest.mark.parametrize("alpha", [0.005, 0.01, 0.05, 0.1, 0.235])
def test_levels_of_a_bootstrap_are_taken(tmp_path: Path, alpha: float) -> None:
    plan(tmp_path, POWER, ("wald-t", f"bootstrap\n  alpha: {alpha}"))
