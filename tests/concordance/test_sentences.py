"""What a person is told: two sentences a pair at most, word for word."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import harness
from harness.result import FitResult
from tests.concordance.fits import at, exact_fit, moved

LME4 = {"engine": "lme4", "language": "R"}


@pytest.fixture(scope="module")
def fit() -> FitResult:
    return exact_fit()


@pytest.fixture(scope="module")
def small() -> FitResult:
    return exact_fit(mean_count=3.0, sd=(0.6, 0.15))


def told(*fits: FitResult) -> str:
    text = harness.compare(fits).explain()
    for line in text.splitlines():
        assert len(re.findall(r"\.(?:\s|$)", line)) <= 2, line
    return text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"by_se": 3e-4},
            (
                "laplace and lme4 agree to every printed digit: estimates differ by 0.0003 standard"
                " errors at most, standard errors by 0 %. lme4 stopped before the maximum of the same"
                " objective: report laplace."
            ),
        ),
        (
            {"by_se": 0.01, "settings": "default"},
            (
                "laplace (tight) and lme4 (default) agree for every practical purpose: estimates differ"
                " by 0.01 standard errors at most, standard errors by 0 %, and no conclusion changes."
                " lme4 (default) stopped before the maximum of the same objective: fit it with"
                ' settings="tight", or report laplace (tight).'
            ),
        ),
        (
            {"se_by": -0.16},
            (
                "laplace and lme4 disagree: estimates differ by 0 standard errors at most, standard"
                " errors by 16 %, {change}. The standard errors of lme4 are not those of the exact"
                " Hessian at its own estimates: report laplace."
            ),
        ),
        (
            {"by_se": 0.5, "estimator": "maximum a posteriori", "method": "map"},
            (
                "laplace and lme4 disagree: estimates differ by 0.5 standard errors at most, standard"
                " errors by 0 %, {change}. laplace is maximum likelihood and lme4 maximum a posteriori,"
                " which no settings bring together: report laplace."
            ),
        ),
        (
            {"llf": 0.5, "by_se": 0.0},
            (
                "laplace and lme4 agree for every practical purpose: estimates differ by 0 standard"
                " errors at most, standard errors by 0 %, and no conclusion changes. No known cause"
                " explains it (the log-likelihood that lme4 (tight) reports is off by +0.5 from the"
                " exact one at its own estimates: it is that of another function, of other data or"
                " another model): trust neither until harness.reproduction.write_reproduction(pair,"
                " folder) has shown whose defect it is."
            ),
        ),
        (
            {"llf": 12.0, "converged": False, "settings": "default"},
            (
                "laplace (tight) and lme4 (default) agree for every practical purpose: estimates differ"
                " by 0 standard errors at most, standard errors by 0 %, and no conclusion changes. lme4"
                ' (default) did not converge: fit it with settings="tight", or report laplace (tight).'
            ),
        ),
    ],
    ids=["concordant", "optimiser", "standard errors", "estimator", "unexplained", "failure"],
)
def test_each_cause_in_words(fit: FitResult, changes: dict, text: str) -> None:
    changes = {**changes}
    if "llf" in changes:
        changes["llf"] += fit.llf
    other = moved(fit, **{**LME4, **changes})
    (pair,) = harness.compare([fit, other]).comparisons
    change = f"{'and a' if pair.conclusion_changes else 'but no'} conclusion changes"
    assert told(fit, other) == text.format(change=change)


def test_identical_fits_are_told_together(fit: FitResult) -> None:
    others = [replace(fit, engine=name) for name in ("lme4", "glmmtmb")]
    text = (
        "laplace, lme4 and glmmtmb give the same answer: estimates differ by 0 standard errors at"
    )
    assert told(fit, *others) == f"{text} most, standard errors by 0 %."
    loose = moved(fit, engine="lme4", settings="default", by_se=1e-2)
    lines = told(fit, *others, loose).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("laplace (tight), lme4 (tight) and glmmtmb (tight) give the same")


def test_only_pairs_that_are_identical_are_called_so(fit: FitResult) -> None:
    near = [moved(fit, engine=name, by_se=by) for name, by in (("a", 0.9e-4), ("b", -0.9e-4))]
    first, *rest = told(fit, *near).splitlines()
    assert first == (
        "laplace with a and laplace with b give the same answer: estimates differ by 0.00009"
        " standard errors at most, standard errors by 0 %."
    )
    assert len(rest) == 1


def test_standard_errors_of_two_kinds(small: FitResult) -> None:
    (rx,) = harness.fit(small.design, engines=["laplace"], se_method="rx")
    text = told(small, rx)
    assert text.startswith(
        "laplace (observed standard errors) and laplace (rx standard errors) agree for every"
    )
    assert text.endswith(
        "Their standard errors are of two kinds (observed and rx): compare like with like, and"
        " report those of the observed information, which do not take the covariance for known."
    )
    lying = told(small, replace(rx, engine="lme4", se_method="observed"))
    assert lying.endswith(
        "The standard errors of lme4 are not those of the exact Hessian at its own estimates:"
        " report laplace."
    )


def test_approximations(small: FitResult) -> None:
    (seven,) = harness.fit(small.design, engines=["agq"], n_quadrature=7)
    assert told(small, seven).endswith(
        "They approximate the integral over the random effects differently: report agq, which is"
        " the more exact."
    )
    liar = replace(seven, engine="lme4", method="laplace", n_quadrature=None)
    assert told(small, liar).endswith(
        "lme4 maximised another approximation than it says: report laplace until that is mended."
    )


def test_false_singularity_and_boundaries(fit: FitResult) -> None:
    false = at(fit, np.diag([fit.cov_re[0, 0], 0.0]), engine="lme4")
    assert told(fit, false).endswith(
        "lme4 stopped before the maximum of the same objective: report laplace."
    )
    fits = (exact_fit(seed=seed, sd=(0.3, 0.0)) for seed in range(6))
    flat = next(fit for fit in fits if fit.singular)
    inside = at(flat, flat.cov_re + np.diag([0.0, 0.004**2]))
    assert told(flat, inside).endswith(
        "The best covariance of the random effects lies on its boundary, or so near that the"
        " likelihood does not tell: report either, or a model with fewer random effects."
    )


def test_data_and_engines_that_gave_no_answer(fit: FitResult) -> None:
    counts = fit.design.endog.copy()
    counts[0] += 1.0
    other = moved(fit, by_se=0.1, **LME4, design=fit.design.with_counts(counts))
    assert "Model or rows are not the same (the count differs in 1 of" in told(fit, other)
    dead = FitResult.failed(
        "R died. Twice.", design=fit.design, engine="lme4", engine_version="1", language="R",
        method="laplace", estimator="maximum likelihood", settings="tight",
        se_method="observed", seconds=0.0, reproduce="",
    )  # fmt: skip
    assert told(fit, dead) == (
        "laplace and lme4 cannot be compared. No answer from lme4 (R died; Twice): report laplace."
    )


def test_what_has_no_finite_estimate(fit: FitResult) -> None:
    before = fit.design.exog[:, 2] == 0
    endless = replace(fit, design=fit.design.with_counts(np.where(before, 0.0, fit.design.endog)))
    assert told(endless, moved(endless, by_se=0.3, **LME4)).endswith(
        "The data have no finite estimate of intercept, pre and step0: use longer periods, more"
        " units or fewer terms."
    )


def test_a_missing_standard_error_is_said(fit: FitResult) -> None:
    text = told(fit, moved(fit, **LME4, bse=fit.bse * np.nan))
    assert "estimates differ by 0 standard errors at most, a standard error is missing" in text
