"""Compile the kernel for the model of the built-in study: ``python -m harness.glmm.warm``.

numba keeps what it compiled beside the source; without this the first fit on a machine takes
some twenty seconds longer.
"""

from __future__ import annotations

import numpy as np

from harness.design import Design
from harness.glmm.batch import fit_batch
from harness.glmm.laplace import Objective


def main() -> None:
    """Fit a tiny panel with two random effects on every compiled road."""
    t = np.tile(np.arange(-2.0, 3.0), 6)
    groups = np.repeat(np.arange(6), 5)
    z = np.column_stack([np.ones_like(t), t])
    counts = np.random.default_rng(1).poisson(50 * np.exp(0.2 * groups - 0.02 * t * (groups - 3)))
    design = Design(counts, z, groups, exog_re=z)
    fit_batch(design, counts[None, :])
    Objective.of(design).value(np.array([4.0, 0.0, 0.3, 0.0, 0.1]))


if __name__ == "__main__":
    main()
