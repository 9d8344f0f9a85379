"""What a certificate costs beside the fit that it certifies, engine by engine in one run.

Each engine fits each panel once and the certificate is then taken a few times; a ratio is that of
the medians. R's time is R's own, PoissonGLMM's runs from a design to its answer. Run it on an idle
machine:  python -m benchmarks.bench_certificate
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
    for units in (150, 40):
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
