"""Dot plot of one measure: a panel a process, a row a term, a mark a method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
    in_legend,
    share_if_alike,
    small_multiples,
    wrapped,
)
from harness.report.reading import Record
from harness.report.simulation.reading import Simulation

SPREAD = 0.78  # of a row, taken by its methods
LABEL = 60  # characters of a label in the legend, about what one panel has room for
MARGIN = 0.06  # of the range shown, on both sides


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its Monte Carlo interval; ``off`` where the interval misses the line."""

    x: float
    low: float
    high: float
    off: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """What a dot plot shows.

    ``dot`` gives the mark of a process, a method and a term, None where there is none; ``line`` is
    what the marks should lie on, None for nothing.
    """

    name: str
    axis: str
    alt: str
    caption: str
    dot: Callable[[str, str, str], Dot | None]
    line: float | None
    bounds: tuple[float, float] | None = None


Marks = dict[tuple[str, str], Dot]


def dot_plot(sim: Simulation, plot: Plot) -> Drawing | None:
    """Return the plot, None where no process has a mark."""
    panels = {p["name"]: marks for p in sim.processes if (marks := _marks(sim, p["name"], plot))}
    if not panels:
        return None
    methods = [m["name"] for m in sim.methods if _used(m["name"], panels)]
    rows = {name: list(dict.fromkeys(term for term, _ in marks)) for name, marks in panels.items()}
    tallest = max(len(terms) for terms in rows.values())
    with house_style():
        height = 0.95 + tallest * max(0.3, 0.13 * len(methods))
        figure, axes = small_multiples(len(panels), height)
        for ax, (name, marks) in zip(axes, panels.items(), strict=True):
            _panel(ax, marks, rows[name], methods, plot)
            ax.set_title(wrapped(sim.process(name)["title"], 38, 2), fontsize=9)
        shared = _share(axes, plot)
        figure.supxlabel(drawable(plot.axis), fontsize=9)
        _legend(figure, [sim.method(name)["label"] for name in methods], len(axes))
        scale = " One scale for all panels." if shared else " Scales differ."
        caption = plot.caption + (scale if len(axes) > 1 else "")
        return drawing(figure, plot.name, plot.alt, caption, _numbers(panels))


def _numbers(panels: dict[str, Marks]) -> Iterator[Record]:
    for process, marks in panels.items():
        for (term, method), dot in marks.items():
            where = {"process": process, "method": method, "term": term}
            yield where | {"value": dot.x, "low": dot.low, "high": dot.high}


def _share(axes: list[Axes], plot: Plot) -> bool:
    """Give all panels one scale: percentages always, so that they can be compared at a glance."""
    if plot.bounds is None:
        return share_if_alike(axes, "x")
    limits = [ax.get_xlim() for ax in axes]
    for ax in axes:
        ax.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))
    return True


def _marks(sim: Simulation, process: str, plot: Plot) -> Marks:
    found: Marks = {}
    for term in sim.terms(process):
        for method in (rate["method"] for rate in sim.rates_of(process)):
            if dot := plot.dot(process, method, term):
                found[term, method] = dot
    return found


def _used(method: str, panels: dict[str, Marks]) -> bool:
    return any(by == method for marks in panels.values() for _, by in marks)


def _panel(ax: Axes, marks: Marks, terms: list[str], methods: list[str], plot: Plot) -> None:
    for row in range(0, len(terms), 2):
        ax.axhspan(row - 0.5, row + 0.5, color=SHADE, linewidth=0, zorder=0)
    if plot.line is not None:
        ax.axvline(plot.line, color=INK, linewidth=0.9, zorder=1)
    gap = SPREAD / max(len(methods), 1)
    for (term, method), dot in marks.items():
        k = methods.index(method)
        y = terms.index(term) + gap * (k - (len(methods) - 1) / 2)
        colour = SERIES[k % len(SERIES)]
        ax.hlines(y, dot.low, dot.high, color=colour, linewidth=1.3)
        ax.plot(
            [dot.x], [y], linestyle="none", marker=MARKERS[k % len(MARKERS)], markersize=4.4,
            color=colour, markerfacecolor=colour if dot.off else PAPER, markeredgewidth=1.1,
        )  # fmt: skip
    ax.set_xlim(*_limits(list(marks.values()), plot))
    ax.set_yticks(range(len(terms)), [drawable(term) for term in terms])
    ax.set_ylim(len(terms) - 0.5, -0.5)
    ax.grid(True, axis="x")
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_color(MUTED)


def _limits(dots: Sequence[Dot], plot: Plot) -> tuple[float, float]:
    line = [] if plot.line is None else [plot.line]
    low = min([dot.low for dot in dots] + line)
    high = max([dot.high for dot in dots] + line)
    room = MARGIN * (high - low) or max(abs(high), 1.0) * MARGIN
    low, high = low - room, high + room
    if plot.bounds is None:
        return low, high
    # Room for half a mark beyond what a percentage can be.
    return max(low, plot.bounds[0] - room), min(high, plot.bounds[1] + room)


def _legend(figure: Figure, labels: list[str], panels: int) -> None:
    handles = [
        Line2D(
            [], [], color=SERIES[k % len(SERIES)], marker=MARKERS[k % len(MARKERS)], markersize=4.4,
            markerfacecolor=PAPER, markeredgewidth=1.1, label=in_legend(wrapped(label, LABEL, 1)),
        )
        for k, label in enumerate(labels)
    ]  # fmt: skip
    room = LABEL if panels == 1 else 2 * LABEL
    longest = max(len(wrapped(label, LABEL, 1)) for label in labels)
    columns = max(1, min(len(labels), room // (longest + 6)))
    figure.legend(handles=handles, loc="outside upper left", ncols=columns)
