"""The strategies draw what they promise, and a failing example can be read."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, find, given, settings

from harness.design import Design, Random
from harness.errors import DesignError, HarnessError, PanelError
from harness.glmm import PoissonGLMM
from harness.model import RANDOM_TERMS, SegmentedPoisson
from harness.panel import Panel
from harness.testing import strategies
from harness.testing.strategies import (
    PATHOLOGIES,
    ROLES,
    Pathological,
    designs,
    four_stage_design,
    models,
    panels,
    pathologies,
)

# Simulated estimates lie within five standard errors of the truth but for one in a million.
Z_LIMIT = 5.0
# A sample standard deviation of 400 units' effects: its own standard error is 4 %.
SD_RTOL = 0.2


@settings(max_examples=50)
@given(df=panels())
def test_panels_survive_a_file(df: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> None:
    panel = Panel.from_frame(df, **ROLES)
    assert panel.nobs == len(df)
    assert set(panel.units) == set(df["unit"])
    path = tmp_path_factory.getbasetemp() / "panel.csv"
    df.to_csv(path, index=False)
    assert Panel.read_csv(path, **ROLES).sha256 == panel.sha256


@settings(max_examples=50)
@given(df=panels(), model=models())
def test_a_model_gives_a_design_or_one_line(df: pd.DataFrame, model: SegmentedPoisson) -> None:
    panel = Panel.from_frame(df, **ROLES)
    inside = panel.t.between(*model.window)
    try:
        design = model.design(panel)
    except DesignError as error:
        told = str(error)
        assert len(told.splitlines()) == 1
        # With two periods on either side of the event nothing is collinear.
        assert min(-model.window[0], model.window[1]) < 2
        return
    assert design.nobs == inside.sum()
    assert design.exog_re.shape[1] == len(RANDOM_TERMS[model.random])
    np.testing.assert_array_equal(design.offset, np.log(panel.frame["exposure"][inside]))


@settings(max_examples=50)
@given(design=designs(min_units=3, max_units=4, random=["slope"], covariance=["diagonal"]))
def test_designs_keep_to_what_is_asked(design: Design) -> None:
    assert 3 <= design.n_groups <= 4
    assert design.exog_re_names == ("intercept", "t")
    assert design.covariance == "diagonal"
    assert (design.endog[design.groups == 0] > 0).all()


def test_counts_follow_the_truth() -> None:
    stages, sd = (0.1, -0.2, 0.3, -0.1), (0.3, 0.1)
    design = four_stage_design(
        units=400, baseline=100.0, stages=stages, sd=sd, corr=-0.5, missing=0.2, exposure=1e5,
        spread=1.0, seed=1,
    )  # fmt: skip
    fit = PoissonGLMM.from_design(design).fit()
    truth = np.array([np.log(100.0 / 1e5), *stages])
    assert np.max(np.abs((fit.params - truth) / fit.bse)) < Z_LIMIT
    G = fit.cov_re.to_numpy()
    np.testing.assert_allclose(np.sqrt(np.diag(G)), sd, rtol=SD_RTOL)
    assert G[0, 1] / np.sqrt(G[0, 0] * G[1, 1]) == pytest.approx(-0.5, abs=SD_RTOL)
    assert 0.8 < design.nobs / (400 * 5) < 0.9


def test_a_failing_example_shrinks_to_a_short_call() -> None:
    quick = settings(max_examples=50, database=None, phases=[Phase.generate, Phase.shrink])
    smallest = find(designs(), lambda design: design.n_groups > 2, settings=quick)
    assert smallest.sha256 == four_stage_design(units=3, random="none").sha256

    @quick
    @given(design=designs())
    def always_fails(design: Design) -> None:
        raise AssertionError

    with pytest.raises(AssertionError) as failure:
        always_fails()
    assert "four_stage_design(" in "".join(failure.value.__notes__)


ERRORS: dict[str, type[HarnessError]] = {"panel error": PanelError, "design error": DesignError}


@pytest.mark.parametrize("kind", PATHOLOGIES)
@pytest.mark.parametrize("random", ["slope", "intercept", "none"])
def test_a_pathology_comes_to_what_its_name_says(kind: str, random: Random) -> None:
    case = Pathological(kind, units=4, before=3, after=3, seed=1, random=random)
    if case.outcome in ERRORS:
        with pytest.raises(ERRORS[case.outcome]) as error:
            case.design()
        told = str(error.value)
        assert len(told.splitlines()) == 1
        return
    design = case.design()
    try:
        fit = PoissonGLMM.from_design(design).fit()
    except HarnessError as error:
        told = str(error)
        assert case.outcome == "no finite estimate", told
        assert told.startswith("no finite estimate exists for ")
        return
    assert case.outcome in {"fit", "fit or collinear", "boundary"}
    assert fit.converged
    assert fit.singular or case.outcome != "boundary"


def test_every_kind_is_drawn_and_none_that_was_not_asked_for() -> None:
    drawn = set()

    @settings(max_examples=1000, database=None, phases=[Phase.generate], derandomize=True)
    @given(case=pathologies(["panel error"], max_units=4))
    def collect(case: Pathological) -> None:
        assert 3 <= case.units <= 4
        drawn.add(case.kind)

    collect()
    assert drawn == {kind for kind, p in PATHOLOGIES.items() if p.outcome == "panel error"}


def test_a_pathology_shrinks_to_a_short_call() -> None:
    quick = settings(max_examples=50, database=None, phases=[Phase.generate, Phase.shrink])
    smallest = find(pathologies(), lambda case: case.seed >= 3, settings=quick)
    assert smallest == Pathological(seed=3)
    assert repr(smallest).startswith("Pathological(kind='usual', units=3, ")
    assert eval(repr(smallest)) == smallest


def test_without_hypothesis_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    spec = importlib.util.spec_from_file_location("again", strategies.__file__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ModuleNotFoundError) as error:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert error.value.name == "hypothesis"
    assert str(error.value).endswith("needs hypothesis: pip install 'glmm-harness[test]'")
