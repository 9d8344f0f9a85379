"""The power curve: a line a value of the second axis, with its interval and a label of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator

from harness.report.figures.panels import MARKERS
from harness.report.figures.style import (
    INK,
    MUTED,
    PAPER,
    SERIES,
    SHADE,
    Drawing,
    drawable,
    drawing,
    house_style,
    new_figure,
    plain_log,
    wrapped,
)
from harness.report.power.answer import answer_sentence
from harness.report.power.reading import Line, PowerAnalysis, swayed
from harness.report.power.wording import lowered, target_words, value_words
from harness.report.reading import Record
from harness.report.simulation.wording import number

BAND = 0.16
LABEL_GAP = 5.2  # percentage points between two labels, about their height
SEEN = 0.002  # what failures may change before it can be seen
LOG_FROM = 30.0
MOST_TICKS = 12


def power_curve(analysis: PowerAnalysis) -> Drawing | None:
    """Return power against the first axis, None where there is no curve to draw."""
    known = [*analysis.known, *(e for e in analysis.evaluations if e["power"] is not None)]
    if not known or len(analysis.points) + len(analysis.evaluations) < 2:
        return None
    with house_style():
        figure = new_figure(7.4, 4.4)
        ax = figure.subplots()
        name = analysis.first["name"]
        seen = [] if analysis.points else [e["value"] for e in analysis.evaluations]
        scale = _Scale([*(point["axis"][name] for point in analysis.points), *seen])
        _target(ax, analysis)
        _search(ax, analysis, scale)
        for k, line in enumerate(analysis.lines):
            _line(ax, analysis, line, scale, k)
        _dress(ax, analysis, scale)
        _labels(ax, analysis, scale)
        return drawing(figure, "power-curve", _alt(analysis), _caption(analysis))


class _Scale:
    """Where the values of the first axis lie: as numbers, or side by side where they are words."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = list(dict.fromkeys(values))
        self.numeric = all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in self.values
        )
        if self.numeric:
            self.values.sort()

    def __call__(self, value: Any) -> float:
        return float(value) if self.numeric else float(self.values.index(value))

    @property
    def wide(self) -> bool:
        """Whether the values span so much that only a logarithmic axis shows them all."""
        return self.numeric and self.values[0] > 0 and self.values[-1] > LOG_FROM * self.values[0]


def _target(ax: Axes, analysis: PowerAnalysis) -> None:
    if analysis.target is not None:
        ax.axhline(100.0 * analysis.target, color=INK, linewidth=0.9, linestyle=(0, (5, 3)))


def _search(ax: Axes, analysis: PowerAnalysis, scale: _Scale) -> None:
    """Show the answer of a search along the first axis, and the designs it looked at."""
    search = analysis.results["search"]
    if not search or search["axis"] != analysis.first["name"] or not scale.numeric:
        return
    if search["low"] is not None and search["high"] is not None:
        ax.axvspan(search["low"], search["high"], color=SHADE, linewidth=0, zorder=0)
    if search["answer"] is not None:
        ax.axvline(search["answer"], color=MUTED, linewidth=0.9)
    seen = [e for e in search["evaluations"] if e["power"] is not None]
    ax.plot(
        [e["value"] for e in seen], [100.0 * e["power"] for e in seen], linestyle="none",
        marker="D", markersize=4.0, color=MUTED, markerfacecolor=PAPER, markeredgewidth=1.0,
    )  # fmt: skip


def _line(ax: Axes, analysis: PowerAnalysis, line: Line, scale: _Scale, k: int) -> None:
    colour, marker = SERIES[k % len(SERIES)], MARKERS[k % len(MARKERS)]
    name = analysis.first["name"]
    points = sorted(line.points, key=lambda p: scale(p["axis"][name]))
    x = [scale(p["axis"][name]) for p in points]
    nan = float("nan")
    power, low, high = (
        [nan if p[key] is None else 100.0 * p[key] for p in points]
        for key in ("power", "low", "high")
    )
    if len(points) > 1:
        ax.fill_between(x, low, high, color=colour, alpha=BAND, linewidth=0, zorder=1)
    else:
        ax.vlines(x, low, high, color=colour, linewidth=4, alpha=2 * BAND, zorder=1)
    ax.plot(x, power, color=colour, marker=marker, markersize=4.6, zorder=3)
    for at, point in zip(x, points, strict=True):
        if point["power"] is None:
            ax.plot([at], [0.0], marker="x", markersize=6, color=colour, clip_on=False, zorder=4)
        elif swayed(point) > SEEN:
            bounds = (100.0 * point["power_lowest"], 100.0 * point["power_highest"])
            ax.plot([at, at], bounds, color=colour, linestyle=":", linewidth=1.2, marker="_",
                    markersize=7, zorder=2)  # fmt: skip


def _dress(ax: Axes, analysis: PowerAnalysis, scale: _Scale) -> None:
    first = analysis.first
    ax.set_ylim(-2, 102)
    ax.set_yticks(range(0, 101, 20))
    ax.set_ylabel("Power, %")
    unit = f" ({first['unit']})" if first["unit"] else ""
    ax.set_xlabel(drawable(f"{first['label']}{unit}"))
    ax.spines["bottom"].set_color(MUTED)
    if scale.wide:
        plain_log(ax)
    if not scale.numeric or len(scale.values) <= MOST_TICKS:
        ax.set_xticks([scale(v) for v in scale.values], [drawable(number(v)) for v in scale.values])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_minor_formatter(NullFormatter())
    if len(scale.values) == 1:
        centre = scale(scale.values[0])
        ax.set_xlim(centre - 1.0, centre + 1.0)
    if analysis.target is not None:
        # Outside the axes, where no line can cross it.
        ax.annotate(
            f"target {target_words(analysis)}", (0.0, 100.0 * analysis.target),
            xycoords=ax.get_yaxis_transform(), xytext=(4, 3), textcoords="offset points",
            fontsize=8, color=INK, va="bottom",
        )  # fmt: skip


def _labels(ax: Axes, analysis: PowerAnalysis, scale: _Scale) -> None:
    """Write each line's value of the second axis at its right end, none upon another."""
    if len(analysis.axes) < 2 or not analysis.points:
        return
    second, name = analysis.axes[1], analysis.first["name"]
    ends = {}
    for k, line in enumerate(analysis.lines):
        known = sorted(line.known, key=lambda p: scale(p["axis"][name]))
        ends[k] = 100.0 * known[-1]["power"] if known else 0.0
    for k, y in spread(ends).items():
        text = value_words(second, analysis.lines[k].value)
        ax.text(
            1.015, y, wrapped(text, 22, 1), transform=ax.get_yaxis_transform(), va="center",
            fontsize=8.5, color=SERIES[k % len(SERIES)], fontweight="bold",
        )  # fmt: skip
    ax.text(1.015, 1.03, wrapped(second["label"], 26, 2), transform=ax.transAxes, fontsize=8,
            color=MUTED, va="bottom")  # fmt: skip


def spread(
    wanted: dict[int, float], gap: float = LABEL_GAP, top: float = 100.0
) -> dict[int, float]:
    """Return heights as near to those wanted as keeps each ``gap`` apart and none above ``top``."""
    order = sorted(wanted, key=lambda k: (wanted[k], -k))
    found: dict[int, float] = {}
    for k in order:
        below = max(found.values(), default=-float("inf"))
        found[k] = max(wanted[k], below + gap)
    ceiling = top
    for k in reversed(order):
        found[k] = min(found[k], ceiling)
        ceiling = found[k] - gap
    return found


def _alt(analysis: PowerAnalysis) -> str:
    return f"Power curve by {analysis.first['label']}. {answer_sentence(analysis)}"


def _caption(analysis: PowerAnalysis) -> str:
    parts = [f"Power by {lowered(analysis.first['label'])}"]
    if analysis.points:
        parts[0] += ", with 95 % intervals (Wilson)"
    if len(analysis.axes) > 1:
        parts.append(f"a line each value of {lowered(analysis.axes[1]['label'])}")
    if analysis.target is not None:
        parts.append("dashed: the target")
    if any(swayed(point) > SEEN for point in analysis.known):
        parts.append("dotted: the power if every failed replicate had not rejected, or had")
    if any(point["power"] is None for point in analysis.points):
        parts.append("a cross on the axis: no power, not power 0; the table says why")
    search: Record | None = analysis.results["search"]
    if search and search["axis"] == analysis.first["name"]:
        parts.append("diamonds: designs the search looked at; shaded: the interval on its answer")
    return f"{'; '.join(parts)}."
