"""A pseudo-response: what rests on a likelihood is refused, what does not is there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import harness
from harness.design import Design
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from harness.study.results import number
from tests.glmm.panels import simulated


def design(columns: int = 5, **change: Any) -> Design:
    base = simulated(units=12)
    settings = {"endog": base.endog / 3.0, "response": "pseudo"} | change
    return Design(
        exog=base.exog[:, :columns], groups=base.groups, exog_re=base.exog_re, offset=base.offset,
        **settings,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fit() -> PoissonGLMMResults:
    return PoissonGLMM.from_design(design()).fit()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda fit: fit.profile_conf_int(), "^a profile interval needs the likelihood"),
        (
            lambda fit: fit.lr_test(PoissonGLMM.from_design(design(4)).fit()),
            "^a likelihood-ratio test needs the likelihood",
        ),
        (lambda fit: fit.bootstrap(2), "pseudo-response"),
    ],
    ids=["profile", "likelihood ratio", "bootstrap"],
)
def test_what_rests_on_a_likelihood_is_refused(
    fit: PoissonGLMMResults, call: Callable[[PoissonGLMMResults], object], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        call(fit)


def test_a_count_is_not_tested_against_a_pseudo_response(fit: PoissonGLMMResults) -> None:
    counts = simulated(units=12)
    other = PoissonGLMM.from_design(design(endog=counts.endog, response="count")).fit()
    with pytest.raises(ConfigError, match="pseudo-response"):
        other.lr_test(fit)


def test_criteria_are_missing_and_null_in_json(fit: PoissonGLMMResults) -> None:
    (result,) = harness.fit(design(), engines=["laplace"])
    assert result.failure is None
    for criterion in (fit.aic, fit.bic, result.aic, result.bic):
        assert math.isnan(criterion)
        assert number(criterion) is None
    assert "AIC" not in str(fit.summary())
    assert result.llf == fit.llf


def test_cluster_robust_intervals_are_there(fit: PoissonGLMMResults) -> None:
    assert np.isfinite(fit.conf_int(se_method="cluster")).all(axis=None)
