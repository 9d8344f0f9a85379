"""From a simulation to plain data: what its report is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from harness.engines.environment import current_environment
from harness.simulation.agreement import DrawAgreement, Largest
from harness.simulation.measures import Measure
from harness.simulation.methods import Method
from harness.simulation.performance import Performance
from harness.simulation.processes.formula import formula
from harness.simulation.processes.process import Process
from harness.study.pieces import BATCH
from harness.study.replication import Replication
from harness.study.second_opinion import SecondOpinion
from harness.study.simulate import SimulationRun
from harness.study.simulation_parts import MethodPart
from harness.study.writable import number

SCHEMA = 1


def simulation_results(run: SimulationRun, second: SecondOpinion) -> dict[str, Any]:
    """Return the contents of results.json of a simulation study."""
    asked = run.simulate
    titles = {part.name: part.title for part in asked.processes}
    first = {one.process.name: one for one in reversed(run.replications)}
    return {
        "schema": SCHEMA,
        "kind": "simulation",
        "study": {"name": run.file.study, "title": run.file.title, "aims": asked.aims},
        "environment": asdict(current_environment()),
        "options": {
            "seed": run.options.seed, "replicates": asked.replicates, "batch": BATCH,
            "alpha": 0.05, "command": run.options.command,
        },
        "processes": [
            process_record(first[name], titles[name]) for name in titles
        ],
        "methods": [method_record(part, one.method) for part, one in _methods(run)],
        "rates": [rates_record(*key, found) for key, found in run.performance.items()],
        "performance": [
            record for key, found in run.performance.items()
            for record in _measures(*key, found, _truth(run, *key))
        ],
        "agreement": [agreement_record(*key, found) for key, found in run.agreement.items()],
        "second_implementation": asdict(second),
    }  # fmt: skip


def _methods(run: SimulationRun) -> Iterator[tuple[MethodPart, Replication]]:
    for part in run.simulate.methods:
        yield part, next(one for one in run.replications if one.method.name == part.name)


def _truth(run: SimulationRun, process: str, method: str) -> dict[str, float]:
    one = next(
        one for one in run.replications if (one.process.name, one.method.name) == (process, method)
    )
    return one.truth


def process_record(one: Replication, title: str) -> dict[str, Any]:
    """What a process is."""
    process = one.process
    truth = one.truth
    return {
        "name": process.name,
        "title": title or process.name,
        "formula": "\n".join(formula(process)),
        "facts": facts(process),
        "truth": {term: number(value) for term, value in truth.items()},
        "percent": {term: number(100 * math.expm1(value)) for term, value in truth.items()},
        "fixed_design": process.fixed,
        "sha256": process.sha256,
    }


def facts(process: Process) -> list[list[str]]:
    """What a reader wants to know of a process before its formula."""
    layout, truth = process.layout, process.truth
    t = layout.t()
    least, median, most = map(_count_text, _expected(process))
    found = [
        ["Units", f"{layout.n_units}"],
        ["Rows", f"{len(layout.unit)}"],
        ["Periods around the event", f"{t.min():.0f} to {t.max():.0f}"],
        ["Events", f"in {len(np.unique(layout.event))} different periods"
         if len(np.unique(layout.event)) > 1 else "in the same period"],
        ["Expected counts", f"{least} to {most}, median {median}"],
    ]  # fmt: skip
    if len(layout.strata) > 1:
        sizes = np.bincount(layout.stratum, minlength=len(layout.strata))
        named = zip(layout.strata, sizes, strict=True)
        found.append(["Strata", ", ".join(f"{name} {size}" for name, size in named)])
    sd = np.sqrt(np.diag(truth.cov_re))
    r = truth.cov_re[0, 1] / (sd[0] * sd[1]) if sd.all() else 0.0
    said = f"SD of the intercept {sd[0]:g}, of the slope {sd[1]:g}, correlation {r:.2g}"
    found.append(["Random effects", f"{said}, {truth.shape}"])
    return found


def _count_text(mean: float) -> str:
    return f"{mean:,.0f}" if mean >= 100 else f"{mean:.3g}"


def _expected(process: Process) -> tuple[float, float, float]:
    """Least, median and largest expected count over the rows at random effects of 0."""
    layout, truth = process.layout, process.truth
    stages = truth.stages(layout.t(), layout.stratum[layout.unit], layout.strata)
    mean = layout.exposure * np.exp(stages)
    return float(mean.min()), float(np.median(mean)), float(mean.max())


def method_record(part: MethodPart, method: Method) -> dict[str, Any]:
    """What a method is."""
    model = method.model
    return {
        "name": part.name, "label": part.label or part.name, "engine": method.engine,
        "settings": method.options.settings, "family": model.family, "impact": model.impact,
        "covariance": model.covariance, "random": model.random, "window": list(model.window),
        "se_method": method.options.se_method, "n_quadrature": method.points,
        "reference": "t" if method.small_sample or method.options.se_method == "cluster"
        else "normal",
    }  # fmt: skip


def rates_record(process: str, method: str, found: Performance) -> dict[str, Any]:
    """Failures by stage and singular fits; a count and a share of each."""
    failed = {
        stage: _count(found.rates[f"failed to {stage}"]) for stage in ("simulate", "fit", "test")
    }
    singular = found.rates["singular"]
    return {
        "process": process, "method": method, "replicates": found.replicates, "failed": failed,
        "converged": found.replicates - sum(failed.values()), "singular": _count(singular),
        "singular_low": singular.low, "singular_high": singular.high,
    }  # fmt: skip


def _count(share: Measure) -> int:
    return round((share.value or 0.0) * share.n)


def _measures(
    process: str, method: str, found: Performance, truth: dict[str, float]
) -> Iterator[dict[str, Any]]:
    for term, measures in found.terms.items():
        for name, measure in measures.items():
            yield {
                "process": process, "method": method, "term": term,
                "truth": number(truth.get(term)), "measure": measure_key(name),
                "value": number(measure.value), "mcse": number(measure.mcse), "n": measure.n,
                "low": number(measure.low), "high": number(measure.high),
                "reason": measure.reason,
            }  # fmt: skip


REJECTIONS = ("rejection rate", "power", "type I error")
KEYS = {"relative error of the model SE": "relative_error_se", "type S error": "type_s",
        "type M error": "type_m"}  # fmt: skip


def measure_key(name: str) -> str:
    """Key of a measure in results.json."""
    for rejection in REJECTIONS:
        if name.startswith(rejection):
            rest = name.removeprefix(rejection)
            return {"": "rejection", ", failures as not rejected": "rejection_lowest",
                    ", failures as rejected": "rejection_highest"}[rest]  # fmt: skip
    return KEYS.get(name, name.lower().replace("-", "_").replace(" ", "_"))


def agreement_record(process: str, a: str, b: str, found: DrawAgreement) -> dict[str, Any]:
    """Two methods on the same draws."""
    return {
        "process": process, "method_a": a, "method_b": b, "replicates": found.replicates,
        "verdicts": dict(found.verdicts), "max_d": _size(found.diff_se),
        "max_s": _size(found.rel_se), "max_llf": _size(found.llf_diff),
        "max_sd_re": _size(found.sd_re_diff), "changed": list(found.changed.numbers),
        "changed_count": found.changed.count, "knife_edge": list(found.knife_edge.numbers),
        "one_failed": list(found.one_failed.numbers),
    }  # fmt: skip


def _size(largest: Largest | None) -> float | None:
    return None if largest is None else number(largest.value)
