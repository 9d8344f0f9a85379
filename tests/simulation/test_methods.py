"""Standard errors of contrasts, and the correction for few units."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import scipy.stats

from harness.design import Design
from harness.engines import FitOptions
from harness.errors import ConfigError
from harness.glmm.batch import fit_batch
from harness.model import SegmentedPoisson
from harness.simulation.contrast import contrast_row
from harness.simulation.methods import Method
from harness.simulation.processes.layout import Plan
from harness.simulation.processes.process import stream
from harness.simulation.replicates import analysis, estimates
from tests.simulation.processes.making import process

G = np.array([[0.09, 0.0], [0.0, 0.0025]])
STRATA = (("a", 1.0), ("b", 1.0))
# Maxima of one likelihood in two parametrisations, in standard errors: Newton decrements of 1e-8.
SAME_MAXIMUM = 1e-7
# A root, a product, a quantile.
ROUNDING = 1e-14


@pytest.mark.parametrize(
    ("contrast", "by_stratum"),
    [("step0 = pre", False), ("step0 + step1 - 2*pre = 0.1", False), ("step0[a] = step0[b]", True)],
)
def test_a_contrast_has_the_error_of_the_model_in_which_it_is_a_coefficient(
    contrast: str, by_stratum: bool
) -> None:
    made = process(Plan(units=20, strata=STRATA), cov_re=G)
    method = Method("m", "laplace", SegmentedPoisson(by_stratum=by_stratum), contrasts=(contrast,))
    found = estimates(made, method, 4, range(3))
    whole = analysis(made, method.model)
    d = whole.design
    c, value = contrast_row(d.exog_names, contrast)
    k = int(np.argmax(c != 0))
    # beta_k = (gamma + value - sum of the others) / c_k: gamma, the contrast, takes its place.
    turned = d.exog.copy()
    turned[:, k] = d.exog[:, k] / c[k]
    for m in np.flatnonzero(c):
        if m != k:
            turned[:, m] = d.exog[:, m] - c[m] / c[k] * d.exog[:, k]
    refit = Design(
        d.endog, turned, d.groups, d.exog_re, d.offset + d.exog[:, k] * value / c[k],
        family=d.family, covariance=d.covariance,
    )  # fmt: skip
    counts = np.array([made.draw(stream(4, r)).counts[whole.place] for r in range(3)])  # type: ignore[union-attr]
    again = fit_batch(refit, counts)
    se = found.se[:, -1]
    assert np.abs((found.estimate[:, -1] - again.params[:, k]) / se).max() < SAME_MAXIMUM
    assert se == pytest.approx(again.bse[:, k], rel=SAME_MAXIMUM, abs=0)


@pytest.mark.parametrize(("by_stratum", "parts"), [(False, 1), (True, 2)])
def test_the_correction_divides_by_the_units_that_are_free(by_stratum: bool, parts: int) -> None:
    made = process(Plan(units=12, strata=STRATA), cov_re=G)
    plain = Method("m", "laplace", SegmentedPoisson(by_stratum=by_stratum))
    small = dataclasses.replace(plain, small_sample=True)
    a, b = (estimates(made, method, 4, range(3)) for method in (plain, small))
    assert b.se == pytest.approx(a.se * np.sqrt(12 / (12 - parts)), rel=ROUNDING, abs=0)
    assert b.critical == pytest.approx(scipy.stats.t.ppf(0.975, 12 - parts), rel=ROUNDING, abs=0)
    assert a.critical == pytest.approx(scipy.stats.norm.ppf(0.975), rel=ROUNDING, abs=0)


def test_two_units_have_one_degree_of_freedom() -> None:
    method = Method("m", "laplace", SegmentedPoisson(), small_sample=True)
    found = estimates(process(Plan(units=2), cov_re=G), method, 1, range(3))
    assert found.done.all()
    assert found.critical == pytest.approx(scipy.stats.t.ppf(0.975, 1), rel=ROUNDING, abs=0)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"model": SegmentedPoisson(random="none")}, "no variance between units to correct"),
        ({"options": FitOptions(se_method="cluster")}, "corrected for few units already"),
    ],
)
def test_a_correction_with_nothing_to_correct_is_refused(parts: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        dataclasses.replace(Method("m", "laplace", SegmentedPoisson(), small_sample=True), **parts)


def rejections(plan: Plan, model: SegmentedPoisson, term: str, small: bool) -> float:
    """Share of replicates, in percent, whose 95 % interval lacks the truth 0."""
    cov_re = np.diag([0.09, 0.01])
    made = process(plan, cov_re=cov_re, effects={}, intercept=9.0)
    contrasts = (term,) if "=" in term else ()
    found = estimates(
        made, Method("m", "laplace", model, contrasts=contrasts, small_sample=small), 9, range(4000)
    )
    assert found.done.all()
    at = found.terms.index(term)
    return 100 * float(
        np.mean(np.abs(found.estimate[:, at]) > found.critical[:, at] * found.se[:, at])
    )


# Monte Carlo error of a share of 5 % in 4000, in percentage points.
ERROR = 100 * np.sqrt(0.05 * 0.95 / 4000)


@pytest.mark.parametrize(
    ("plan", "model", "term"),
    [
        # The slopes differ twenty times as much as counting them errs: pre is a mean of slopes.
        (Plan(units=33), SegmentedPoisson(), "pre"),
        (Plan(units=20, strata=STRATA), SegmentedPoisson(by_stratum=True), "pre[a] = pre[b]"),
    ],
    ids=["33 units", "two strata of 10"],
)  # fmt: skip
def test_the_correction_mends_the_level_at_few_units(plan: Plan, model: Any, term: str) -> None:
    plain, small = (rejections(plan, model, term, correct) for correct in (False, True))
    assert plain > 5 + 3 * ERROR
    assert abs(small - 5) < 3 * ERROR


@pytest.mark.parametrize(
    ("text", "row", "value"),
    [
        ("step0", [0, 0, 1, 0, 0], 0.0),
        ("step0 = pre", [0, -1, 1, 0, 0], 0.0),
        ("step0 = -0.05", [0, 0, 1, 0, 0], -0.05),
        ("step0 =-pre", [0, 1, 1, 0, 0], 0.0),
        ("0.5*step0 + step1 - 2*pre = 0.1", [0, -2, 0.5, 1, 0], 0.1),
    ],
)
def test_contrasts_in_words(text: str, row: list[float], value: float) -> None:
    names = ("intercept", "pre", "step0", "step1", "post")
    weights, found = contrast_row(names, text)
    assert (weights.tolist(), found) == (row, value)
