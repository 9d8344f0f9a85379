"""Simulated designs with known truths, shared by tests."""

from __future__ import annotations

import numpy as np

from harness.design import Covariance, Design, Random
from harness.segments import two_step

TRUTH = np.array([np.log(0.01), 0.04, 0.10, -0.03, 0.02])


def simulated(
    units: int = 40,
    seed: int = 1,
    sd: tuple[float, float] = (0.35, 0.08),
    rho: float = -0.2,
    mean_count: float = 200.0,
    random: Random = "slope",
    covariance: Covariance = "unstructured",
) -> Design:
    """Return the four-stage design of ``units`` units over t = -3..3 with drawn counts."""
    rng = np.random.default_rng(seed)
    t = np.tile(np.arange(-3.0, 4.0), units)
    groups = np.repeat(np.arange(units), 7)
    stages = {"intercept": np.ones_like(t), **two_step(t)}
    x = np.column_stack(list(stages.values()))
    z = np.column_stack([np.ones_like(t), t])
    exposure = rng.uniform(0.3, 3.0, units)[groups] * mean_count / np.exp(TRUTH[0])
    off_diagonal = rho * sd[0] * sd[1]
    cov_re = np.array([[sd[0] ** 2, off_diagonal], [off_diagonal, sd[1] ** 2]])
    b = rng.multivariate_normal([0.0, 0.0], cov_re, units)
    endog = rng.poisson(exposure * np.exp(x @ TRUTH + (z * b[groups]).sum(axis=1)))
    columns = {"none": None, "intercept": z[:, :1], "slope": z}[random]
    return Design(
        endog, x, groups, exog_re=columns, offset=np.log(exposure), exog_names=list(stages),
        covariance=covariance, random=random,
    )  # fmt: skip
