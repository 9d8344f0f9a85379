"""Replicates: who fits them, in what company and where changes nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from harness.engines import FitOptions
from harness.errors import ConfigError, DesignError
from harness.model import SegmentedPoisson
from harness.simulation.estimates import DONE, FIT, SIMULATE, Estimates
from harness.simulation.methods import Method
from harness.simulation.processes.choice import Selection, Suppression
from harness.simulation.processes.layout import Plan
from harness.simulation.processes.process import stream
from harness.simulation.replicates import analysis, design_of, estimates, truth_of
from tests.simulation.processes.making import EFFECTS, process

G = np.array([[0.09, 0.003], [0.003, 0.0025]])
MADE = process(
    Plan(units=24, before=5, after=4, events=(1.0, 2.0), spread=0.4, missing=0.1,
         strata=(("a", 1.0), ("b", 1.0))),
    cov_re=G,
)  # fmt: skip
LAPLACE = Method("laplace", "laplace", SegmentedPoisson(), contrasts=("step0 = pre",))
# Maxima of one likelihood found on two roads, in standard errors: Newton decrements of 1e-8.
SAME_MAXIMUM = 1e-7
# Their values lie the square of that apart; what shows is rounding of a few hundred terms.
LLF_ATOL = 1e-10
# A quantile, or a sum of three.
ROUNDING = 1e-14


def same_bytes(a: Estimates, b: Estimates) -> None:
    for part in dataclasses.fields(Estimates)[1:]:
        x, y = getattr(a, part.name), getattr(b, part.name)
        assert x.tobytes() == y.tobytes(), part.name


@pytest.mark.parametrize("family", ["poisson", "nb2", "poisson-olre"])
def test_company_threads_and_cuts_change_no_byte(family: Any) -> None:
    method = dataclasses.replace(LAPLACE, model=SegmentedPoisson(family=family))
    numbers = list(range(7))
    whole = estimates(MADE, method, 11, numbers, threads=2)
    same_bytes(whole, estimates(MADE, method, 11, numbers, threads=1))
    parts = [estimates(MADE, method, 11, part) for part in ([0, 1, 2], [3], [4, 5, 6])]
    same_bytes(whole, Estimates.joined(parts))
    alone = estimates(MADE, method, 11, [5])
    same_bytes(alone, Estimates.joined([estimates(MADE, method, 11, [5, 2])]).__class__(
        whole.terms,
        *(getattr(whole, part.name)[5:6] for part in dataclasses.fields(Estimates)[1:]),
    ))  # fmt: skip
    assert not np.array_equal(whole.estimate, estimates(MADE, method, 12, numbers).estimate)


@pytest.mark.parametrize("by_stratum", [False, True])
@pytest.mark.parametrize("window", [(-3, 3), (-2, 1)])
@pytest.mark.parametrize("random", ["slope", "intercept", "none"])
def test_the_compiled_road_and_that_of_engines_agree(
    by_stratum: bool, window: Any, random: Any
) -> None:
    contrast = "step0[a] = step0[b]" if by_stratum else "step0 + step1 = 2 * pre"
    model = SegmentedPoisson(random=random, window=window, by_stratum=by_stratum)
    if window == (-2, 1):
        model = dataclasses.replace(model, impact="level")
        contrast = contrast.replace("step0", "level") if by_stratum else "level = 2 * trend"
    method = Method("m", "laplace", model, contrasts=(contrast,))
    # Conditional standard errors are not those of the compiled road: its own design must be asked.
    whole = analysis(MADE, model)
    fast = estimates(MADE, method, 3, range(4))
    for k in range(4):
        draw = MADE.draw(stream(3, k))
        assert draw is not None
        design = design_of(MADE, draw, model)
        assert design.sha256 == whole.design.with_counts(draw.counts[whole.place]).sha256
        slow = estimates(
            dataclasses.replace(MADE, suppression=Suppression(10**9, 10**9)), method, 3, [k]
        )
        assert np.abs((slow.estimate[0] - fast.estimate[k]) / fast.se[k]).max() < SAME_MAXIMUM
        assert slow.se[0] == pytest.approx(fast.se[k], rel=SAME_MAXIMUM, abs=0)
        assert slow.llf[0] == pytest.approx(fast.llf[k], abs=LLF_ATOL)
        assert slow.critical[0] == pytest.approx(fast.critical[k], rel=ROUNDING, abs=0)


@pytest.mark.parametrize(
    ("made", "stage"),
    [
        (process(intercept=-30.0), SIMULATE),
        (process(intercept=60.0), SIMULATE),
        (process(intercept=1.0, suppression=Suppression(0, 10**9)), SIMULATE),
        (process(intercept=3.0), DONE),
    ],
    ids=["nothing counted", "too large to draw", "all hidden", "as it should be"],
)
@pytest.mark.parametrize("se_method", ["observed", "rx"], ids=["compiled", "by engine"])
def test_what_nobody_can_analyse_has_failed_to_be_simulated(
    made: Any, stage: int, se_method: Any
) -> None:
    method = dataclasses.replace(LAPLACE, options=FitOptions(se_method=se_method))
    found = estimates(made, method, 1, range(3))
    assert found.stage.tolist() == [stage] * 3
    assert np.isnan(found.estimate).all() == (stage != DONE)


@pytest.mark.parametrize("se_method", ["observed", "rx"], ids=["compiled", "by engine"])
def test_a_separated_term_has_failed_to_be_fitted(se_method: Any) -> None:
    """No event in a stratum's last stages: their rates have no finite maximum."""
    made = process(effects={"step1": -40.0}, intercept=2.0)
    method = dataclasses.replace(LAPLACE, options=FitOptions(se_method=se_method))
    assert estimates(made, method, 1, range(3)).stage.tolist() == [FIT] * 3


def test_a_replicate_without_a_term_of_the_model_cannot_answer_for_it() -> None:
    """Whose events are chosen may leave out the last period, or the whole of a stratum is hidden."""
    plan = Plan(units=3, before=3, after=3, candidates=(0, 3))
    made = process(plan, selection=Selection(0, 3, 1.0), intercept=4.0, cov_re=G)
    method = dataclasses.replace(LAPLACE, model=SegmentedPoisson(calendar=True, random="intercept"))
    stages = estimates(made, method, 2, range(12)).stage
    assert set(stages.tolist()) >= {SIMULATE}
    hidden = dataclasses.replace(
        process(Plan(units=20, strata=(("a", 1.0), ("b", 1.0))),
                effects={"a": {}, "b": {}}, intercepts={"a": 4.0, "b": -30.0}),
        suppression=Suppression(0, 0),
    )  # fmt: skip
    by_stratum = dataclasses.replace(
        LAPLACE, model=SegmentedPoisson(by_stratum=True), contrasts=("step0[a] = step0[b]",)
    )
    assert estimates(hidden, by_stratum, 2, range(2)).stage.tolist() == [SIMULATE] * 2


def test_calendar_effects_go_with_chosen_events() -> None:
    made = process(
        Plan(units=60, candidates=(0, 3)), selection=Selection(0, 3, 1.0), intercept=4.0, cov_re=G
    )
    method = dataclasses.replace(LAPLACE, model=SegmentedPoisson(calendar=True))
    assert estimates(made, method, 1, range(2)).stage.tolist() == [DONE] * 2


def test_truth_by_term_and_contrast() -> None:
    whole = analysis(MADE, LAPLACE.model).design
    difference = pytest.approx(EFFECTS["step0"] - EFFECTS["pre"], rel=ROUNDING, abs=0)
    assert truth_of(MADE, LAPLACE, whole) == {**EFFECTS, "step0 = pre": difference}
    strata = {"a": {**EFFECTS, "step0": 0.2}, "b": EFFECTS}
    apart = dataclasses.replace(MADE, truth=dataclasses.replace(MADE.truth, effects=strata))
    # Of units whose step differs there is no one step, nor what it is compared with.
    assert truth_of(apart, LAPLACE, whole) == {n: v for n, v in EFFECTS.items() if n != "step0"}
    both = Method("m", "laplace", SegmentedPoisson(by_stratum=True),
                  contrasts=("step0[a] - step0[b] = 0.05", "intercept[a] = intercept[b]"))  # fmt: skip
    found = truth_of(apart, both, analysis(apart, both.model).design)
    assert found["step0[a] - step0[b] = 0.05"] == pytest.approx(0.05, rel=ROUNDING, abs=0)
    assert "intercept[a] = intercept[b]" not in found
    other = dataclasses.replace(LAPLACE, model=SegmentedPoisson(impact="level"), contrasts=())
    assert truth_of(MADE, other, analysis(MADE, other.model).design) == {}


@pytest.mark.parametrize(
    ("contrast", "says"),
    [("step0 = step1, pre = 0", "must be one equation"), ("step0 = step0", "weighs no term"),
     ("stepo", "is not understood")],
)  # fmt: skip
def test_a_contrast_is_one_equation(contrast: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        estimates(MADE, dataclasses.replace(LAPLACE, contrasts=(contrast,)), 1, [0])


def test_a_model_that_the_layout_cannot_tell_is_refused() -> None:
    with pytest.raises(DesignError, match="cannot tell the stages"):
        estimates(process(Plan(units=5, after=0)), LAPLACE, 1, [0])


@pytest.mark.parametrize(("strength", "spurious"), [(0.0, False), (1.0, True)])
def test_selection_by_a_bad_past_looks_like_an_effect(strength: float, spurious: bool) -> None:
    """Regression to the mean: the event does nothing, and the step into its period falls."""
    made = process(
        Plan(units=80, candidates=(0, 3)), selection=Selection(0, 3, strength), effects={}, cov_re=G
    )
    step = estimates(made, dataclasses.replace(LAPLACE, contrasts=()), 6, range(40)).estimate[:, 2]
    z = step.mean() / (step.std(ddof=1) / np.sqrt(len(step)))
    assert z < -8 if spurious else abs(z) < 4
