"""Certificates: honest fits have one, planted faults lose it for the right reason."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import harness
from harness.concordance.certificate import certified
from harness.concordance.partners import beside_each_other
from harness.result import FitResult
from tests.concordance.fits import at, exact_fit, moved, with_sd
from tests.glmm.panels import simulated

# The same formula at the same estimates, by differences of scores where clusters are asked for.
SAME_SE = 1e-6

ML = ("laplace", "agq", "glmm", "glmm-agq")
BAYES = ("statsmodels-map", "statsmodels-vb")
# A tenth of what a certificate allows, in standard errors; glmm's outer optimiser uses 2e-5 of it.
STOPPED = 1e-4
# The same numbers evaluated once more, or a quadratic model at a tenth of a standard error or less.
ROUNDING, MODEL = 1e-9, 1e-3
# The value that is reported, evaluated once more at the point that is reported.
VALUE = 1e-8
# The determinant of a covariance that is singular to rounding.
FLAT = 1e-12


def fitted(engine: str, **how: Any) -> FitResult:
    family = how.pop("family", "poisson")
    d = simulated(**{"units": 24, "mean_count": 40.0, **how})
    d = harness.Design(
        d.endog, d.exog, d.groups, exog_re=d.exog_re if d.exog_re.size else None, offset=d.offset,
        exog_names=d.exog_names, family=family, covariance=d.covariance, random=d.random,
    )  # fmt: skip
    (fit,) = harness.fit(d, engines=[engine], n_quadrature=5)
    return fit


@pytest.fixture(scope="module")
def fit() -> FitResult:
    return exact_fit()


@pytest.fixture(scope="module")
def bayes() -> dict[str, FitResult]:
    return {name: fitted(name, covariance="diagonal") for name in BAYES}


@pytest.mark.parametrize(
    ("engine", "how"),
    [
        *[(name, {}) for name in ML],
        ("laplace", {"random": "none"}),
        ("laplace", {"random": "intercept"}),
        ("laplace", {"covariance": "diagonal"}),
        ("laplace", {"family": "nb2"}),
        ("laplace", {"family": "poisson-olre"}),
        ("agq", {"family": "nb2", "random": "intercept"}),
        ("laplace", {"sd": (0.3, 0.0), "seed": 3}),
        ("agq", {"sd": (0.3, 0.0), "seed": 3}),
        *[(name, {"covariance": "diagonal"}) for name in BAYES],
    ],
    ids=str,
)
def test_an_honest_fit_is_certified(engine: str, how: dict[str, Any]) -> None:
    fit = fitted(engine, **how)
    found = fit.certificate
    assert found is not None, fit.certificate_reason
    assert found.certified, found.reason
    assert (found.reason, fit.certificate_reason) == (None, None)
    assert found.definite
    assert max(found.newton_decrement, found.max_step_se) < STOPPED
    assert found.llf_gap < STOPPED**2
    assert abs(found.llf_error or 0.0) < VALUE
    assert set(found.se_errors) == set(fit.design.exog_names) <= set(found.steps_se)
    assert (found.cone_gain is None) == (not fit.singular or engine in BAYES)


# What is planted, and the words of the objection. Each is at the smallest size that must be seen.
PLANTED: dict[str, tuple[dict[str, Any], str]] = {
    "shifted by 0.01 SE": ({"by_se": 0.01}, "standard errors from the maximum of the Laplace"),
    "shifted by 1 SE": ({"by_se": 1.0}, "higher in the Laplace log-likelihood is known"),
    "constant of the log-likelihood": ({"llf": 2e-3}, "the value reported is off by 0.002 from"),
    "SE inflated by 1 %": ({"se_by": 0.01}, "is off by +1 % from the exact one at this point"),
    "SE shrunk by 0.3 %": ({"se_by": -0.003}, "is off by -0.3 % from the exact one"),
    "no SE": ({"bse": np.nan}, "no standard error of intercept, pre, step0, step1, post"),
    "SE of zero": ({"bse": 0.0}, "no standard error of intercept"),
    "SD by 10 %": ({"sd": 1.1}, "higher in the Laplace log-likelihood is known"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_not_certified(fit: FitResult, name: str) -> None:
    changes, words = PLANTED[name]
    changes = dict(changes)
    if "llf" in changes:
        changes["llf"] = fit.llf + changes["llf"]
    if "bse" in changes:
        changes["bse"] = fit.bse * 0 + changes["bse"]
    if "sd" in changes:
        changes["variance"] = with_sd(fit, changes.pop("sd"))
    found = certified(moved(fit, **changes))
    assert found.certificate is not None
    assert not found.certificate.certified
    assert words in str(found.certificate_reason)


@pytest.mark.parametrize("engine", ["laplace", "agq"])
@pytest.mark.parametrize("method", ["rx", "cluster"])
def test_errors_are_held_against_those_of_their_kind(engine: str, method: Any) -> None:
    made = simulated(units=12, mean_count=2.0)
    (found,) = harness.fit(made, engines=[engine], se_method=method)
    assert found.certificate is not None
    assert found.certificate.certified
    assert set(found.certificate.se_errors) == set(found.params.index)
    assert max(map(abs, found.certificate.se_errors.values())) < SAME_SE
    error = certified(replace(found, se_method="observed")).certificate_reason
    assert "from the exact one" in str(error)


@pytest.mark.parametrize("by_se", [1e-4, 1e-2, 0.1])
def test_the_numbers_are_those_planted(fit: FitResult, by_se: float) -> None:
    found = certified(moved(fit, by_se=by_se)).certificate
    assert found is not None
    assert found.steps_se["step0"] == pytest.approx(-by_se, rel=MODEL, abs=0)
    assert found.max_step_se == pytest.approx(by_se, rel=MODEL, abs=0)
    lost = fit.llf - moved(fit, by_se=by_se).llf
    assert found.llf_gap == pytest.approx(lost, rel=MODEL, abs=0)
    assert found.newton_decrement == pytest.approx(np.sqrt(2.0 * lost), rel=MODEL, abs=0)


@pytest.mark.parametrize("name", BAYES)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("estimate", "standard errors from the maximum of the"),
        ("effects", "higher in the"),
        ("objective", "the value reported is off by"),
        ("errors", "is off by +1 % from the exact one"),
    ],
)
def test_a_fault_in_another_estimator(
    bayes: dict[str, FitResult], name: str, fault: str, words: str
) -> None:
    fit = bayes[name]
    changes: dict[str, Any] = {
        "estimate": {"params": fit.params + 0.01 * fit.bse * (fit.params.index == "step0")},
        "effects": {"random_effects": fit.random_effects + 0.1},
        "objective": {"details": {**fit.details, "objective_value": 3.0}},
        "errors": {"bse": 1.01 * fit.bse},
    }[fault]
    assert words in str(certified(replace(fit, **changes)).certificate_reason)


@pytest.mark.parametrize("slope", [0.0, 1.0], ids=["no slope", "correlation of one"])
def test_a_falsely_singular_fit_is_not_certified(fit: FitResult, slope: float) -> None:
    half = np.array([fit.sd_re[0], slope * fit.sd_re[1]])
    false = certified(at(fit, np.outer(half, half), engine="lme4"))
    found = false.certificate
    assert found is not None
    assert str(found.reason).startswith("falsely singular: the Laplace log-likelihood still rises")
    assert found.falsely_singular
    assert found.cone_gain is not None
    assert found.cone_gain > 1.0
    assert found.llf_gap == pytest.approx(fit.llf - false.llf, rel=ROUNDING, abs=0)
    assert found.max_step_se > 1.0


def test_a_singular_fit_short_of_a_singular_maximum_is_not_falsely_so() -> None:
    fits = (exact_fit(seed=seed, sd=(0.3, 0.0)) for seed in range(6))
    flat = next(fit for fit in fits if fit.singular and np.linalg.det(fit.cov_re) < FLAT)
    short = replace(moved(flat, by_se=0.02), language="R")
    found = certified(short).certificate
    assert found is not None
    assert (found.certified, found.falsely_singular) == (False, False)
    assert "standard errors from the maximum" in str(found.reason)


def test_a_higher_partner_takes_the_certificate(fit: FitResult) -> None:
    top = fit.certificate
    assert top is not None
    higher = replace(fit, engine="lme4", certificate=replace(top, value=top.value + 0.5))
    below, above = beside_each_other([fit, higher])
    assert below.certificate_reason == "lme4 (tight) is 0.5 higher in the Laplace log-likelihood"
    assert below.certificate is not None
    assert (below.certificate.certified, below.certificate.llf_gap) == (False, 0.5)
    assert above is higher
    for other in (replace(higher, method="agq", n_quadrature=7), replace(higher, certificate=None)):
        assert beside_each_other([fit, other])[0] is fit


def test_without_a_maximum_it_says_so(fit: FitResult) -> None:
    before = fit.design.exog[:, 2] == 0
    endless = replace(fit, design=fit.design.with_counts(np.where(before, 0.0, fit.design.endog)))
    reason = str(certified(endless).certificate_reason)
    assert reason.startswith("no finite estimate exists for intercept, pre, step0")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"params": 1e3}, "the objective has no"),
        ({"variance": np.diag([-1.0, 1.0])}, "cov_re is not positive semidefinite"),
        ({"method": "by hand"}, "no exact objective is known for the method 'by hand'"),
    ],
)
def test_what_cannot_be_evaluated_has_a_reason(
    fit: FitResult, changes: dict[str, Any], words: str
) -> None:
    if "params" in changes:
        changes = {"params": fit.params + changes["params"]}
    if "variance" in changes:
        changes = {"variance": replace(fit.variance, cov_re=changes["variance"])}
    found = certified(replace(fit, **changes))
    assert found.certificate is None
    assert words in str(found.certificate_reason)


def test_an_approximation_without_spread_has_a_reason(bayes: dict[str, FitResult]) -> None:
    """``fit_vb`` ends with a standard deviation of 0 where counts are near 1e9."""
    fit = bayes["statsmodels-vb"]
    spread = fit.details["posterior_sd"] * (np.arange(len(fit.details["posterior_sd"])) > 0)
    found = certified(replace(fit, details={**fit.details, "posterior_sd": spread}))
    assert found.certificate is None
    assert "no finite value or derivatives" in str(found.certificate_reason)


def test_a_failed_fit_has_none() -> None:
    failed = fitted("statsmodels-map", random="none")
    assert failed.failure is not None
    assert (failed.certificate, failed.certificate_reason) == (None, "the fit failed")


@pytest.mark.parametrize("name", BAYES)
def test_certified_fits_travel_between_processes(bayes: dict[str, FitResult], name: str) -> None:
    again = pickle.loads(pickle.dumps(bayes[name]))
    assert again.certificate.max_step_se == bayes[name].certificate.max_step_se  # type: ignore[union-attr]
    assert certified(again).certificate.value == again.certificate.value  # type: ignore[union-attr]
