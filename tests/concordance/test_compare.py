"""Verdicts and causes: planted differences end in the word they must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import harness
from harness.concordance.cause import explain
from harness.concordance.certificate import certified
from harness.concordance.compare import compare_pair
from harness.concordance.metrics import log_relative_error, pair_metrics
from harness.concordance.own_objective import with_own
from harness.errors import ConfigError
from harness.result import FitResult
from tests.concordance.fits import at, exact_fit, moved, with_sd

# A product and a root; logarithms of a difference that lost three digits.
ROUNDING, DIGITS_ATOL = 1e-12, 1e-12
# Standard errors by the same Hessian at the same point.
SAME_SE = 1e-9
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
        # Both, each beyond its limit: what weighs more against the verdict is the cause.
        ({"by_se": 0.01, "se_by": 0.001}, "optimiser"),
        ({"by_se": 2e-4, "se_by": -0.16}, "standard-error method"),
        ({"by_se": 0.9e-4, "se_by": -0.16}, "standard-error method"),
        (
            {"by_se": 0.5, **VB, "details": {"objective": "ELBO", "objective_value": 1.0}},
            "optimiser",
        ),
        # A likelihood that its own point does not have: no honest fit does that.
        ({"llf": 12.0}, "unexplained"),
        ({"llf": 12.0, "converged": False}, "failure"),
        ({"by_se": 0.01, "converged": False}, "optimiser"),
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


def test_another_objective_is_no_matter_of_stopping(fit: FitResult) -> None:
    other = with_own(certified(moved(fit, by_se=0.01)), {"other": fit.llf - 0.5})
    pair = compare_pair(fit, other)
    assert pair.explanation is not None
    assert pair.explanation.cause == "unexplained"
    assert "other's own objective at other's answer is off by" in pair.explanation.evidence
    assert other.certificate is not None
    same = with_own(other, {"other": other.certificate.value})
    pair = compare_pair(fit, same)
    assert pair.explanation is not None
    assert pair.explanation.cause == "optimiser"
    assert "the own objective of other has the exact value" in pair.explanation.evidence


def test_settings_of_one_engine_are_two_fits(fit: FitResult) -> None:
    default = moved(fit, se_by=3e-4, engine=fit.engine, settings="default")
    for pair in (compare_pair(fit, default), compare_pair(default, fit)):
        assert pair.explanation is not None
        assert pair.explanation.cause == "standard-error method"
        assert "(default) standard errors are off by 0.0003" in pair.explanation.evidence
    table = harness.compare([fit, default])
    assert list(table.pairs.loc[0, ["settings_a", "settings_b"]]) == ["tight", "default"]
    assert "laplace (tight) and laplace (default)" in table.explain()


def test_a_missing_standard_error_proves_nothing(fit: FitResult) -> None:
    pair = compare_pair(fit, moved(fit, bse=fit.bse * np.nan))
    assert pair.explanation is not None
    assert (pair.verdict, pair.explanation.cause) == ("discordant", "unexplained")


@pytest.fixture(scope="module")
def flat() -> FitResult:
    """The fit of a panel without a slope in truth, on the boundary with a right to be there."""
    fits = (exact_fit(seed=seed, sd=(0.3, 0.0)) for seed in range(6))
    return next(fit for fit in fits if fit.singular)


def test_a_maximum_on_the_boundary_beside_a_fit_inside(flat: FitResult) -> None:
    inside = at(flat, flat.cov_re + np.diag([0.0, 0.004**2]))
    assert not inside.singular
    for pair in (compare_pair(flat, inside), compare_pair(inside, flat)):
        assert pair.explanation is not None
        assert pair.explanation.cause == "boundary"
        assert "laplace is singular, other is not (smallest SD" in pair.explanation.evidence


@pytest.mark.parametrize("slope", [0.0, 1.0], ids=["no slope", "correlation of one"])
def test_a_falsely_singular_fit_stopped_short(fit: FitResult, slope: float) -> None:
    sd = fit.sd_re
    half = np.array([sd[0], slope * sd[1]])
    false = at(fit, np.outer(half, half), engine="lme4")
    assert false.singular
    pair = compare_pair(fit, false)
    assert pair.explanation is not None
    assert pair.explanation.cause == "optimiser"
    assert "lme4 (tight) is falsely singular" in pair.explanation.evidence
    assert f"lies {fit.llf - false.llf:.3g} below" in pair.explanation.evidence


def test_quadrature_beside_laplace_says_what_it_is_worth(fit: FitResult) -> None:
    (agq,) = harness.fit(fit.design, engines=["agq"], n_quadrature=5)
    # As on a panel of small counts, where the two part.
    pair = compare_pair(moved(fit, by_se=0.01, engine="laplace"), agq)
    assert pair.explanation is not None
    assert pair.explanation.cause == "approximation"
    assert "by agq, 5 points the log-likelihood at laplace's answer is" in pair.explanation.evidence


def test_nothing_beyond_poisson_is_a_boundary(fit: FitResult) -> None:
    d = fit.design
    even = harness.Design(
        np.round(np.exp(d.offset + d.exog @ fit.params.to_numpy())), d.exog, d.groups,
        exog_re=d.exog_re, offset=d.offset, exog_names=d.exog_names, family="nb2",
    )  # fmt: skip
    (ours,) = harness.fit(even, engines=["laplace"])
    assert ours.theta == np.inf
    other = replace(ours, engine="glmmtmb", theta=5e10, llf=ours.llf + 0.012)
    pair = compare_pair(ours, other)
    assert pair.explanation is not None
    assert (pair.verdict, pair.explanation.cause) == ("equivalent", "boundary")
    assert "glmmtmb's log-likelihood there is off by 0.012" in pair.explanation.evidence


def test_variance_components_count_without_a_likelihood(fit: FitResult) -> None:
    a = replace(fit, **VB, llf=float("nan"))
    b = replace(a, engine="other", variance=with_sd(fit, 3.0))
    assert compare_pair(a, a).verdict == "identical"
    assert compare_pair(a, b).verdict == "equivalent"


@pytest.mark.parametrize("unit", [1.0, 365.25, 1e-4])
def test_the_unit_of_time_is_nobodys_concern(fit: FitResult, unit: float) -> None:
    def rescaled(found: FitResult) -> FitResult:
        scale = np.array([1.0, unit])
        design = harness.Design(
            fit.design.endog, fit.design.exog, fit.design.groups,
            exog_re=fit.design.exog_re * scale, offset=fit.design.offset,
            exog_names=fit.design.exog_names,
        )  # fmt: skip
        cov_re = found.cov_re / np.outer(scale, scale)
        variance = replace(found.variance, cov_re=cov_re)
        return replace(found, design=design, variance=variance)

    wider = moved(fit, variance=with_sd(fit, 1.02))
    metrics = pair_metrics(rescaled(fit), rescaled(wider))
    assert metrics.sd_re_diff == pytest.approx(
        pair_metrics(fit, wider).sd_re_diff, rel=ROUNDING, abs=0
    )


def test_models_with_other_terms_are_not_comparable(fit: FitResult) -> None:
    d = fit.design
    fewer = harness.Design(
        d.endog, d.exog[:, :4], d.groups, exog_re=d.exog_re, offset=d.offset,
        exog_names=d.exog_names[:4],
    )  # fmt: skip
    (other,) = harness.fit(fewer, engines=["laplace"])
    pair = compare_pair(fit, other)
    assert pair.explanation is not None
    assert (pair.verdict, pair.explanation.cause) == ("not comparable", "data")


def test_distances_are_in_the_errors_of_the_better_fit(fit: FitResult) -> None:
    # Far away, where the information is another: the distance is that at the maximum, from
    # whichever side it is looked at.
    other = moved(fit, by_se=5.0)
    for pair in (compare_pair(fit, other), compare_pair(other, fit)):
        assert pair.metrics is not None
        assert pair.metrics.max_diff_se == pytest.approx(5.0, rel=SAME_SE, abs=0)


def test_the_intercept_is_no_conclusion(fit: FitResult) -> None:
    a, b = fit.params.copy(), fit.params.copy()
    a["intercept"], b["intercept"] = 1.94 * fit.bse["intercept"], 1.98 * fit.bse["intercept"]
    pair = compare_pair(replace(fit, params=a), replace(fit, engine="other", params=b))
    assert not pair.conclusion_changes
    assert pair.verdict == "equivalent"


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
    assert found[0] == pytest.approx(digits, abs=DIGITS_ATOL)


def test_only_like_is_called_like(fit: FitResult) -> None:
    assert compare_pair(fit, moved(fit)).like_for_like
    for changes in ({"settings": "default"}, {"se_method": "rx"}, {"method": "agq"}):
        assert not compare_pair(fit, moved(fit, **changes)).like_for_like


def test_one_fit_is_not_a_comparison(fit: FitResult) -> None:
    with pytest.raises(ConfigError, match="at least two"):
        harness.compare([fit])
