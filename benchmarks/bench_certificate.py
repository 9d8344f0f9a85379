"""What a certificate costs beside the fit that it certifies, engine by engine in one run.

Each engine fits each panel once and the certificate is then taken a few times; a ratio is that of
the medians. R's time is R's own, PoissonGLMM's runs from a design to its answer. Run it on an idle
machine:  python -m benchmarks.bench_certificate

Printed at default settings on two cores that other programs used too, in two runs (statsmodels-vb
in the second only, so at 40 units):

    milliseconds                                 fit   certificate    ratio
    150 units, lme4 default                   441.00         4.121    0.009
    150 units, glmmtmb default                426.00         3.962    0.009
    150 units, laplace default                  3.34         1.040    0.311
    150 units, agq default                     18.38        12.891    0.701
    150 units, glmm default                    18.64         1.071    0.057
    150 units, glmm-agq default                83.82        13.937    0.166
    150 units, statsmodels-map default       1136.27         1.547    0.001

    40 units, lme4 default                   2703.00      1256.082    0.465
    40 units, glmmtmb default                4551.00      1082.672    0.238
    40 units, laplace default                 926.04         1.073    0.001
    40 units, agq default                   10277.07        37.050    0.004
    40 units, glmm default                     52.05         1.151    0.022
    40 units, glmm-agq default                183.92        33.268    0.181
    40 units, statsmodels-map default         416.01         2.160    0.005
    40 units, statsmodels-vb default        11160.53        18.568    0.002

Below 60 units PoissonGLMM tries every start, and so does the certificate of a fit in R.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from benchmarks.panel import simulated
from harness.concordance.certificate import certified
from harness.design import Design
from harness.engines import FitOptions
from harness.engines.base import Settings
from harness.engines.workers import Task, fit_task, in_workers
from harness.result import FitResult

PANELS, REPEATS = 5, 5
IN_R = ("lme4", "glmmtmb")
ENGINES = (*IN_R, "laplace", "agq", "glmm", "glmm-agq", "statsmodels-map", "statsmodels-vb")


def fitted(design: Design, engine: str, settings: Settings) -> tuple[FitResult, float]:
    """Return the bare fit and its milliseconds, the median of several for engines in Python."""
    task = Task(design, engine, FitOptions(settings=settings))
    if engine in IN_R:
        ((_, outcome),) = in_workers([(fit_task, (task,))], 1, 600.0)
        fit = replace(outcome.or_failed(task), design=design)
        return fit, 1e3 * fit.seconds
    seconds = []
    for _ in range(1 if engine.startswith("statsmodels") else REPEATS):
        began = time.perf_counter()
        fit = fit_task(task)
        seconds.append(time.perf_counter() - began)
    return fit, 1e3 * statistics.median(seconds)


def certificate_ms(fit: FitResult) -> float:
    """Milliseconds of a certificate, nothing of it known before."""
    seconds = []
    for _ in range(REPEATS):
        fresh = replace(fit, design=replace_rows(fit.design))
        began = time.perf_counter()
        certified(fresh)
        seconds.append(time.perf_counter() - began)
    return 1e3 * statistics.median(seconds)


def replace_rows(design: Design) -> Design:
    """The same design as another object, for which no search has been kept."""
    return design.with_counts(design.endog)


def main() -> None:
    """Print one row an engine and setting."""
    print(f"{'milliseconds':36}{'fit':>12}{'certificate':>14}{'ratio':>9}")
    for units in (40, 150):
        panels = [simulated(units=units, seed=seed) for seed in range(PANELS)]
        for settings in ("default", "tight"):
            for engine in ENGINES:
                pairs = [fitted(design, engine, settings) for design in panels]
                fit = statistics.median(ms for _, ms in pairs)
                cost = statistics.median(certificate_ms(found) for found, _ in pairs)
                name = f"{units} units, {engine} {settings}"
                print(f"{name:36}{fit:12.2f}{cost:14.3f}{cost / fit:9.3f}", flush=True)


if __name__ == "__main__":
    main()
