"""The verdict of a power analysis, and the checks under it."""

from __future__ import annotations

from harness.report.power.answer import (
    DIGITS,
    answer_axis,
    answer_limits,
    answer_sentence,
    reasons,
)
from harness.report.power.reading import PowerAnalysis, half_width, swayed
from harness.report.power.wording import lowered, target_words, value_words
from harness.report.reading import Record
from harness.report.rounding import fixed, tied, whole
from harness.report.simulation.reading import failed
from harness.report.simulation.wording import each
from harness.report.status import Check, Light, Status
from harness.report.words import counted, in_standard_errors

HEADINGS: dict[Light, str] = {
    "green": "Target reached",
    "amber": "Target not reached, or with cautions",
    "red": "Not to be relied on",
    "grey": "Power, without a target",
}


def power_status(analysis: PowerAnalysis) -> Status:
    """Return red where no power is known or the audit fails, amber where the target is missed."""
    of_grid = (_sure(analysis), _finished(analysis)) if analysis.points else ()
    checks = (_reached(analysis), *of_grid, _audited(analysis.results["audit"]))
    light = checks[0].light
    heading = HEADINGS[light] if light != "amber" else f"Target {checks[0].answer.lower()}"
    if checks[-1].light == "red":
        light, heading = "red", "The audit does not agree"
    elif not _any_power(analysis):
        light, heading = "red", "No power can be given"
    return Status(light, heading, tied(answer_sentence(analysis)), checks)


def _any_power(analysis: PowerAnalysis) -> bool:
    asked = (analysis.results["search"], analysis.results["detectable"])
    return bool(analysis.known) or any(found and found["answer"] is not None for found in asked)


def _reached(analysis: PowerAnalysis) -> Check:
    question, anchor = "Is the target reached?", "findings"
    for asked in (analysis.results["search"], analysis.results["detectable"]):
        if asked:
            if asked["answer"] is None:
                return Check(question, "amber", "Not reached", "No", "answer was found", anchor)
            return Check(question, "green", "Reached", *_found(analysis, asked), anchor)
    if not analysis.known:
        light: Light = "red" if analysis.points else "grey"
        return Check(
            question, light, "Not known", "No", f"power: {each(reasons(analysis))}", anchor
        )
    target, n = analysis.target, len(analysis.known)
    if target is None:
        return Check(question, "grey", "No target set", f"{n}", "designs have a power", anchor)
    reached = [point for point in analysis.known if point["power"] >= target]
    sure = [p for p in reached if p["low"] is not None and p["low"] >= target]
    figure, detail = (
        f"{len(reached)} of {n}",
        f"{'design has' if n == 1 else 'designs have'} {target_words(analysis)} power or more",
    )
    if not reached:
        return Check(question, "amber", "Not reached", figure, detail, anchor)
    detail += f", {len(sure)} of them by the whole of the interval"
    if not sure:
        return Check(question, "amber", "Reached, but not for sure", figure, detail, anchor)
    return Check(question, "green", "Reached", figure, detail, anchor)


def _found(analysis: PowerAnalysis, asked: Record) -> tuple[str, str]:
    """Return the answer of a search and what it is, with its interval."""
    axis = answer_axis(analysis, asked)
    limits = answer_limits(axis, asked, "95 % interval")
    return value_words(axis, asked["answer"], DIGITS), f"{lowered(axis['label'])}{limits}"


def _sure(analysis: PowerAnalysis) -> Check:
    question, anchor = "How exact is the power?", "curve"
    widths = [width for p in analysis.known if (width := half_width(p)) is not None]
    if not widths:
        return Check(question, "grey", "Not known", "No", "interval on a power", anchor)
    widest, asked = max(widths), analysis.options["half_width"]
    figure = f"± {fixed(100.0 * widest)}"
    detail = "percentage points, half the widest 95 % interval (Wilson)"
    if asked is None:
        return Check(
            question, "green", f"To {fixed(100.0 * widest)} points", figure, detail, anchor
        )
    detail += f"; asked for: {fixed(100.0 * asked)}"
    enough = widest <= asked
    answer = "As asked" if enough else "Less than asked"
    return Check(question, "green" if enough else "amber", answer, figure, detail, anchor)


def _finished(analysis: PowerAnalysis) -> Check:
    question, anchor = "Did every replicate give a test?", "failures"
    n = sum(point["replicates"] for point in analysis.points)
    lost = sum(failed(point) for point in analysis.points)
    figure = f"{whole(n - lost)} of {whole(n)}"
    if not lost:
        return Check(question, "green", "Yes", figure, "replicates", anchor)
    most = max(swayed(point) for point in analysis.points)
    detail = (
        f"replicates; counted for or against, the failures move a power by at most"
        f" {fixed(100.0 * most)} percentage points"
    )
    light: Light = "red" if lost == n else "amber"
    return Check(question, light, "No" if lost == n else "Not all", figure, detail, anchor)


def _audited(audit: Record | None) -> Check:
    question, anchor = "Does a second engine agree?", "audit"
    if audit is None:
        return Check(question, "grey", "Not asked", "No", "audit was run", anchor)
    n, changed = counted(audit["replicates"], "replicate"), len(audit["decisions_differ"])
    d = audit["max_d"]
    largest = "" if d is None else f"; estimates differ by at most {in_standard_errors(d)}"
    detail = f"of {n} refitted by {audit['engine']} lead to another decision{largest}"
    if not audit["ok"]:
        return Check(question, "red", "No", whole(changed), detail, anchor)
    light: Light = "amber" if changed else "green"
    return Check(question, light, "All but those explained" if changed else "Yes",
                 whole(changed), detail, anchor)  # fmt: skip
