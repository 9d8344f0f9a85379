"""Plant a fault in one of two honest fits and compare them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import harness
from harness.concordance.certificate import certified
from harness.concordance.pair import Pair
from harness.concordance.partners import beside_each_other
from harness.design import Design
from harness.engines import FitOptions
from harness.engines.workers import Task, fit_task
from harness.result import FitResult
from tests.engines.panels import design, panel
from tests.faults.planted import Fault, faulty_scripts

# Overdispersed, so that a negative binomial is another model on it.
PANEL: dict[str, Any] = {"units": 30, "mean": 8.0, "theta": 10.0, "seed": 7}


def fitted(engine: str, of: Design, settings: str = "tight") -> FitResult:
    """Fit here, R by Rscript, so that what is patched here is patched there."""
    options = FitOptions(settings=settings, transport="rscript")  # type: ignore[arg-type]
    return fit_task(Task(of, engine, options))


def honest_fits() -> dict[str, FitResult]:
    of = design(panel(**PANEL))
    return {name: certified(fitted(name, of)) for name in ("laplace", "lme4", "glmmtmb")}


def pair(honest: FitResult, other: FitResult) -> harness.Concordance:
    return harness.compare(beside_each_other([honest, certified(other)]))


def planted(fault: Fault, honest: dict[str, FitResult], place: Path) -> Pair:
    """Return the faulty fit beside the honest one of the other language."""
    partner = honest["lme4" if fault.engine == "laplace" else "laplace"]
    scripts = faulty_scripts(place, *fault.script) if fault.script else nullcontext()
    with scripts, fault.inside():
        other = fitted(fault.engine, fault.design(partner.design), fault.settings)
    (only,) = pair(partner, other).comparisons
    return only
