"""Where every fit of PoissonGLMM ends: at a proven maximum, or in one line that says why not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln

from harness.design import Design, FloatArray
from harness.errors import HarnessError
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from harness.glmm.boundary import CONE_TOLERANCE
from harness.glmm.optimise import DECREMENT_TOLERANCE
from harness.glmm.prediction import linear_predictor
from harness.testing.strategies import designs, four_stage_design
from tests.metamorphic.relations import changed

# The log-likelihood's rounding, relative to the sum of its terms.
ROUNDING = 1e-14
# How far from the maximum to look for a higher point: in standard errors, and for the factor of
# the random effects' covariance in units of the linear predictor.
AROUND = (0.01, 1.0)
# How far into the cone of covariance matrices, as a variance of the linear predictor: from where
# only the slope counts to where the whole likelihood does.
INWARD = (1e-8, 1e-5, 1e-2)
# Standard errors may undercut those for known random effects: the information is the observed
# one, not the expected. Where an estimate is not finite they do so a thousandfold.
UNDERCUT = 0.5


def laplace(design: Design) -> PoissonGLMMResults:
    return PoissonGLMM.from_design(design).fit()


def eta(result: PoissonGLMMResults) -> FloatArray:
    params, modes = result.params.to_numpy(), result.random_effects.to_numpy()
    return linear_predictor(result.model.design, np.asarray(params, dtype=np.float64), modes)


def rounding(result: PoissonGLMMResults) -> float:
    y, at = result.model.design.endog, eta(result)
    return float(ROUNDING * (np.abs(y * at) + np.exp(at) + gammaln(y + 1.0)).sum())


def assert_converged(result: PoissonGLMMResults) -> None:
    assert result.converged
    assert result.decrement <= DECREMENT_TOLERANCE
    for values in (
        result.llf, result.params, result.bse, result.cov_params(), result.cov_re,
        result.random_effects,
    ):  # fmt: skip
        assert np.isfinite(np.asarray(values)).all()
    if result.singular:
        assert result.maximum.cone <= CONE_TOLERANCE


def assert_nothing_higher(result: PoissonGLMMResults, rng: np.random.Generator) -> None:
    objective = result.model.objective
    p, k = len(result.params), len(result.psi)
    unit = np.ones(k)
    unit[:p] = result.bse
    unit[p:] = 1.0 / objective.z_scale[objective.layout.row]
    for size in AROUND:
        for direction in rng.normal(size=(4, k)):
            there = objective.value(result.psi + size * unit * direction)
            assert there <= result.llf + rounding(result)


def assert_no_variance_gains(result: PoissonGLMMResults, rng: np.random.Generator) -> None:
    """The condition of a maximum over a cone: G + eps v v' is no better for any v (DESIGN 7)."""
    model, G = result.model, result.cov_re.to_numpy()
    q = len(G)
    diagonal = model.design.covariance == "diagonal"
    for v in np.eye(q) if diagonal else np.vstack([np.eye(q), rng.normal(size=(3 * q, q))]):
        step = np.outer(v, v) / np.outer(model.objective.z_scale, model.objective.z_scale)
        for eps in INWARD:
            there = model.loglike(result.params, G + eps * step)
            assert there <= result.llf + rounding(result) + eps * CONE_TOLERANCE


def assert_errors_not_too_small(result: PoissonGLMMResults) -> None:
    """No estimate is known better than if the random effects were known."""
    weighted = np.exp(eta(result) / 2.0)[:, None] * result.model.design.exog
    length = np.linalg.norm(weighted, axis=0)
    _, size, axes = np.linalg.svd(weighted / length, full_matrices=False)
    known = np.linalg.norm(axes / size[:, None], axis=0) / length
    assert (result.bse.to_numpy() >= UNDERCUT * known).all()


# Each once ended in a wrong place.
FOUND: dict[str, dict[str, Any]] = {
    "Newton's map overflowed on the way to a mode": {
        "units": 6, "covariance": "diagonal", "before": 4, "after": 3, "baseline": 0.3,
        "stages": (0.1, 0.1, -0.1, 0.1), "sd": (0.3, 0.1), "corr": -0.95, "exposure": 1e6,
        "spread": 1.0, "seed": 6224,
    },
    "the curvature at a trial mode was singular": {
        "units": 4, "before": 4, "after": 4, "baseline": 2.0, "stages": (-0.1, 0.5, -0.5, -0.5),
        "sd": (1.0, 0.0), "corr": -0.5, "missing": 0.5, "exposure": 1e-3, "spread": 1.0,
        "seed": 22787,
    },
    "a step beside the boundary that lost ground was taken for the end": {
        "units": 5, "before": 4, "after": 3, "baseline": 10_000.0, "stages": (0.0, -0.5, 0.5, -0.1),
        "sd": (0.0, 0.1), "exposure": 1e6, "spread": 2.0, "seed": 43283,
    },
}  # fmt: skip
# Two maxima: what is drawn, and the log-likelihood of the higher. The lower one lies inside and
# falls short by 0.04, 0.24 and 0.67; in the last but one both are on the boundary, 1.01 apart.
TWO_MAXIMA: tuple[tuple[dict[str, Any], float], ...] = (
    ({"units": 5, "baseline": 20.0, "stages": (0.1, 0.0, 0.0, 0.1), "sd": (0.3, 0.0),
      "corr": 0.95, "missing": 0.1, "spread": 2.0, "seed": 46223}, -77.193454),
    ({"units": 6, "before": 4, "after": 4, "baseline": 2.0, "stages": (0.1, 0.5, -0.5, 0.0),
      "sd": (1.0, 0.3), "corr": -0.95, "exposure": 1e-3, "spread": 1.0, "seed": 50643},
     -112.906632),
    ({"units": 2, "before": 3, "after": 2, "baseline": 300.0, "stages": (-0.1, -0.1, -0.1, -0.5),
      "corr": 0.95, "missing": 0.5, "exposure": 1e-3, "spread": 2.0, "seed": 48398}, -61.583776),
    ({"units": 2, "covariance": "diagonal", "before": 4, "after": 3, "baseline": 10_000.0,
      "stages": (-0.5, 0.5, 0.0, 0.5), "sd": (0.05, 0.02), "corr": 0.95, "missing": 0.5,
      "seed": 21943}, -76.658136),
)  # fmt: skip


# Half a unit and a half of the last digit of a log-likelihood that is written above.
WRITTEN = 1e-6


def check_maximum(design: Design, seed: int) -> None:
    result = laplace(design)
    assert_converged(result)
    assert_nothing_higher(result, np.random.default_rng(seed))
    assert_no_variance_gains(result, np.random.default_rng(seed))
    assert_errors_not_too_small(result)


@settings(max_examples=100)
@given(design=designs(), seed=st.integers(0, 99))
def test_estimable_designs_end_at_a_maximum(design: Design, seed: int) -> None:
    check_maximum(design, seed)


@pytest.mark.parametrize("drawn", FOUND.values(), ids=FOUND)
def test_what_once_ended_in_a_wrong_place(drawn: dict[str, Any]) -> None:
    check_maximum(four_stage_design(**drawn), seed=0)


@pytest.mark.parametrize(("drawn", "llf"), TWO_MAXIMA)
def test_the_higher_of_two_maxima_is_found(drawn: dict[str, Any], llf: float) -> None:
    result = laplace(four_stage_design(**drawn))
    assert result.llf == pytest.approx(llf, rel=0, abs=WRITTEN)
    assert_converged(result)


@settings(max_examples=100)
@given(design=designs(estimable=False))
def test_any_design_ends_at_a_maximum_or_in_one_line(design: Design) -> None:
    try:
        result = laplace(design)
    except HarnessError as error:
        told = str(error)
        assert len(told.splitlines()) == 1
        return
    assert_converged(result)
    assert_errors_not_too_small(result)


@pytest.mark.parametrize(("t", "term"), [(-2, "pre"), (0, "step0"), (2, "post")])
def test_a_period_without_a_count_leaves_no_finite_estimate(t: int, term: str) -> None:
    design = four_stage_design(units=4)
    silent = design.exog_re[:, 1] == t
    with pytest.raises(HarnessError, match=term):
        laplace(changed(design, endog=np.where(silent, 0.0, design.endog)))
    one = np.where(silent, np.cumsum(silent) == 1, design.endog)
    assert_converged(laplace(changed(design, endog=one)))


def test_more_random_effects_than_the_compiled_code_has_room_for_are_refused() -> None:
    design = four_stage_design(units=6)
    wide = Design(
        design.endog, design.exog, design.groups, exog_re=design.exog_re[:, [1]] ** np.arange(4)
    )
    with pytest.raises(HarnessError, match=r"^4 random effects per group"):
        laplace(wide)
