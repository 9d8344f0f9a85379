"""What the small multiples around the event share: frame, shading, axis, legend."""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.report.figures.style import MUTED, drawable, shade_event, wrapped
from harness.report.reading import Reading, Record
from harness.report.words import plural, unit_of

MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def frame_panel(ax: Axes, indicator: Record, reading: Reading, where: str = "") -> None:
    """Title a panel with its indicator and a word on where, shade the event, set the time axis."""
    first, last = reading.window
    shade_event(ax, reading.window)
    ax.set_title(f"{wrapped(indicator['label'])}\n", pad=4)
    unit = f"{unit_of(indicator)} · {where}" if where else unit_of(indicator)
    ax.text(
        0.0, 1.02, wrapped(unit, 44, 1), transform=ax.transAxes,
        fontsize=8, color=MUTED, va="bottom",
    )  # fmt: skip
    ax.set_xlim(first - 0.2, last + 0.2)
    ax.ticklabel_format(axis="y", style="plain", useOffset=False)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))


def finish_panels(figure: Figure, axes: list[Axes], reading: Reading, legend: bool = True) -> None:
    """Add one legend, where it is wanted, and one time axis for all panels."""
    columns = min(3, 1 + len(axes))
    found: dict[str, Artist] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(str(label), handle)
    if found and legend:
        figure.legend(list(found.values()), list(found), loc="outside upper left", ncols=columns)
    axis = f"{plural(reading.study['period_word']).capitalize()} from the event"
    figure.supxlabel(drawable(axis), fontsize=9)


def shading(reading: Reading) -> str:
    """Return the caption's word on the shading of ``shade_event``."""
    return f" Shaded: from the {reading.study['period_word']} before the event to the one after it."


def scale_note(shared: bool) -> str:
    """Return the caption's word on the scales."""
    return " All panels share one scale." if shared else " Vertical scales differ."
