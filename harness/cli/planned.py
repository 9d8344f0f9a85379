"""What a study asks for: its data in numbers, and every fit to come; nothing is fitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.proposal.survey import Survey, survey
from harness.proposal.tell import survey_data, survey_lines
from harness.proposal.wording import counted
from harness.study.config import Study, StudyFile
from harness.study.loading import load_plan
from harness.study.prepared import Prepared, RunOptions, planned_study
from harness.study.scrutiny import questions_of
from harness.study.store import FILE, ResultStore


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study asks for.

    Attributes
    ----------
    data : dict
        Everything, as plain data.
    survey : Survey or None
        Its panel; None for a study that only simulates.
    """

    data: dict[str, Any]
    survey: Survey | None


def plan_of(name: str, file: Path, data: Path | None, out: Path) -> Plan:
    """Return the plan of a study.

    Raises
    ------
    HarnessError
        As a run would, for a file or data that it cannot use.
    """
    study = load_plan(file)
    found: dict[str, Any] = {"study": study.study, "title": study.title, "file": str(file)}
    found |= {"asked": name, "engines": _simulating(study), **_to_simulate(study)}
    if not isinstance(study, Study):
        return Plan(found, None)
    prepared = planned_study(study, RunOptions(base=data or file.parent))
    panel = survey(prepared.data.panels, study.model.window)
    return Plan(found | _to_run(prepared, out) | {"panel": survey_data(panel)}, panel)


def _simulating(study: StudyFile) -> list[str]:
    methods = [] if study.simulate is None else [part.engine for part in study.simulate.methods]
    return sorted({*methods, *([] if study.power is None else [study.power.method.engine])})


def _to_simulate(study: StudyFile) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if study.simulate is not None:
        part = study.simulate
        found["simulate"] = {
            "processes": len(part.processes), "methods": len(part.methods),
            "replicates": part.replicates,
        }  # fmt: skip
    if study.power is not None:
        found["power"] = {"contrast": study.power.contrast, "replicates": study.power.replicates}
    return found


def _to_run(prepared: Prepared, out: Path) -> dict[str, Any]:
    study, data = prepared.study, prepared.data
    variants = ["base", *(variant.name for variant in study.variants)]
    fits = Counter(planned.engine for planned in prepared.planned)
    return {
        "study": study.study,
        "source": data.table.source,
        "notes": list(data.table.notes),
        "indicators": [indicator.name for indicator in study.indicators],
        "strata": list(data.strata),
        "variants": variants,
        "settings": list(study.settings),
        "engines": sorted(fits),
        "unfit": {f"{c.indicator}/{c.stratum}/{c.variant}": w for c, w in data.unfit.items()},
        "analyses": len(data.designs),
        "fits": {"all": len(prepared.planned), "by_engine": dict(fits), **_held(prepared, out)},
        "questions": len(questions_of(prepared)) + len(prepared.nulls),
        "report": str(out / study.study),
    }


def _held(prepared: Prepared, out: Path) -> dict[str, Any]:
    """How many of the fits are in the store of a folder; one that is not there is not made."""
    path = out / FILE
    if not path.is_file():
        return {"done": 0, "store": None}
    store = ResultStore(path)
    try:
        return {"done": sum(map(store.holds, prepared.fit_keys)), "store": str(path)}
    finally:
        store.close()


def plan_lines(found: Plan) -> Iterator[str]:
    """Yield the plan, a line each."""
    plan = found.data
    yield f"Study {plan['study']}: {plan['title']} ({plan['file']})"
    if found.survey is not None:
        yield from _run_lines(plan, found.survey)
    if "simulate" in plan:
        part = plan["simulate"]
        yield (
            f"Simulation: {counted(part['processes'], 'process', 'processes')} x"
            f" {counted(part['methods'], 'method')} x {counted(part['replicates'], 'replicate')}:"
            f" harness simulate {plan['asked']}"
        )
    if "power" in plan:
        part = plan["power"]
        yield (
            f"Power: of {part['contrast']!r} by {counted(part['replicates'], 'replicate')} a point:"
            f" harness power {plan['asked']}"
        )


def _run_lines(plan: dict[str, Any], panel: Survey) -> Iterator[str]:
    yield f"Data: {plan['source']}"
    for line in survey_lines(panel):
        yield f"  {line}"
    for note in plan["notes"]:
        yield f"  note: {note}"
    for cell, why in plan["unfit"].items():
        yield f"  not to be fitted: {cell}: {why}"
    fits = plan["fits"]
    yield (
        f"Plan: {counted(len(plan['indicators']), 'indicator')} x"
        f" {counted(len(plan['strata']), 'stratum', 'strata')}, under"
        f" {counted(len(plan['variants']), 'model')} ({', '.join(plan['variants'])}):"
        f" {counted(plan['analyses'], 'analysis', 'analyses')}, {counted(fits['all'], 'fit')}"
    )
    each = ", ".join(f"{name} {number}" for name, number in sorted(fits["by_engine"].items()))
    yield f"  fits by engine: {each}"
    yield f"  beside them: {counted(plan['questions'], 'answer')} by simulation or refits"
    where = f" in {fits['store']}" if fits["store"] else ""
    yield f"  done before: {fits['done']} of {fits['all']} fits{where}"
    yield f"Report: {plan['report']}/index.html, by harness run {plan['asked']}"
