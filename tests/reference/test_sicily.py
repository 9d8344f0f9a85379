"""Single-level check against a published interrupted time series.

Lopez Bernal, Cummins and Gasparrini (2017), Int J Epidemiol 46:348, model 1: plain Poisson with
an offset, a level change at the smoking ban and a trend. The digits are those of R's glm on the
authors' data; the replication page prints the first eight.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness

PARAMS = {"intercept": -6.24315091046547, "smokban": -0.11162844255886, "time": 0.00494499203221}
RATE_RATIO = 0.894376508
BSE = {"intercept": 0.0111894, "smokban": 0.0172248, "time": 0.0004992}
# Fourteen decimals are given; R's default IRLS tolerance of 1e-8 leaves twelve of them.
PARAMS_ATOL = 1e-11
# Half a unit of the ninth decimal of the rate ratio.
NINTH_DECIMAL = 5e-10
# R's default IRLS tolerance leaves six digits of a standard error; seven decimals are printed.
BSE_ATOL = 5e-8 + 1e-6 * 0.0172


@pytest.mark.needs_shared("reference/data/sicily.csv")
@pytest.mark.parametrize(
    "engine", ["laplace", pytest.param("lme4", marks=pytest.mark.needs_r),
               pytest.param("glmmtmb", marks=pytest.mark.needs_r)],
)  # fmt: skip
def test_model_1(shared: Path, engine: str) -> None:
    data = pd.read_csv(shared / "reference/data/sicily.csv")
    design = harness.Design(
        data["aces"], np.column_stack([np.ones(len(data)), data["smokban"], data["time"]]),
        groups=np.zeros(len(data)), offset=np.log(data["stdpop"]), exog_names=list(PARAMS),
        random="none",
    )  # fmt: skip
    (fit,) = harness.fit(design, engines=[engine])
    assert fit.failure is None
    for term, value in PARAMS.items():
        assert fit.params[term] == pytest.approx(value, abs=PARAMS_ATOL)
        assert fit.bse[term] == pytest.approx(BSE[term], abs=BSE_ATOL)
    assert np.exp(fit.params["smokban"]) == pytest.approx(RATE_RATIO, abs=NINTH_DECIMAL)
