"""The panels of ``fixtures/inference`` and what lme4 says about them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.design import Design
from harness.glmm import PoissonGLMM, PoissonGLMMResults

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "inference"
PANELS = ("slope", "diagonal", "intercept")
TERMS = ("intercept", "pre", "step0", "step1", "post")


def lme4(panel: str) -> dict[str, Any]:
    return json.loads((FOLDER / "reference.json").read_text())[panel]


@functools.cache
def fitted(panel: str) -> PoissonGLMMResults:
    data = pd.read_csv(FOLDER / f"{panel}.csv")
    x = np.column_stack([np.ones(len(data)), data[list(TERMS[1:])]])
    z = np.column_stack([np.ones(len(data)), data["t"]])
    design = Design(
        data["y"], x, data["unit"], exog_re=None if panel == "intercept" else z,
        offset=np.log(data["exposure"]), exog_names=TERMS,
        covariance="diagonal" if panel == "diagonal" else "unstructured",
    )  # fmt: skip
    return PoissonGLMM.from_design(design).fit()
