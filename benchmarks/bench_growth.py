"""Time and memory of one fit as the rows grow, to a million rows in 150,000 units.

Each size runs in a process of its own, so that its peak memory is its own: make bench
"""

from __future__ import annotations

import multiprocessing
import resource
import time

from benchmarks.panel import simulated
from harness.glmm import PoissonGLMM

UNITS = (150, 1_500, 15_000, 150_000)
REPEATS = 3


def measured(units: int) -> tuple[int, float, float]:
    """Rows, seconds (the fastest of three) and peak megabytes of a fit."""
    PoissonGLMM.from_design(simulated(units=20)).fit()  # loads what was compiled
    design = simulated(units=units)
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        result = PoissonGLMM(
            design.endog, design.exog, design.groups, exog_re=design.exog_re, offset=design.offset
        ).fit()
        _ = result.params, result.bse, result.cov_re
        seconds.append(time.perf_counter() - began)
    return design.nobs, min(seconds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print one row a size."""
    print(f"{'rows':>10}{'seconds':>12}{'us a row':>12}{'peak MB':>10}")
    context = multiprocessing.get_context("spawn")
    for units in UNITS:
        with context.Pool(1) as pool:
            rows, seconds, peak = pool.apply(measured, (units,))
        print(f"{rows:10d}{seconds:12.4f}{1e6 * seconds / rows:12.2f}{peak:10.0f}")


if __name__ == "__main__":
    main()
