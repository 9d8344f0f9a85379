"""Variance parameters of nb2 and poisson-olre against glmmTMB's, stored with their script."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.design import Design, Family
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from tests.glmm.panels import simulated
from tests.glmm.reference import FOLDER, TERMS

FAMILIES: tuple[Family, ...] = ("nb2", "poisson-olre")
# The same maximum of the same function, its Hessian by differences of glmmTMB's gradients.
LLF_ATOL = 1e-9
ESTIMATE_IN_SE = 1e-9
SE_RTOL = 1e-7
# Ours are solved to 1e-6 standard errors.
LIMIT_IN_SE = 1e-6

# From glmmTMB's coordinates: the parameter, and its slope there.
TRANSFORMS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "log SD": (np.exp, np.exp),
    "scaled correlation": (lambda c: c / np.hypot(1.0, c), lambda c: np.hypot(1.0, c) ** -3.0),
    "log theta": (np.exp, np.exp),
}
# In glmmTMB's order: our term, and what glmmTMB has for it.
PARTS = {
    "nb2": [(".theta", "log theta"), (".sig01", "log SD"), (".sig03", "log SD"),
            (".sig02", "scaled correlation")],
    "poisson-olre": [(".sig01", "log SD"), (".sig03", "log SD"), (".sig02", "scaled correlation"),
                     (".sigma_olre", "log SD")],
}  # fmt: skip
EACH_PART = [(family, k) for family in FAMILIES for k in range(4)]


def glmmtmb(family: Family) -> dict[str, Any]:
    return json.loads((FOLDER / "families.json").read_text())[family]


@functools.cache
def fitted(family: Family) -> PoissonGLMMResults:
    data = pd.read_csv(FOLDER / "overdispersed.csv")
    x = np.column_stack([np.ones(len(data)), data[list(TERMS[1:])]])
    z = np.column_stack([np.ones(len(data)), data["t"]])
    design = Design(
        data["y"], x, data["unit"], exog_re=z, offset=np.log(data["exposure"]), exog_names=TERMS,
        family=family,
    )  # fmt: skip
    return PoissonGLMM.from_design(design).fit()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_maximum_is_glmmtmbs(family: Family) -> None:
    ours, theirs = fitted(family), glmmtmb(family)
    assert ours.llf == pytest.approx(theirs["llf"], abs=LLF_ATOL)
    assert np.max(np.abs(ours.params - theirs["params"]) / ours.bse) < ESTIMATE_IN_SE


@pytest.mark.parametrize(("family", "k"), EACH_PART)
def test_estimates_errors_and_limits_are_glmmtmbs(family: Family, k: int) -> None:
    fit, theirs = fitted(family), glmmtmb(family)
    term, kind = PARTS[family][k]
    value, slope = TRANSFORMS[kind]
    row = pd.concat([fit.sdcor, fit.family_param]).loc[term]
    assert abs(row["estimate"] - value(theirs["estimate"][k])) < ESTIMATE_IN_SE * row["se"]
    assert row["se"] == pytest.approx(
        theirs["se"][k] * slope(theirs["estimate"][k]), rel=SE_RTOL, abs=0
    )
    limits = fit.profile_conf_int([term]).loc[term].to_numpy()
    due = [value(limit) for limit in theirs["limits"][k]]
    np.testing.assert_allclose(limits, due, atol=LIMIT_IN_SE * row["se"], rtol=0)
    # Not the Wald interval: that of these few units is visibly lopsided.
    wald = row["estimate"] + np.array([-1.96, 1.96]) * row["se"]
    assert np.max(np.abs(limits - wald)) > 0.02 * row["se"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parameter_stands_in_the_summary_with_its_error(family: Family) -> None:
    fit = fitted(family)
    label, estimate, se = fit.family_param.iloc[0]
    (line,) = [line for line in str(fit.summary()).splitlines() if line.startswith(label)]
    assert line.split()[-2:] == [f"{estimate:.5f}", f"{se:.5f}"]
    assert (fit.theta if family == "nb2" else fit.sigma_olre) == estimate


@pytest.mark.parametrize("family", FAMILIES)
def test_without_excess_the_parameter_is_at_its_end_and_has_one_limit(family: Family) -> None:
    base = simulated(units=25, seed=1)
    design = Design(
        base.endog, base.exog, base.groups, exog_re=base.exog_re, offset=base.offset, family=family
    )
    fit = PoissonGLMM.from_design(design).fit()
    assert not fit.exceeds_poisson
    term, estimate, se = fit.family_param.index[0], *fit.family_param.iloc[0, 1:]
    assert (estimate, np.isnan(se)) == ({"nb2": np.inf, "poisson-olre": 0.0}[family], True)
    low, high = fit.profile_conf_int([term]).loc[term]
    if family == "nb2":
        assert (low > 100, high) == (True, np.inf)
    else:
        assert (low, high < 0.1) == (0.0, True)
    assert "Nothing exceeds the Poisson variance" in str(fit.summary())


def test_poisson_has_no_such_parameter() -> None:
    fit = PoissonGLMM.from_design(simulated(units=8)).fit()
    assert fit.family_param.empty
    with pytest.raises(ConfigError, match=r"'\.theta'"):
        fit.profile_conf_int([".theta"])
