"""Chained index by stratum: the strata as lines of one panel, an indicator a panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes

from harness.report.derived import Overdispersion, index_of, too_narrow
from harness.report.figures.chained_index import index_numbers
from harness.report.figures.direct_labels import label_lines
from harness.report.figures.panels import (
    MARKERS,
    finish_panels,
    frame_panel,
    scale_note,
    shading,
)
from harness.report.figures.style import (
    MUTED,
    SERIES,
    Drawing,
    drawing,
    house_style,
    in_legend,
    share_if_alike,
    small_multiples,
)
from harness.report.numerics import BASELINE
from harness.report.reading import WHOLE_PANEL, Reading, Record, Voice
from harness.report.rounding import fixed


def strata_index_figure(reading: Reading, found: list[Overdispersion]) -> Drawing | None:
    """Return the strata beside one another, one panel an indicator; None without strata."""
    strata = [s for s in reading.strata if s["name"] != WHOLE_PANEL]
    if len(strata) < 2:
        return None
    return strata_panels(
        reading, found, reading.indicators, strata, "index-by-stratum", "Chained index by stratum",
        direct=False,
    )  # fmt: skip


def strata_panels(
    reading: Reading, found: list[Overdispersion], indicators: Sequence[Record],
    strata: Sequence[Record], name: str, title: str, *, direct: bool = True,
) -> Drawing | None:  # fmt: skip
    """Return some indicators, one panel each, with strata as lines.

    Parameters
    ----------
    name, title : str
        Of the drawing, and how its caption opens.
    direct : bool
        Whether the lines are labelled where they end and the other language is drawn as open
        circles; else there is a legend, and the first language alone.
    """
    if not reading.voices or not reading.tiles:
        return None
    voices = reading.voices if direct else reading.voices[:1]
    fits = [reading.spoken(voices[0], i["name"], s["name"]) for i in indicators for s in strata]
    if not any(index_of(fit, reading) for fit in fits):
        return None
    names = {stratum["name"] for stratum in strata}
    narrow = too_narrow(check for check in found if check.stratum["name"] in names)
    with house_style():
        figure, axes = small_multiples(len(indicators), 2.9 if direct else 2.5)
        for ax, indicator in zip(axes, indicators, strict=True):
            frame_panel(ax, indicator, reading)
            ax.axhline(BASELINE, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
            for k, stratum in enumerate(strata):
                offset = 0.09 * (k - (len(strata) - 1) / 2)
                name_of = stratum["label"] if direct else _with_size(stratum)
                _draw_stratum(ax, k, offset, reading, voices, indicator, stratum, name_of)
        shared = share_if_alike(axes)
        finish_panels(figure, axes, reading, legend=not direct)
        if direct:
            figure.draw_without_rendering()
            for ax in axes:
                label_lines(ax, figure.get_figheight())
        listed = ", ".join(s["label"] for s in strata)
        return drawing(
            figure,
            name,
            f"Line charts of the chained index by stratum ({listed}), one panel an indicator.",
            f"{title}, fitted by {voices[0].name}; bars are 95 % intervals."
            + (f" {'; '.join(map(_with_size, strata))}." if direct else "")
            + (f" Open circles: {voices[1].name}." if len(voices) > 1 else "")
            + f" Baseline 100 at t = {fixed(reading.window[0], 0)}.{shading(reading)}"
            + (f" {narrow}" if narrow else "")
            + (scale_note(shared) if len(axes) > 1 or not direct else ""),
            _numbers(reading, voices, indicators, strata),
        )


def _numbers(
    reading: Reading, voices: Sequence[Voice], indicators: Sequence[Record],
    strata: Sequence[Record],
) -> Iterator[Record]:  # fmt: skip
    for indicator in indicators:
        for stratum in strata:
            for voice in voices:
                fit = reading.spoken(voice, indicator["name"], stratum["name"])
                index = index_of(fit, reading)
                if index is not None:
                    name = f"{voice.language}: {voice.name}"
                    yield from index_numbers(indicator, stratum, name, index)


def _with_size(stratum: Record) -> str:
    return f"{stratum['label']} (n = {stratum['units']})"


def _draw_stratum(
    ax: Axes, k: int, offset: float, reading: Reading, voices: Sequence[Voice], indicator: Record,
    stratum: Record, label: str,
) -> None:  # fmt: skip
    key = (indicator["name"], stratum["name"])
    index = index_of(reading.spoken(voices[0], *key), reading)
    if index is None:
        return
    colour = SERIES[1 + k % (len(SERIES) - 1)]
    t = [at + offset for at in index.t]
    ax.plot(
        t, index.index, color=colour, marker=MARKERS[k % len(MARKERS)], markersize=4.5,
        label=in_legend(label),
    )  # fmt: skip
    if index.low is not None and index.high is not None:
        ax.vlines(t, index.low, index.high, color=colour, linewidth=1.0, alpha=0.6)
    for voice in voices[1:]:
        other = index_of(reading.spoken(voice, *key), reading)
        if other is not None:
            ax.plot(
                t, other.index, linestyle="none", marker="o", markersize=8,
                markerfacecolor="none", markeredgecolor=colour, markeredgewidth=0.9,
            )  # fmt: skip
