"""Words for axes, designs and powers."""

from __future__ import annotations

from typing import Any

from harness.report.power.reading import PowerAnalysis
from harness.report.reading import Record
from harness.report.rounding import fixed, interval
from harness.report.simulation.wording import level_text, number, of_replicates, percent


def lowered(label: str) -> str:
    """Return a label inside a sentence; names in capitals (SD, NB2) keep them."""
    return label if label[:2].isupper() or label[1:2].isdigit() else label[:1].lower() + label[1:]


def value_words(axis: Record, value: Any, digits: int = 6) -> str:
    """Return a value of an axis with its unit."""
    unit, text = axis["unit"], number(value, digits)
    return f"{text} {unit}" if unit else text


def design_words(analysis: PowerAnalysis, point: Record) -> str:
    """Return where a point lies: number of units 60, SD of the slope 0.02."""
    parts = [
        f"{lowered(axis['label'])} {value_words(axis, point['axis'][axis['name']])}"
        for axis in analysis.axes
        if axis["name"] in point["axis"]
    ]
    return ", ".join(parts)


def limits_words(record: Record) -> str:
    """Return the interval on a power in percent; empty where it has none."""
    if record.get("low") is None or record.get("high") is None:
        return ""
    return interval(100.0 * record["low"], 100.0 * record["high"])


def power_words(point: Record) -> str:
    """Return a power with its interval: 81.2 % (78.7 to 83.5)."""
    limits = limits_words(point)
    return f"{percent(point['power'])} ({limits})" if limits else percent(point["power"])


def target_words(analysis: PowerAnalysis) -> str:
    """Return the power asked for."""
    return "" if analysis.target is None else f"{level_text(analysis.target)} %"


def contrast_words(analysis: PowerAnalysis) -> str:
    """Return what is tested and its truth: “step0 = 0” (in truth a change of -8.0 %)."""
    contrast = analysis.results["contrast"]
    if contrast["percent"] is None:
        return f"“{contrast['text']}”"
    return f"“{contrast['text']}” (in truth a change of {fixed(contrast['percent'])} %)"


def method_words(analysis: PowerAnalysis) -> str:
    """Return test, level and method in one phrase."""
    method, alpha = analysis.results["method"], analysis.options["alpha"]
    return f"{analysis.test} at the {level_text(alpha)} % level by {method['label']}"


def basis_words(point: Record) -> str:
    """Return how many replicates a power rests on."""
    return of_replicates(point["replicates"])
