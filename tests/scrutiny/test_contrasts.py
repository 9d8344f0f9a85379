"""Contrasts of stages: the algebra, the t reference, and the two rules against each other."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.glmm import PoissonGLMM
from harness.result import FitResult
from harness.scrutiny.contrasts import (
    STAGE_CONTRASTS,
    linear_contrast,
    stage_contrast,
    stage_contrasts,
)
from tests.concordance.fits import exact_fit

# The same sums in another order.
ROUNDING = 1e-12
# Two fits of one maximum: Newton decrements of 1e-8.
SAME_FIT = 1e-7


one_fit = functools.cache(exact_fit)


@pytest.fixture
def fit() -> FitResult:
    return one_fit()


def with_moments(fit: FitResult, params: list[float], covariance: np.ndarray) -> FitResult:
    names = ["step0", "pre"]
    se = np.sqrt(np.diag(covariance))
    return replace(
        fit, params=pd.Series(params, names), bse=pd.Series(se, names), covariance=covariance
    )


@pytest.mark.parametrize("name", list(STAGE_CONTRASTS))
@pytest.mark.parametrize("df", [np.inf, 9.0])
def test_equals_the_t_test_of_statsmodels(fit: FitResult, name: str, df: float) -> None:
    d = fit.design
    made = PoissonGLMM(
        d.endog, pd.DataFrame(d.exog, columns=list(d.exog_names)), d.groups, exog_re=d.exog_re,
        offset=d.offset,
    ).fit()  # fmt: skip
    text = name.replace("2 pre", "2 * pre")
    theirs = made.t_test(f"{text} = 0")
    ours = linear_contrast(replace(fit, covariance=made.cov_params().to_numpy()),
                           STAGE_CONTRASTS[name], df)  # fmt: skip
    assert ours.estimate == pytest.approx(float(np.squeeze(theirs.effect)), abs=SAME_FIT)
    assert ours.se == pytest.approx(float(np.squeeze(theirs.sd)), rel=ROUNDING, abs=0)
    assert ours.z == pytest.approx(ours.estimate / ours.se, rel=ROUNDING, abs=0)
    assert ours.p_value == pytest.approx(2 * scipy.stats.t.sf(abs(ours.z), df), rel=ROUNDING, abs=0)
    half = scipy.stats.t.ppf(0.975, df) * ours.se
    assert (ours.low, ours.high) == pytest.approx(
        (ours.estimate - half, ours.estimate + half), rel=ROUNDING, abs=0
    )


@given(
    difference=st.floats(-8, 8),
    other=st.floats(0.2, 5),
    correlation=st.floats(-0.99, 0.99),
)
def test_intervals_apart_are_always_a_wald_difference(
    difference: float, other: float, correlation: float
) -> None:
    covariance = np.array([[1.0, correlation * other], [correlation * other, other**2]])
    made = with_moments(one_fit(), [difference, 0.0], covariance)
    found = stage_contrast(made, "step0 - pre", STAGE_CONTRASTS["step0 - pre"])
    assert found.significant or not found.intervals_apart
    assert found.rules_disagree == (found.significant and not found.intervals_apart)


def test_the_rule_of_intervals_misses_a_clear_difference(fit: FitResult) -> None:
    # Independent, of equal precision: |z| = 2.5, while the intervals part only beyond 2.77.
    made = with_moments(fit, [2.5 * np.sqrt(2), 0.0], np.eye(2))
    found = stage_contrast(made, "step0 - pre", {"step0": 1.0, "pre": -1.0})
    assert found.contrast.p_value == pytest.approx(
        2 * scipy.stats.norm.sf(2.5), rel=ROUNDING, abs=0
    )
    assert (found.significant, found.intervals_apart, found.rules_disagree) == (True, False, True)


@pytest.mark.parametrize(
    ("params", "se", "df", "apart", "significant"),
    [
        # Either may be the larger; the limits of t with 3 degrees of freedom are 3.18 away.
        ([4.0, 0.0], 1.0, np.inf, True, True),
        ([-4.0, 0.0], 1.0, np.inf, True, True),
        ([4.0, 0.0], 1.0, 3.0, False, False),
        ([4.0, 0.0], 0.0, np.inf, True, None),
        ([4.0, 0.0], np.nan, np.inf, None, None),
    ],
)
def test_both_rules_take_the_same_reference(
    fit: FitResult, params: list[float], se: float, df: float, apart: object, significant: object
) -> None:
    covariance = np.diag([se**2, 1.0 if np.isnan(se) else se**2])
    found = {one.name: one for one in stage_contrasts(with_moments(fit, params, covariance), df)}
    assert list(found) == ["step0 - pre"]  # the only one whose terms are there
    one = found["step0 - pre"]
    assert (one.intervals_apart, one.significant, one.contrast.df) == (apart, significant, df)


def test_a_variance_that_is_not_used_may_be_missing(fit: FitResult) -> None:
    covariance = np.array([[4.0, np.nan], [np.nan, np.nan]])
    assert linear_contrast(with_moments(fit, [1.0, 0.0], covariance), {"step0": 1.0}).se == 2.0


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_the_interval_has_its_level(fit: FitResult, level: float) -> None:
    found = linear_contrast(fit, {"step0": 1.0}, 5.0, level)
    covered = scipy.stats.t.cdf((found.high - found.estimate) / found.se, 5.0)
    assert covered == pytest.approx((1 + level) / 2, rel=ROUNDING, abs=0)


def test_what_is_no_difference_of_two_terms_has_no_rule_of_intervals(fit: FitResult) -> None:
    found = {one.name: one for one in stage_contrasts(fit)}
    assert list(found) == list(STAGE_CONTRASTS)
    rules = {name: one.intervals_apart is None for name, one in found.items()}
    assert [name for name, none in rules.items() if none] == [
        "step0 + step1",
        "step0 + step1 - 2 pre",
    ]


def test_a_failed_fit_has_no_numbers(fit: FitResult) -> None:
    lost = FitResult.failed(
        "no", design=fit.design, engine="laplace", engine_version="", language="Python",
        method="laplace", estimator="maximum likelihood", settings="tight", se_method="observed",
        seconds=0.0, reproduce="",
    )  # fmt: skip
    found = stage_contrasts(lost)[0]
    assert np.isnan([found.contrast.estimate, found.contrast.se, found.contrast.p_value]).all()
    assert (found.significant, found.intervals_apart, found.rules_disagree) == (None, None, None)


@pytest.mark.parametrize(
    ("weights", "says"),
    [({"stepp0": 1.0}, "there is no term 'stepp0'"), ({"step0": 0.0}, "no weight other than 0")],
)
def test_a_contrast_that_is_none(fit: FitResult, weights: dict[str, float], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        linear_contrast(fit, weights)
