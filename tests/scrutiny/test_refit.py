"""The short road to a fit leads where the engine's own does."""

from __future__ import annotations

import numpy as np
import pytest

import harness
from harness.errors import FitFailure
from harness.scrutiny.refit import refit
from tests.engines.panels import design, panel, pseudo

# Two fits of one maximum: Newton decrements of 1e-8.
SAME_FIT = 1e-7


@pytest.mark.parametrize("response", ["count", "pseudo"])
def test_equals_the_engine(response: str) -> None:
    made = design(panel(units=12, mean=60.0))
    made = pseudo(made) if response == "pseudo" else made
    found = refit(made)
    (fit,) = harness.fit(made, engines=["laplace"])
    assert found.names == tuple(fit.params.index)
    assert found.params == pytest.approx(fit.params.to_numpy(), abs=SAME_FIT)
    assert found.bse == pytest.approx(fit.bse.to_numpy(), rel=SAME_FIT, abs=0)
    assert found.of("step1") == (found.params[3], found.bse[3])


@pytest.mark.parametrize("response", ["count", "pseudo"])
def test_nothing_counted_after_the_event_has_no_finite_step(response: str) -> None:
    rows = panel(units=6)
    made = design(rows)
    t = rows.t[rows.t.between(-3, 3)].to_numpy()
    empty = made.with_counts(np.where(t > 0, 0, made.endog))
    with pytest.raises(FitFailure, match="the model could not be fitted"):
        refit(pseudo(empty) if response == "pseudo" else empty)
