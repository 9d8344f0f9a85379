"""Every engine against the certified reference values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import harness
from harness.certified.cases import case_names, read_case
from harness.certified.digits import ENOUGH, ENOUGH_SE, digits_of
from harness.certified.run import POINTS
from harness.engines import engine
from harness.errors import ConfigError

# glmmTMB's derivatives are automatic and its last steps Newton's; lme4's optimiser, and glmm's,
# compare values only. All measured; a digit less is a change to be looked at.
OTHERS = {"glmmtmb": (9.5, 8.0), "lme4": (5.0, 5.0), "glmm": (5.0, 6.0), "glmm-agq": (3.5, 5.0)}
# Where the covariance is singular the others approach it only.
SINGULAR = frozenset({"ships-slope", "van-drivers"})
# Digits of a difference of 1e-5 standard errors, of which nine digits of the estimates leave 1e-4.
DIGITS_ATOL = 1e-3
# A gradient this small, in log-likelihood units per standard error, is rounding.
GRADIENT = 1e-6


def fit(name: str, engine_name: str) -> harness.FitResult:
    case = read_case(name)
    points = POINTS[case.design.exog_re.shape[1]]
    (found,) = harness.fit(case.design, engines=[engine_name], n_quadrature=points)
    return found


def can(name: str, engine_name: str) -> bool:
    design = read_case(name).design
    return engine(engine_name).refusal(design.family, design.covariance, design.response) is None


@pytest.mark.parametrize("engine_name", ["laplace", "agq"])
@pytest.mark.parametrize("name", case_names())
def test_own_engines_have_nine_digits_and_seven(name: str, engine_name: str) -> None:
    if not can(name, engine_name):
        (refused,) = harness.fit(read_case(name).design, engines=[engine_name])
        assert "has no family 'poisson-olre'" in str(refused.failure)
        return
    found = fit(name, engine_name)
    digits = digits_of(read_case(name), found)
    assert digits.enough, digits
    assert digits.reason == ""
    assert digits.llf is not None
    assert digits.llf >= ENOUGH
    assert digits.own is None or digits.own >= ENOUGH
    assert digits.sd_re is None or digits.sd_re >= ENOUGH_SE
    assert found.converged
    assert found.details["gradient_norm"] < GRADIENT


@pytest.mark.needs_r
@pytest.mark.long
@pytest.mark.parametrize("engine_name", OTHERS)
@pytest.mark.parametrize("name", sorted(set(case_names()) - SINGULAR))
def test_other_engines_keep_the_digits_that_were_measured(name: str, engine_name: str) -> None:
    found = fit(name, engine_name)
    if found.failure is not None:
        assert "has no " in found.failure or "glmm needs" in found.failure
        return
    digits = digits_of(read_case(name), found)
    least, least_se = OTHERS[engine_name]
    assert (digits.estimates or 0.0) >= least, digits
    assert (digits.errors or 0.0) >= least_se, digits
    assert digits.enough or digits.reason.startswith(("tolerance", "standard errors")), digits


def test_a_wrong_digit_is_counted_and_explained() -> None:
    case, found = read_case("ships"), fit("ships", "laplace")
    moved = replace(found, params=found.params + 1e-5 * found.bse)
    digits = digits_of(case, moved)
    # The term least sure has the fewest digits: z times 1e5 is what they are of.
    z = np.abs(found.params / found.bse)
    assert digits.estimates == pytest.approx(5.0 + np.log10(z.min()), abs=DIGITS_ATOL)
    # Five terms off by a hundred-thousandth each, in the metric of the whole.
    assert digits.reason == "tolerance: stopped 3e-05 standard errors from its maximum"
    wider = replace(found, bse=found.bse * (1 + 1e-4))
    assert digits_of(case, wider).reason.startswith("standard errors 0.0001 off")
    (rough,) = harness.fit(case.design, engines=["agq"], n_quadrature=3)
    assert digits_of(case, rough).reason.startswith("method: 3 points")
    failed = replace(found, failure="no answer", params=found.params * np.nan)
    assert digits_of(case, failed).reason == "no answer"


def test_a_misspelt_case_has_a_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"no certified case 'shipz': .*'ships'"):
        read_case("shipz")
