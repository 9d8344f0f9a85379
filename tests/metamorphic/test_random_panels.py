"""Thousands of random panels, ordinary and broken: a certified fit, a flag, or one line.

Never a traceback, never a hang, and never a number that is wrong without being flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.certifying import certified_task
from harness.design import Design
from harness.engines import FitOptions
from harness.engines.workers import Task
from harness.errors import DesignError, HarnessError, PanelError
from harness.result import FitResult
from harness.testing.strategies import Pathological, designs, four_stage_design, pathologies

# Half of the examples are ordinary.
ANYTHING = st.one_of(designs(), designs(estimable=False), pathologies(), pathologies())
# A fit beyond this is not looked for any longer; a broken panel of these sizes takes a second.
LIMIT = 60.0
# Distance of a certified estimate to ours, in standard errors: what a certificate lets pass.
APART = 0.05
# Log-likelihood that nobody may have above a maximum of ours, beside its rounding: it is what is
# left of sums of log(y!), each rounded a few times.
ABOVE, ROUNDING = 1e-6, 1e-15
ERRORS = {"panel error": PanelError, "design error": DesignError}
IN_THIS_PROCESS = ("laplace", "agq")
# Panels on which ours went wrong. agq divided by zero at a trial point; took a boundary maximum for
# none because a small column of L was put to zero with the covariance in it; and took differences
# over too long a way where the score at the boundary is zero. laplace crept along an arc of factors
# of nearly one covariance.
NODES_FAR_APART: dict[str, Any] = {
    "units": 5, "random": "intercept", "before": 3, "after": 2, "baseline": 0.3,
    "stages": (0.1, 0.0, 0.0, 0.0), "sd": (0.0, 0.1), "missing": 0.5, "seed": 3,
}  # fmt: skip
NEXT_TO_NO_VARIANCE: dict[str, Any] = {
    "units": 7, "random": "slope", "before": 3, "after": 3, "baseline": 10000.0,
    "stages": (0.0, 0.0, 0.0, 0.0), "sd": (0.0, 0.1), "corr": -0.5, "missing": 0.5,
    "spread": 1.0, "seed": 34692,
}  # fmt: skip
SCORE_ZERO: dict[str, Any] = {
    "units": 2, "random": "intercept", "before": 2, "after": 2, "baseline": 2.0,
    "stages": (0.0, 0.0, 0.0, 0.0), "sd": (1.0, 0.0), "seed": 2,
}  # fmt: skip
ON_AN_ARC: dict[str, Any] = {
    "units": 7, "random": "slope", "before": 2, "after": 2, "baseline": 2.0,
    "stages": (0.5, 0.5, 0.5, -0.1), "sd": (0.0, 0.3), "corr": 0.5, "missing": 0.1, "seed": 2,
    "estimable": False,
}  # fmt: skip


def built(drawn: Design | Pathological) -> Design | None:
    """Return the design, None where there must be none and one line says why."""
    if isinstance(drawn, Design):
        return drawn
    expected = ERRORS.get(drawn.outcome)
    try:
        design = drawn.design()
    except HarnessError as error:
        told = error
    else:
        assert expected is None
        return design
    assert expected is not None, told
    assert type(told) is expected
    assert_one_line(str(told))
    return None


def assert_one_line(text: str | None) -> None:
    assert text
    assert len(text.splitlines()) == 1
    assert "Traceback" not in text
    # A defect that was caught says its Python name; a named error does not.
    assert not text.split(":")[0].endswith(("Error", "Exception"))


def here(design: Design, engine: str) -> FitResult:
    fit, _ = certified_task(Task(design, engine, FitOptions()))
    return fit


def assert_ends_well(fit: FitResult) -> None:
    """A failure in words; or numbers, with a certificate or the reason why not."""
    if fit.failure is not None:
        assert_one_line(fit.failure)
        assert fit.params.isna().all()
        return
    assert np.isfinite(fit.params).all()
    assert np.isfinite(fit.cov_re).all()
    if fit.certificate is None or not fit.certificate.certified:
        assert_one_line(fit.certificate_reason)
    else:
        assert (fit.bse > 0.0).all()


def assert_as_promised(fit: FitResult, outcome: str) -> None:
    """Ours ends as the name of the pathology says."""
    if outcome == "no finite estimate":
        assert fit.failure is not None
        return
    if outcome == "fit or collinear" and fit.failure is not None:
        assert "can hardly be told apart where the counts are" in fit.failure
        return
    assert fit.failure is None, fit.failure
    assert fit.converged
    assert fit.certificate is not None
    assert fit.certificate.certified, fit.certificate_reason
    if outcome == "boundary" and fit.design.random != "none":
        assert fit.singular


def check_here(drawn: Design | Pathological, engine: str) -> None:
    design = built(drawn)
    if design is None:
        return
    fit = here(design, engine)
    assert_ends_well(fit)
    if isinstance(drawn, Pathological):
        assert_as_promised(fit, drawn.outcome)
    elif fit.failure is None:
        assert fit.converged
        assert fit.certificate is not None
        assert fit.certificate.certified, fit.certificate_reason


@pytest.mark.parametrize("engine", IN_THIS_PROCESS)
@settings(max_examples=40)
@given(drawn=ANYTHING)
def test_in_python(drawn: Design | Pathological, engine: str) -> None:
    check_here(drawn, engine)


@pytest.mark.parametrize(
    "panel",
    [
        pytest.param(NODES_FAR_APART, id="nodes far apart"),
        pytest.param(NEXT_TO_NO_VARIANCE, id="next to no variance"),
        pytest.param(SCORE_ZERO, id="score zero at the boundary"),
        pytest.param(ON_AN_ARC, id="on an arc"),
    ],
)
@pytest.mark.parametrize("engine", IN_THIS_PROCESS)
def test_panels_that_were_found(panel: dict[str, Any], engine: str) -> None:
    check_here(four_stage_design(**panel), engine)


@pytest.mark.long
@settings(max_examples=5000)
@given(drawn=ANYTHING)
def test_five_thousand_in_python(drawn: Design | Pathological) -> None:
    for engine in IN_THIS_PROCESS:
        check_here(drawn, engine)


def check_others(drawn: Design | Pathological, engines: Sequence[str]) -> None:
    """Another engine's answer is held against our maximum."""
    design = built(drawn)
    if design is None:
        return
    fits = harness.fit(design, engines=engines, settings="default", time_limit=LIMIT)
    ours = here(design, "laplace")
    for fit in fits:
        assert_ends_well(fit)
        assert fit.failure is None or "given up" not in fit.failure
        if ours.failure is not None or fit.certificate is None or fit.method != "laplace":
            continue
        slack = ABOVE + ROUNDING * scipy.special.gammaln(design.endog + 1.0).sum()
        assert fit.certificate.value <= ours.llf + slack, "a higher maximum than ours"
        if fit.certificate.certified:
            assert np.abs((fit.params - ours.params) / ours.bse).max() <= APART


@pytest.mark.long
@pytest.mark.needs_r
@settings(max_examples=300)
@given(drawn=ANYTHING)
def test_three_hundred_in_r(drawn: Design | Pathological) -> None:
    check_others(drawn, ["lme4", "glmmtmb"])


@pytest.mark.needs_r
@settings(max_examples=10)
@given(drawn=ANYTHING)
def test_in_r(drawn: Design | Pathological) -> None:
    check_others(drawn, ["lme4", "glmmtmb"])


@pytest.mark.long
@settings(max_examples=100)
@given(drawn=ANYTHING)
def test_a_hundred_in_statsmodels(drawn: Design | Pathological) -> None:
    check_others(drawn, ["statsmodels-map", "statsmodels-vb"])
