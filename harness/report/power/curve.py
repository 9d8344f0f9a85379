"""The power curve: a line a value of the second axis, with its interval and a label of its own."""

from __future__ import annotations

from collections.abc import Iterator

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
)
from harness.report.power.beside import SEEN, Scale, alt_text, caption, line_labels
from harness.report.power.reading import Line, PowerAnalysis, swayed
from harness.report.power.wording import target_words
from harness.report.reading import Record
from harness.report.simulation.wording import number

BAND = 0.16


def power_curve(analysis: PowerAnalysis) -> Drawing | None:
    """Return power against the first axis, None where there is no curve to draw."""
    known = [*analysis.known, *(e for e in analysis.evaluations if e["power"] is not None)]
    if not known or len(analysis.points) + len(analysis.evaluations) < 2:
        return None
    with house_style():
        figure = new_figure(7.4, 4.4)
        draw_curve(figure.subplots(), analysis)
        return drawing(
            figure, "power-curve", alt_text(analysis), caption(analysis), _numbers(analysis)
        )


def _numbers(analysis: PowerAnalysis) -> Iterator[Record]:
    """Yield every design of the curve, and those that a search along it looked at."""
    axes = analysis.axes if analysis.points else [analysis.first]
    names = [axis["name"] for axis in axes]
    measures = ("power", "low", "high", "power_lowest", "power_highest")
    for point in analysis.points:
        where = {name: point["axis"][name] for name in names}
        yield where | {"searched": False, **{key: point[key] for key in measures}}
    search = analysis.results["search"]
    if search and search["axis"] == analysis.first["name"]:
        for seen in search["evaluations"]:
            where = {name: seen["value"] if name == search["axis"] else None for name in names}
            yield where | {"searched": True, **{key: seen.get(key) for key in measures}}


def draw_curve(ax: Axes, analysis: PowerAnalysis) -> None:
    """Draw the target, the search, every line with its interval, axes and labels."""
    name = analysis.first["name"]
    scale = Scale([point["axis"][name] for point in analysis.points], _looked_at(analysis))
    _target(ax, analysis)
    _search(ax, analysis, scale)
    for k, line in enumerate(analysis.lines):
        _line(ax, analysis, line, scale, k)
    _dress(ax, analysis, scale)
    line_labels(ax, analysis, scale)


def _looked_at(analysis: PowerAnalysis) -> list[float]:
    """Return the values of the curve's axis that a search looked at."""
    search = analysis.results["search"]
    along = bool(search) and search["axis"] == analysis.first["name"]
    return [seen["value"] for seen in analysis.evaluations] if along else []


def _target(ax: Axes, analysis: PowerAnalysis) -> None:
    if analysis.target is not None:
        ax.axhline(100.0 * analysis.target, color=INK, linewidth=0.9, linestyle=(0, (5, 3)))


def _search(ax: Axes, analysis: PowerAnalysis, scale: Scale) -> None:
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


def _line(ax: Axes, analysis: PowerAnalysis, line: Line, scale: Scale, k: int) -> None:
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


def _dress(ax: Axes, analysis: PowerAnalysis, scale: Scale) -> None:
    first = analysis.first
    ax.set_ylim(-2, 102)
    ax.set_yticks(range(0, 101, 20))
    ax.set_ylabel("Power, %")
    unit = f" ({first['unit']})" if first["unit"] else ""
    ax.set_xlabel(drawable(f"{first['label']}{unit}"))
    ax.spines["bottom"].set_color(MUTED)
    if scale.wide:
        plain_log(ax)
    if not scale.numeric or scale.spaced:
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
