"""Verdicts and causes: planted differences end in the word they must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import harness
from harness.concordance.cause import explain
from harness.concordance.compare import compare_pair
from harness.concordance.metrics import log_relative_error, pair_metrics
from harness.errors import ConfigError
from harness.result import FitResult
from tests.concordance.fits import exact_fit, moved, with_sd

VB = {"estimator": "variational Bayes", "method": "vb"}


@pytest.fixture(scope="module")
def fit() -> FitResult:
    return exact_fit()


# One figure on each side of every limit of DESIGN 7.
@pytest.mark.parametrize(
    ("by_se", "se_by", "word"),
    [
        (0.0, 0.0, "identical"),
        (0.9e-4, 0.0, "identical"),
        (0.0, 0.9e-4, "identical"),
        (1.1e-4, 0.0, "concordant"),
        (0.0, 1.1e-4, "concordant"),
        (0.9e-3, 1.9e-3, "concordant"),
        (1.1e-3, 0.0, "equivalent"),
        (0.0, 2.1e-3, "equivalent"),
        (0.02, 0.049, "equivalent"),
        (0.051, 0.0, "discordant"),
        (0.0, 0.051, "discordant"),
        (-0.2, -0.2, "discordant"),
    ],
)
def test_verdict_by_distance(fit: FitResult, by_se: float, se_by: float, word: str) -> None:
    assert compare_pair(fit, moved(fit, by_se=by_se, se_by=se_by)).verdict == word


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"llf": -0.9e-5}, "identical"),
        ({"llf": -1.1e-5}, "concordant"),
        ({"llf": -1.1e-3}, "equivalent"),
        ({"sd": 1 + 0.9e-4}, "identical"),
        ({"sd": 1 + 0.9e-3}, "concordant"),
        ({"sd": 1 + 1.1e-3}, "equivalent"),
    ],
)
def test_verdict_by_likelihood_and_variance(
    fit: FitResult, changes: dict[str, float], word: str
) -> None:
    other = moved(fit)
    if "llf" in changes:
        other = replace(other, llf=fit.llf + changes["llf"])
    if "sd" in changes:
        other = replace(other, variance=with_sd(fit, changes["sd"]))
    assert compare_pair(fit, other).verdict == word


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"by_se": 0.01}, "optimiser"),
        ({"by_se": -0.3}, "optimiser"),
        ({"se_by": 0.01}, "standard-error method"),
        ({"se_by": -0.4}, "standard-error method"),
        ({"se_by": 0.01, "se_method": "rx"}, "standard-error method"),
        ({"by_se": 0.5, "estimator": "maximum a posteriori", "method": "map"}, "estimator"),
        ({"by_se": 0.01, "method": "agq", "n_quadrature": 7}, "approximation"),
        ({"by_se": 0.01, "singular": True}, "boundary"),
        (
            {"by_se": 0.5, **VB, "details": {"objective": "ELBO", "objective_value": 1.0}},
            "optimiser",
        ),
        # A likelihood that its own point does not have: no honest fit does that.
        ({"llf": 12.0}, "unexplained"),
        ({"llf": 12.0, "converged": False}, "failure"),
        ({"by_se": 0.01, "singular": True, "converged": False}, "optimiser"),
        ({"by_se": 0.5, **VB, "converged": False}, "estimator"),
    ],
)
def test_cause_is_the_one_planted(fit: FitResult, changes: dict, cause: str) -> None:
    changes = dict(changes)
    if "llf" in changes:
        changes["llf"] = fit.llf + changes["llf"]
    if "details" in changes:
        fit = replace(fit, **VB, details={"objective": "ELBO", "objective_value": 2.0})
    pair = compare_pair(fit, moved(fit, **changes))
    assert pair.explanation is not None
    assert pair.explanation.cause == cause
    assert pair.explanation.evidence


@pytest.mark.parametrize("by_se", [0.3, 400.0])
def test_without_a_maximum_there_is_nothing_to_agree_on(fit: FitResult, by_se: float) -> None:
    before = fit.design.exog[:, 2] == 0
    endless = replace(fit, design=fit.design.with_counts(np.where(before, 0.0, fit.design.endog)))
    pair = compare_pair(endless, moved(endless, by_se=by_se))
    assert pair.verdict == "discordant"
    assert pair.explanation is not None
    assert pair.explanation.cause == "failure"
    assert "no finite estimate exists for intercept, pre, step0" in pair.explanation.evidence


def test_the_fit_that_did_not_converge_is_named(fit: FitResult) -> None:
    pair = compare_pair(fit, moved(fit, llf=fit.llf + 12.0, converged=False))
    assert pair.explanation is not None
    assert pair.explanation.evidence == "other (tight) did not converge"


@pytest.mark.parametrize("both", [False, True])
def test_a_standard_error_of_zero_never_passes(fit: FitResult, both: bool) -> None:
    bse = fit.bse.copy()
    bse["step0"] = 0.0
    a, b = replace(fit, bse=bse), moved(fit, bse=bse if both else fit.bse)
    for pair in (compare_pair(a, b), compare_pair(b, a)):
        assert pair.metrics is not None
        assert pair.metrics.max_rel_se == np.inf
        assert pair.verdict == "discordant"
        assert pair.explanation is not None
        assert pair.explanation.cause == "unexplained"


def test_other_rows_are_the_cause_data(fit: FitResult) -> None:
    other = replace(exact_fit(seed=2), engine="other")
    pair = compare_pair(fit, other)
    assert pair.explanation is not None
    assert pair.explanation.cause == "data"


def test_a_shift_that_the_likelihood_does_not_see_is_unexplained(fit: FitResult) -> None:
    # Both claim to stand on the maximum, yet differ: planted by giving the metrics of another pair.
    metrics = pair_metrics(fit, moved(fit, by_se=0.5))
    assert explain(fit, moved(fit), metrics).cause == "unexplained"


def test_a_failed_fit_is_not_comparable(fit: FitResult) -> None:
    failed = FitResult.failed(
        "R died", design=fit.design, engine="lme4", engine_version="1", language="R",
        method="laplace", estimator="maximum likelihood", settings="tight",
        se_method="observed", seconds=0.0, reproduce="",
    )  # fmt: skip
    table = harness.compare([fit, failed])
    assert table.verdict == "not comparable"
    assert table.pairs.loc[0, "cause"] == "failure"
    assert "R died" in table.explain()


def test_a_p_value_on_the_edge_is_flagged_apart_from_the_verdict(fit: FitResult) -> None:
    edge = fit.params.copy()
    edge["step0"] = 1.9599 * fit.bse["step0"]
    a = replace(fit, params=edge)
    over = edge.copy()
    over["step0"] = 1.9601 * fit.bse["step0"]
    pair = compare_pair(a, replace(a, engine="other", params=over))
    assert pair.knife_edge
    assert not pair.conclusion_changes
    assert pair.verdict == "concordant"


def test_a_conclusion_that_changes_is_discordant(fit: FitResult) -> None:
    a, b = fit.params.copy(), fit.params.copy()
    a["step0"], b["step0"] = 1.94 * fit.bse["step0"], 1.98 * fit.bse["step0"]
    pair = compare_pair(replace(fit, params=a), replace(fit, engine="other", params=b))
    assert pair.conclusion_changes
    assert pair.verdict == "discordant"


@pytest.mark.parametrize(
    ("x", "c", "se", "digits"),
    [
        (1.0, 1.0, 0.1, 15.0),
        (1.001, 1.0, 0.1, 3.0),
        (1e-9, 0.0, 0.1, 8.0),
        (5.0, 1.0, 0.1, 0.0),
        (0.0, 0.0, 0.0, 0.0),
    ],
)
def test_digits_are_mccullough_s(x: float, c: float, se: float, digits: float) -> None:
    found = log_relative_error(np.array([x]), np.array([c]), np.array([se]))
    assert found[0] == pytest.approx(digits, abs=1e-9)


def test_only_like_is_called_like(fit: FitResult) -> None:
    assert compare_pair(fit, moved(fit)).like_for_like
    for changes in ({"settings": "default"}, {"se_method": "rx"}, {"method": "agq"}):
        assert not compare_pair(fit, moved(fit, **changes)).like_for_like


def test_one_fit_is_not_a_comparison(fit: FitResult) -> None:
    with pytest.raises(ConfigError, match="at least two"):
        harness.compare([fit])
