"""Median observed rates around the event, before any model."""

from __future__ import annotations

from matplotlib.axes import Axes

from harness.report.figures.panels import MARKERS, finish_panels, frame_panel, shading
from harness.report.figures.style import (
    SERIES,
    Drawing,
    drawing,
    house_style,
    in_legend,
    small_multiples,
)
from harness.report.reading import Reading, Record
from harness.report.words import plural

MEDIANS_CAPTION = (
    "Median over {units} of the observed rate at each {period} from the event: the data before any"
    " model."
)


def medians_figure(reading: Reading) -> Drawing | None:
    """Return median rates by t, one panel an indicator, one line a stratum."""
    if not any(m["rate"] is not None for m in reading.results["medians"]):
        return None
    with house_style():
        figure, axes = small_multiples(len(reading.indicators))
        for ax, indicator in zip(axes, reading.indicators, strict=True):
            frame_panel(ax, indicator, reading)
            draw_medians(ax, reading, indicator, reading.strata)
        finish_panels(figure, axes, reading)
        names = ", ".join(i["label"] for i in reading.indicators)
        units = plural(reading.study["unit_word"])
        return drawing(
            figure,
            "median-rates",
            f"Line charts of median observed rates around the event: {names}.",
            MEDIANS_CAPTION.format(units=units, period=reading.study["period_word"])
            + f"{shading(reading)} Vertical scales differ.",
            reading.results["medians"],
        )


def draw_medians(ax: Axes, reading: Reading, indicator: Record, strata: list[Record]) -> None:
    """Draw the median rates of one indicator, one line a stratum."""
    medians = [m for m in reading.results["medians"] if m["indicator"] == indicator["name"]]
    for k, stratum in enumerate(strata):
        own = [m for m in medians if m["stratum"] == stratum["name"] and m["rate"] is not None]
        own.sort(key=lambda m: int(m["t"]))
        ax.plot(
            [int(m["t"]) for m in own], [m["rate"] for m in own],
            color=SERIES[k % len(SERIES)], marker=MARKERS[k % len(MARKERS)], markersize=4,
            linewidth=1.8 if k == 0 else 1.2, label=in_legend(stratum["label"]),
        )  # fmt: skip
