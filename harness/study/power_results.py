"""From a power analysis to plain data: what its report is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from harness.engines.environment import current_environment
from harness.simulation.power.audit import Audit
from harness.study.pieces import BATCH
from harness.study.power import PointFound, PowerRun, Searched
from harness.study.power_parts import AXES, SearchPart
from harness.study.protocol import protocol_paragraph
from harness.study.simulation_results import SCHEMA, method_record, process_record
from harness.study.writable import number


def power_results(run: PowerRun) -> dict[str, Any]:
    """Return the contents of results.json of a power analysis."""
    asked, base = run.power, run.base
    truth = base.truth.get(asked.contrast)
    # A design alone is a curve of one point.
    one = {"units": float(base.process.layout.n_units)}
    single = {axis: [value] for axis, value in one.items()}
    results = {
        "schema": SCHEMA,
        "kind": "power",
        "study": {"name": run.file.study, "title": run.file.title},
        "environment": asdict(current_environment()),
        "options": {
            "seed": run.options.seed, "replicates": asked.replicates, "batch": BATCH,
            "alpha": asked.alpha, "target": asked.target, "half_width": asked.half_width,
            "command": run.options.command,
        },
        "process": process_record(base, asked.process.title),
        "method": method_record(asked.method, base.method),
        "contrast": _contrast(asked.contrast, truth),
        "test": asked.test,
        "axes": [
            {"name": axis, "label": AXES[axis], "unit": "", "values": values}
            for axis, values in (asked.vary or single).items()
        ],
        "points": [{**point_record(point), "axis": dict(point.at) or one} for point in run.points],
        "search": search_record(run.searched, asked.search, asked.target),
        "detectable": search_record(run.detectable, asked.detectable, asked.target),
        "audit": None if run.audit is None else audit_record(run.audit, run),
    }  # fmt: skip
    return {**results, "paragraph": protocol_paragraph(results)}


def _contrast(text: str, truth: float | None) -> dict[str, Any]:
    return {
        "text": text,
        "rate_ratio": None if truth is None else number(math.exp(truth)),
        "percent": None if truth is None else number(100 * math.expm1(truth)),
    }


def point_record(point: PointFound) -> dict[str, Any]:
    """Power at one point; null with a reason where nothing was tested."""
    rates, truth = point.rates, point.truth
    low, high = rates.interval() or (None, None)
    lowest, highest = rates.bounds
    known = truth is not None and truth != 0.0 and rates.rejected
    return {
        "axis": dict(point.at),
        "truth": None if truth is None else number(truth),
        "percent": None if truth is None else number(100 * math.expm1(truth)),
        "replicates": rates.replicates,
        "failed": dict(zip(("simulate", "fit", "test"), rates.failed, strict=True)),
        "singular": rates.singular,
        "rejected": rates.rejected,
        "power": rates.power,
        "low": low,
        "high": high,
        "power_lowest": lowest,
        "power_highest": highest,
        "type_s": rates.wrong_sign / rates.rejected if known else None,
        "type_m": rates.size / rates.rejected / abs(truth) if known and truth else None,
        "mean_percent": number(100 * math.expm1(rates.estimate / rates.tested))
        if rates.tested
        else None,
        "stopped": "half-width reached" if len(point.numbers) < point.asked else "all replicates",
        "reason": None if rates.tested else _why_nothing(rates.failed),
    }


def _why_nothing(failed: tuple[int, int, int]) -> str:
    named = zip(failed, ("be simulated", "be fitted", "be tested"), strict=True)
    return "no replicate has a p-value: " + ", ".join(
        f"{count} could not {what}" for count, what in named if count
    )


def search_record(found: Searched | None, part: SearchPart | None, target: float) -> Any:
    """What a search found."""
    if found is None or part is None:
        return None
    answer = found.answer
    return {
        "axis": part.over,
        "label": AXES[part.over],
        "between": list(part.between),
        "target": target,
        "answer": _maybe(answer.value),
        "low": _maybe(answer.low),
        "high": _maybe(answer.high),
        "confidence": 0.95,
        "evaluations": [
            {"value": e.value, "replicates": one.rates.replicates, "tested": e.tested,
             "rejected": e.rejected, "power": e.power}
            for e, one in zip(answer.evaluations, found.points, strict=True)
        ],
        "reason": answer.reason,
    }  # fmt: skip


def _maybe(value: float | None) -> float | None:
    return None if value is None else number(value)


def audit_record(audit: Audit, run: PowerRun) -> dict[str, Any]:
    """What the audit found, every differing decision with its explanation."""
    found = audit.agreement
    drawn = sum(len(point.numbers) for point in run.points)
    sizes: Mapping[str, Any] = {
        "max_d": found.diff_se, "max_s": found.rel_se, "max_llf": found.llf_diff,
    }  # fmt: skip
    return {
        "engine": audit.engine,
        "settings": run.power.method.settings,
        "replicates": audit.replicates,
        "share": audit.replicates / drawn,
        "verdicts": dict(found.verdicts),
        **{name: None if one is None else number(one.value) for name, one in sizes.items()},
        "max_p": audit.largest_p,
        "decisions_differ": [
            {**asdict(one), "point": dict(run.points[one.point].at)} for one in audit.differing
        ],
        "ok": audit.ok,
    }
