"""The panel that is timed: 150 units over t = -3..3, four stages, correlated random slope."""

from __future__ import annotations

import numpy as np

from harness.design import Design
from harness.segments import two_step

TRUTH = np.array([np.log(0.01), 0.04, 0.10, -0.03, 0.02])


def simulated(units: int = 150, seed: int = 1) -> Design:
    """Return a design with counts of some 200 a row and random effects of SD 0.35 and 0.08."""
    rng = np.random.default_rng(seed)
    t = np.tile(np.arange(-3.0, 4.0), units)
    groups = np.repeat(np.arange(units), 7)
    stages = {"intercept": np.ones_like(t), **two_step(t)}
    x = np.column_stack(list(stages.values()))
    z = np.column_stack([np.ones_like(t), t])
    exposure = rng.uniform(6e3, 6e4, units)[groups]
    b = rng.multivariate_normal([0.0, 0.0], [[0.1225, -0.0056], [-0.0056, 0.0064]], units)
    counts = rng.poisson(exposure * np.exp(x @ TRUTH + (z * b[groups]).sum(axis=1)))
    return Design(
        counts, x, groups, exog_re=z, offset=np.log(exposure), exog_names=list(stages),
        exog_re_names=["intercept", "t"],
    )  # fmt: skip
