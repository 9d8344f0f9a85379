"""How long one fit takes, standard errors included, in engines side by side.

Every engine fits the same panels after a warm-up, in turn, in one run; a ratio is that of the
medians. R's time is R's own, taken inside its process around the call and its covariance.
Run it on an idle machine:  make bench
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from typing import Literal

import numpy as np

import harness
from benchmarks.panel import simulated
from harness.design import Design
from harness.engines._pypi_glmm import formula_of, reparametrisation
from harness.glmm import PoissonGLMM
from harness.glmm.batch import fit_batch

PANELS = 9
REPEATS = 5


def poisson_glmm(method: Literal["laplace", "agq"]) -> Callable[[Design], float]:
    """Seconds of PoissonGLMM on arrays, estimates and standard errors read."""

    def seconds(design: Design) -> float:
        began = time.perf_counter()
        result = PoissonGLMM(
            design.endog, design.exog, design.groups, exog_re=design.exog_re, offset=design.offset
        ).fit(method=method, n_quadrature=7)
        _ = result.params, result.bse, result.cov_re
        return time.perf_counter() - began

    return seconds


def in_engine(name: str) -> Callable[[Design], float]:
    """Seconds that an engine itself reports at its defaults."""
    return lambda design: harness.fit(design, engines=[name], settings="default")[0].seconds


def pypi_glmm(points: int) -> Callable[[Design], float]:
    """Seconds of the PyPI package glmm, formula and columns made beforehand."""

    def seconds(design: Design) -> float:
        import glmm

        columns, formula = formula_of(design, reparametrisation(design))
        began = time.perf_counter()
        glmm.fit(columns, formula, family="poisson", offset=design.offset, nagq=points)
        return time.perf_counter() - began

    return seconds


def row(name: str, seconds: list[float], base: float | None) -> str:
    """One line of the table: median, range and the ratio to PoissonGLMM."""
    median = statistics.median(seconds)
    ratio = "" if base is None else f"{median / base:10.0f}"
    return (
        f"{name:24}{1e3 * median:12.3f}{1e3 * min(seconds):12.3f}{1e3 * max(seconds):12.3f}{ratio}"
    )


def main() -> None:
    """Print the tables of single fits, then the throughput of the batch by threads."""
    panels = [simulated(seed=seed) for seed in range(PANELS)]
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    laplace: dict[str, Callable[[Design], float]] = {
        "PoissonGLMM, Laplace": poisson_glmm("laplace"),
        "lme4 glmer, defaults": in_engine("lme4"),
        "glmmTMB, defaults": in_engine("glmmtmb"),
        "PyPI glmm, Laplace": pypi_glmm(1),
    }
    quadrature: dict[str, Callable[[Design], float]] = {
        "PoissonGLMM, 7 points": poisson_glmm("agq"),
        "PyPI glmm, 7 points": pypi_glmm(7),
    }
    for timers in (laplace, quadrature):
        table(timers, panels)
    throughput(panels[0])


def table(timers: dict[str, Callable[[Design], float]], panels: list[Design]) -> None:
    """Time every engine on every panel in turn; the first row is the base of the ratios."""
    first = next(iter(timers))
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for timer in timers.values():
        timer(panels[0])
    for panel in panels:
        for name, timer in timers.items():
            seconds[name] += [timer(panel) for _ in range(REPEATS if name == first else 1)]
    base = statistics.median(seconds[first])
    print(f"{'milliseconds a fit':24}{'median':>12}{'min':>12}{'max':>12}{'ratio':>10}")
    for name, values in seconds.items():
        print(row(name, values, base))


def throughput(design: Design, replicates: int = 400) -> None:
    """Fits a second of the batch with one thread and with two."""
    rng = np.random.default_rng(1)
    counts = rng.poisson(np.maximum(design.endog, 1.0), size=(replicates, design.nobs))
    fit_batch(design, counts[:2])
    rates = []
    for threads in (1, 2):
        began = time.perf_counter()
        fit_batch(design, counts, threads=threads)
        rates.append(replicates / (time.perf_counter() - began))
    print(f"batch: {rates[0]:.0f} fits a second on 1 thread, {rates[1]:.0f} on 2,")
    print(f"       ratio {rates[1] / rates[0]:.2f}")


if __name__ == "__main__":
    main()
