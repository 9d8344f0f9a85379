"""What proves a cause: the other's data, methods and objective, tried at a fit's own answer."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import harness
from harness.concordance.compare import compare_pair
from harness.concordance.data_difference import what_differs
from harness.concordance.exact import exact_point, llf_of_another
from harness.concordance.explanation import Explanation
from harness.concordance.prior_terms import posterior_gain
from harness.concordance.reoptimised import one_maximum
from harness.design import Design
from harness.result import FitResult
from tests.concordance.fits import exact_fit, moved, with_sd
from tests.engines.panels import design, panel
from tests.faults.planting import PANEL
from tests.glmm.panels import simulated

# Rounding of a sum of 210 terms of this size, and its square root as a distance.
SAME_LLF, SAME_POINT = 1e-8, 1e-6
# Numbers of three digits, of the largest of which half a unit is this at most.
THREE_DIGITS = 0.005
# The counts here are small, so that seven points differ from Laplace by far more than rounding.
SMALL_COUNTS = {"mean_count": 3.0, "sd": (0.6, 0.15)}


@pytest.fixture(scope="module")
def fit() -> FitResult:
    return exact_fit()


def why(a: FitResult, b: FitResult) -> Explanation:
    found = compare_pair(a, b).explanation
    assert found is not None
    assert "\n" not in found.evidence
    return found


def changed(of: Design, **changes: Any) -> Design:
    parts: dict[str, Any] = {
        name: getattr(of, name)
        for name in ("endog", "exog", "groups", "exog_re", "offset", "exog_names", "exog_re_names",
                     "family", "covariance")
    }  # fmt: skip
    return Design(**{**parts, **changes})


def other(values: np.ndarray, place: Any, value: Any) -> np.ndarray:
    found = values.copy()
    found[place] = value
    return found


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda d: {"endog": other(d.endog, 9, 1234.0)},
            "the count differs in 1 of {n} rows, first in row 9 (unit '{u9}'): {y9:.6g} beside 1234",
        ),
        (
            lambda d: {"offset": d.offset + 1.0 * (d.groups == 1)},
            "the offset differs in {size} of {n} rows, first in row {start} (unit '{u9}')",
        ),
        (
            lambda d: {"exog": other(d.exog, (slice(7, 10), 3), 0.5)},
            "column 'step1' differs in 3 of {n} rows, first in row 7",
        ),
        (
            lambda d: {"exog_re": other(d.exog_re, (8, 1), 2.5)},
            "random-effect column 'z2' differs in 1 of {n} rows, first in row 8",
        ),
        (lambda d: {"family": "nb2"}, "family 'poisson' beside 'nb2'"),
        (lambda d: {"covariance": "diagonal"}, "covariance 'unstructured' beside 'diagonal'"),
    ],
)
def test_data_that_differ_are_named(fit: FitResult, change: Any, says: str) -> None:
    d = fit.design
    start = int(np.flatnonzero(d.groups == 1)[0])
    known = {
        "n": d.nobs, "u9": d.group_labels[d.groups[9]], "y9": d.endog[9], "start": start,
        "size": int((d.groups == 1).sum()),
    }  # fmt: skip
    assert d.groups[9] == 1
    changed_design = changed(d, **change(d))
    assert says.format(**known) in what_differs(d, changed_design)
    found = why(fit, moved(fit, by_se=0.01, design=changed_design))
    assert found == Explanation("data", what_differs(d, changed_design))


def test_rows_that_are_missing_are_named(fit: FitResult) -> None:
    d = fit.design
    rows = np.arange(d.nobs) != 9
    fewer = Design(
        d.endog[rows], d.exog[rows], d.groups[rows],
        exog_re=d.exog_re[rows], offset=d.offset[rows], exog_names=d.exog_names,
    )  # fmt: skip
    label = d.group_labels[d.groups[9]]
    assert what_differs(d, fewer) == (
        f"{d.nobs} rows beside {d.nobs - 1}, the first difference at row 9 (unit {label!r})"
    )


def test_the_same_rows_in_other_units_are_not_called_other_rows(fit: FitResult) -> None:
    d = fit.design
    last = np.flatnonzero(np.diff(d.groups, append=d.n_groups))
    moved_on = other(d.groups, last, (d.groups[last] + 1) % d.n_groups)
    assert what_differs(d, changed(d, groups=moved_on)) == (
        "the same rows in other units or in another order"
    )
    # One unit fewer rows, the next one more, and in another place there.
    first = int(np.flatnonzero(d.groups == 0)[0])
    said = what_differs(d, changed(d, groups=other(d.groups, first, 1)))
    assert said == "the same rows in other units: unit '0' has 7 rows beside 6"


def test_rows_of_other_units_are_named(fit: FitResult) -> None:
    d = fit.design
    last = np.flatnonzero(np.diff(d.groups) > 0)[0]
    said = what_differs(d, changed(d, groups=other(d.groups, last, 1)))
    assert f"1 of {d.nobs} rows belong to another unit, first row {last}: '0' beside '1'" in said


@pytest.mark.parametrize(
    "options", [{}, {"family": "nb2"}, {"family": "poisson-olre"}], ids=["poisson", "nb2", "olre"]
)
def test_newton_steps_lead_from_where_an_optimiser_stopped(options: dict[str, str]) -> None:
    # More variation than Poisson has, so that the family's own parameter lies inside.
    d = changed(design(panel(**PANEL)), **options)
    (best,) = harness.fit(d, engines=["laplace"])
    found = why(best, moved(best, by_se=0.01))
    assert found.cause == "optimiser"
    shown = re.search(
        r"Newton steps from its answer end (\S+) standard errors and (\S+) log-likelihood units from"
        r" laplace's \(tight\)",
        found.evidence,
    )
    assert shown, found.evidence
    assert float(shown[1]) < SAME_POINT
    assert float(shown[2]) < SAME_LLF


def test_newton_steps_lead_there_by_quadrature() -> None:
    (best,) = harness.fit(simulated(**SMALL_COUNTS), engines=["agq"])  # type: ignore[arg-type]
    assert "Newton steps from its answer end" in why(best, moved(best, by_se=0.01)).evidence


def test_a_distance_beyond_the_quadratic_model_is_climbed(fit: FitResult) -> None:
    """Where the variance is far too large, an intercept far off is near in its own errors."""
    params = fit.params.copy()
    params["intercept"] += 3.0 * fit.bse["intercept"]
    far = replace(fit, engine="other", params=params, variance=with_sd(fit, 5.0))
    far = replace(far, llf=llf_of_another(fit, far), bse=fit.bse * 0.0 + exact_point(far).bse)
    pair = compare_pair(fit, far)
    assert pair.metrics is not None
    assert pair.metrics.max_diff_se > 1.1 * exact_point(far).decrement
    assert one_maximum(fit, far, pair.metrics.max_diff_se)
    assert pair.explanation is not None
    assert pair.explanation.cause == "optimiser"
    # No climb covers a distance that the fits do not have.
    assert not one_maximum(fit, far, 2.0 * pair.metrics.max_diff_se)


def test_what_looser_tolerances_cost_is_said(fit: FitResult) -> None:
    loose = moved(fit, by_se=0.01, engine=fit.engine, settings="default")
    assert "laplace itself with tight tolerances stopped" in why(fit, loose).evidence
    assert "itself with" not in why(fit, replace(loose, engine="other")).evidence


@pytest.fixture(scope="module")
def by_method() -> dict[str, FitResult]:
    d = simulated(**SMALL_COUNTS)  # type: ignore[arg-type]
    return {
        method: harness.fit(d, engines=["laplace"], se_method=method)[0]  # type: ignore[arg-type]
        for method in ("observed", "rx", "cluster")
    }


@pytest.mark.parametrize(
    ("said", "true"),
    [("observed", "rx"), ("rx", "observed"), ("cluster", "observed"), ("cluster", "rx")],
)
def test_standard_errors_under_another_name(
    by_method: dict[str, FitResult], said: str, true: str
) -> None:
    liar = replace(by_method[true], engine="other", se_method=said)
    for honest in by_method.values():
        if honest.se_method in (true, said):
            continue
        found = why(honest, liar)
        assert found.cause == "standard-error method"
        assert f"other's (tight) standard errors are called {said} but are {true}" in found.evidence


@pytest.mark.parametrize("method", ["rx", "cluster"])
def test_standard_errors_that_are_what_they_say(
    by_method: dict[str, FitResult], method: str
) -> None:
    found = why(by_method["observed"], replace(by_method[method], engine="other"))
    assert found.cause == "standard-error method"
    assert "each is what it says at its own estimates, to" in found.evidence


@pytest.fixture(scope="module")
def by_points() -> dict[int, FitResult]:
    d = simulated(**SMALL_COUNTS)  # type: ignore[arg-type]
    fits = {n: harness.fit(d, engines=["agq"], n_quadrature=n)[0] for n in (3, 7)}
    return {1: harness.fit(d, engines=["laplace"])[0], **fits}


@pytest.mark.parametrize(("said", "true"), [(1, 7), (1, 3), (7, 1), (7, 3)])
def test_an_approximation_under_another_name(
    by_points: dict[int, FitResult], said: int, true: int
) -> None:
    label = by_points[said]
    names = {1: "Laplace", 3: "3 points of quadrature", 7: "7 points of quadrature"}
    liar = replace(
        by_points[true], engine="other", method=label.method, n_quadrature=label.n_quadrature
    )
    found = why(label, liar)
    assert found.cause == "approximation"
    assert f"other (tight) says {names[said]} and maximised {names[true]}" in found.evidence


def test_the_value_of_another_approximation_alone_is_a_defect(
    by_points: dict[int, FitResult],
) -> None:
    laplace, seven = by_points[1], by_points[7]
    found = why(laplace, replace(laplace, engine="other", llf=llf_of_another(seven, laplace)))
    assert found.cause == "unexplained"
    assert "it is that by 7 points of quadrature, whose maximum lies elsewhere" in found.evidence


def test_what_the_prior_adds_is_told() -> None:
    mode, best = harness.fit(simulated(), engines=["statsmodels-map", "laplace"])
    for pair in ((mode, best), (best, mode)):
        found = why(*pair)
        assert found.cause == "estimator"
        shown = re.search(
            r"the log joint posterior at statsmodels-map's answer is (\S+) above that at laplace's:"
            r" data (\S+), density of the random effects (\S+), priors (\S+)",
            found.evidence,
        )
        assert shown, found.evidence
        total, *parts = (float(number) for number in shown.groups())
        assert total == pytest.approx(sum(parts), abs=THREE_DIGITS * max(map(abs, parts)))
        assert total > 0.0
    assert posterior_gain(best, best) is None
