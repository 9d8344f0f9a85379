"""The harness catches what it exists to catch: each planted fault, with its cause."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

import harness
from harness.concordance.certificate import certified
from harness.concordance.partners import beside_each_other
from harness.concordance.verdict import reaches
from harness.design import Design
from harness.engines import FitOptions
from harness.engines.workers import Task, fit_task
from harness.result import FitResult
from tests.engines.panels import design, panel
from tests.faults.planted import FAULTS, Fault, faulty_scripts

pytestmark = pytest.mark.needs_r
# Overdispersed, so that a negative binomial is another model on it.
PANEL = {"units": 30, "mean": 8.0, "theta": 10.0, "seed": 7}


def fitted(engine: str, of: Design, settings: str = "tight") -> FitResult:
    options = FitOptions(settings=settings, transport="rscript")  # type: ignore[arg-type]
    return fit_task(Task(of, engine, options))


@pytest.fixture(scope="module")
def honest() -> dict[str, FitResult]:
    of = design(panel(**PANEL))
    return {name: certified(fitted(name, of)) for name in ("laplace", "lme4", "glmmtmb")}


def pair(honest: FitResult, other: FitResult) -> harness.Concordance:
    return harness.compare(beside_each_other([honest, certified(other)]))


@pytest.mark.parametrize("name", ["lme4", "glmmtmb"])
def test_honest_fits_agree(honest: dict[str, FitResult], name: str) -> None:
    assert reaches(pair(honest["laplace"], honest[name]).verdict, "concordant")


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) >= 15
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault_is_caught(fault: Fault, honest: dict[str, FitResult], tmp_path: Path) -> None:
    partner = honest["lme4" if fault.engine == "laplace" else "laplace"]
    scripts = faulty_scripts(tmp_path, *fault.script) if fault.script else nullcontext()
    with scripts, fault.inside():
        other = fitted(fault.engine, fault.design(partner.design), fault.settings)
    found = pair(partner, other)
    (only,) = found.comparisons
    assert not reaches(only.verdict, "concordant")
    assert only.explanation is not None
    assert (only.explanation.cause, only.verdict) == (fault.cause, only.verdict), only.explanation
    assert fault.says in only.explanation.evidence
