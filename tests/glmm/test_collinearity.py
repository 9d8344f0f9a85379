"""Columns that come near one another: fitted, fitted with a note, refused by name."""

from __future__ import annotations

import numpy as np
import pytest

import harness
from harness.design import Design
from harness.errors import DesignError
from harness.glmm import PoissonGLMM
from harness.glmm.model import Method
from tests.glmm.panels import simulated

# Standard errors keep 7 digits and more where a fit is not refused; so do estimates, in their units.
SE_RTOL = 1e-7


def design(apart: float, doubled: bool = True) -> Design:
    """A sixth column, ``post`` moved by noise: as it is, or the noise alone.

    The noise is what is left of it in the sum, so that both span the same space to the last bit.
    """
    base = simulated(units=30, seed=2)
    noise = np.random.default_rng(0).normal(size=base.nobs)
    near = base.exog[:, 4] + apart * noise
    column = near if doubled else (near - base.exog[:, 4]) / apart
    return Design(
        base.endog, np.column_stack([base.exog, column]), base.groups, exog_re=base.exog_re,
        offset=base.offset, exog_names=[*base.exog_names, "near"],
    )  # fmt: skip


@pytest.mark.parametrize("method", [("laplace", 1), ("agq", 3)], ids=lambda method: method[0])
@pytest.mark.parametrize(("power", "named"), [(3, False), (8, False), (11, True), (12, True)])
def test_a_fit_keeps_its_digits_and_says_when_columns_are_near(
    power: int, named: bool, method: tuple[Method, int]
) -> None:
    apart = 2.0**-power
    fit, due = (PoissonGLMM.from_design(design(apart, how)).fit(*method) for how in (True, False))
    assert fit.nearly_collinear == (("post", "near") if named else ())
    assert ("nearly collinear" in str(fit.summary())) == named
    assert due.nearly_collinear == ()
    assert fit.bse["near"] * apart == pytest.approx(due.bse["near"], rel=SE_RTOL, abs=0)
    away = fit.params["near"] * apart - due.params["near"]
    assert abs(away) < SE_RTOL * due.bse["near"]
    (result,) = harness.fit(design(apart), engines=["laplace"])
    assert [m.text for m in result.messages] == (
        ["the columns post, near are nearly collinear"] if named else []
    )


@pytest.mark.parametrize(("power", "words"), [(14, "hardly be told apart"), (24, "collinear")])
def test_nearer_still_is_refused_by_name(power: int, words: str) -> None:
    with pytest.raises(DesignError, match=words) as caught:
        PoissonGLMM.from_design(design(2.0**-power)).fit()
    assert "near" in str(caught.value).split("can")[0]
