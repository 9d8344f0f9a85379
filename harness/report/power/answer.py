"""The answer of a power analysis in plain sentences, made from the numbers."""

from __future__ import annotations

from harness.report.findings import Finding
from harness.report.power.reach import reach, second_words, several_lines
from harness.report.power.reading import Line, PowerAnalysis
from harness.report.power.wording import (
    basis_words,
    contrast_words,
    design_words,
    limits_words,
    lowered,
    method_words,
    power_words,
    target_words,
    value_words,
)
from harness.report.reading import Record
from harness.report.rounding import tied
from harness.report.simulation.wording import each, level_text, number, percent

DIGITS = 3  # of an answer between two values that were simulated


def answer_sentence(analysis: PowerAnalysis) -> str:
    """Return the first thing to know: the design, the effect or the power."""
    for sentence in (search_sentence(analysis), detectable_sentence(analysis)):
        if sentence:
            return sentence
    if not analysis.known:
        return f"No power can be given: {each(reasons(analysis))}."
    if len(analysis.points) == 1:
        return _one_point(analysis)
    if analysis.target is None:
        return _range(analysis)
    if len(analysis.lines) > 1:
        return several_lines(analysis, analysis.target)
    return f"Power to reject {contrast_words(analysis)} {reach(analysis, analysis.lines[0])}."


def reasons(analysis: PowerAnalysis) -> list[str]:
    """Return why points have no power, each once."""
    found = (p["reason"] or "no reason given" for p in analysis.points if p["power"] is None)
    return list(dict.fromkeys(found)) or ["nothing was simulated"]


def search_sentence(analysis: PowerAnalysis) -> str:
    """Return the smallest design that reaches the target; empty where none was searched for."""
    search = analysis.results["search"]
    if not search:
        return ""
    axis = answer_axis(analysis, search)
    target = f"{level_text(search['target'])} %"
    what = f"{lowered(axis['label'])} with {target} power to reject {contrast_words(analysis)}"
    if search["answer"] is None:
        return f"The smallest {what} was not found: {search['reason'] or 'no reason given'}."
    level = level_text(search["confidence"])
    limits = answer_limits(axis, search, f"{level} % interval")
    return f"The smallest {what} is {value_words(axis, search['answer'], DIGITS)}{limits}."


def detectable_sentence(analysis: PowerAnalysis) -> str:
    """Return the smallest effect that reaches the target; empty where it was not asked for."""
    found = analysis.results["detectable"]
    if not found:
        return ""
    target, text = f"{level_text(found['target'])} %", analysis.results["contrast"]["text"]
    if found["answer"] is None:
        why = found["reason"] or "no reason given"
        return f"No change was found that this design detects with {target} power: {why}."
    axis = answer_axis(analysis, found)
    limits = answer_limits(axis, found, "95 % interval")
    return (
        f"The smallest change with which this design rejects “{text}” with {target} power is"
        f" {value_words(axis, found['answer'], DIGITS)}{limits}."
    )


def answer_axis(analysis: PowerAnalysis, asked: Record) -> Record:
    """Return the axis that a search went along; a change in percent need not be an axis."""
    found = analysis.axis(asked["axis"])
    if asked["axis"] == "percent":
        return {**found, "label": "Smallest change", "unit": "%"}
    known = any(axis["name"] == asked["axis"] for axis in analysis.axes)
    return found if known else {**found, "label": asked.get("label") or found["label"]}


def answer_limits(axis: Record, found: Record, name: str) -> str:
    """Return the interval on an answer in brackets; empty where it has none."""
    if found["low"] is None or found["high"] is None:
        return ""
    low, high = number(found["low"], DIGITS), value_words(axis, found["high"], DIGITS)
    return f" ({name} {low} to {high})"


def _one_point(analysis: PowerAnalysis) -> str:
    (point,) = analysis.points
    beside = _beside(analysis, point)
    return (
        f"Power to reject {contrast_words(analysis)} is {percent(point['power'])} (95 % interval"
        f" {limits_words(point)}, {basis_words(point)}){beside}."
    )


def _beside(analysis: PowerAnalysis, point: Record) -> str:
    target = analysis.target
    if target is None:
        return ""
    if point["low"] is not None and point["low"] <= target <= point["high"]:
        return f"; the target of {target_words(analysis)} lies inside the interval"
    side = "above" if point["power"] > target else "below"
    return f", {side} the target of {target_words(analysis)}"


def _range(analysis: PowerAnalysis) -> str:
    least = min(analysis.known, key=lambda p: p["power"])
    most = max(analysis.known, key=lambda p: p["power"])
    return (
        f"Power to reject {contrast_words(analysis)} goes from {power_words(least)} at"
        f" {design_words(analysis, least)} to {power_words(most)} at"
        f" {design_words(analysis, most)}."
    )


def findings(analysis: PowerAnalysis) -> tuple[Finding, ...]:
    """Return the design searched for, the effect that can be found, and each line of the curve."""
    found = [
        Finding(label, method_words(analysis), (tied(sentence),), "", False)
        for label, sentence in (
            ("Smallest design", search_sentence(analysis)),
            ("Smallest change that is found", detectable_sentence(analysis)),
        )
        if sentence
    ]
    if analysis.target is None or not analysis.known:
        return tuple(found)
    for line in analysis.lines:
        label = "Power" if line.value is None else f"Power, {second_words(analysis, line.value)}"
        phrase = tied(f"Power {reach(analysis, Line(None, line.points))}.")
        found.append(Finding(label, method_words(analysis), (phrase,), "", False))
    return tuple(found)
