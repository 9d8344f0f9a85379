"""Where a power curve reaches the target, in words."""

from __future__ import annotations

from typing import Any

from harness.report.power.reading import Line, PowerAnalysis, is_number
from harness.report.power.wording import (
    contrast_words,
    design_words,
    lowered,
    power_words,
    target_words,
    value_words,
)
from harness.report.reading import Record
from harness.report.simulation.wording import each, number


def several_lines(analysis: PowerAnalysis, target: float) -> str:
    """Return how many designs reach the target, and the easiest of them along the first axis."""
    axis, known = analysis.axes[0], analysis.known
    reached = [point for point in known if point["power"] >= target]
    said = f"{target_words(analysis)} power to reject {contrast_words(analysis)}"
    if not reached:
        most = max(known, key=lambda p: p["power"])
        return f"No design has {said}: at most {power_words(most)}, {design_words(analysis, most)}."
    count = f"{len(reached)} of {len(known)} designs have {said}"
    if not all(is_number(point["axis"][axis["name"]]) for point in reached):
        return f"{count}."
    rises = sum(_rise(line) for line in analysis.lines) >= 0
    word, pick = ("least", min) if rises else ("greatest", max)
    end = pick(point["axis"][axis["name"]] for point in reached)
    ends = [point for point in reached if point["axis"][axis["name"]] == end]
    best = max(ends, key=lambda point: point["power"])
    return (
        f"{count}; the {word} {lowered(axis['label'])} with it is {value_words(axis, end)}, at"
        f" {second_words(analysis, best['axis'][analysis.axes[1]['name']])}: {power_words(best)}."
    )


def _rise(line: Line) -> float:
    """Return by how much the power of a line grows from its first to its last known point."""
    return float(line.known[-1]["power"] - line.known[0]["power"]) if line.known else 0.0


def reach(analysis: PowerAnalysis, line: Line) -> str:
    """Return where a line reaches the target: a verb phrase whose subject is power."""
    axis, target, said = analysis.axes[0], analysis.target, target_words(analysis)
    assert target is not None
    at = "" if line.value is None else f" at {second_words(analysis, line.value)}"
    if not line.known:
        return f"cannot be given{at}"
    if len(line.points) == 1:
        return f"is {power_words(line.points[0])}{at}, {_first(axis, line.points[0])}"
    reached = [point for point in line.known if point["power"] >= target]
    if not reached:
        most = max(line.known, key=lambda p: p["power"])
        return f"stays below {said}{at}: at most {power_words(most)}, {_first(axis, most)}"
    return f"reaches {said}{at} {_where(axis, line, reached)}"


def _where(axis: Record, line: Line, reached: list[Record]) -> str:
    name, known = axis["name"], line.known
    if len(reached) == len(known):
        least = min(reached, key=lambda p: p["power"])
        return f"everywhere, at least {power_words(least)}, {_first(axis, least)}"
    if reached == known[-len(reached) :]:
        return f"from {_first(axis, reached[0])} on: {power_words(reached[0])}"
    if reached == known[: len(reached)]:
        return f"up to {_first(axis, reached[-1])}: {power_words(reached[-1])}"
    return f"at {lowered(axis['label'])} {each([number(p['axis'][name]) for p in reached])}"


def _first(axis: Record, point: Record) -> str:
    return f"{lowered(axis['label'])} {value_words(axis, point['axis'][axis['name']])}"


def second_words(analysis: PowerAnalysis, value: Any) -> str:
    """Return a value of the second axis with its name."""
    axis = analysis.axes[1]
    return f"{lowered(axis['label'])} {value_words(axis, value)}"
