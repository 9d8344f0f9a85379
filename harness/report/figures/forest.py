"""Forest plot: R against Python, every stage, one row an indicator."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.report.figures.style import (
    INK,
    MUTED,
    Drawing,
    colour_of,
    drawable,
    drawing,
    house_style,
    new_figure,
    share_if_alike,
    wrapped,
)
from harness.report.numerics import percentage_change
from harness.report.reading import Reading, Record, reliable
from harness.report.words import stage_name, unit_of

Series = tuple[str, str, str, bool, list[Record | None]]


def forest_figure(reading: Reading, stratum: Record) -> Drawing | None:
    """Return the forest plot of one stratum, R filled, Python open."""
    series: list[Series] = []
    for k, voice in enumerate(reading.voices):
        fits = [
            reading.spoken(voice, indicator["name"], stratum["name"])
            for indicator in reading.indicators
        ]
        name = f"{voice.language}: {voice.name}"
        series.append((name, colour_of(voice.language), "o" if k == 0 else "s", k == 0, fits))
    if not any(fit and reliable(fit) for *_, fits in series for fit in fits):
        return None
    names = " and ".join(voice.name for voice in reading.voices)
    return forest(
        reading,
        f"forest-{stratum['name']}",
        series,
        alt=f"Forest plot of the percentage change by stage, {stratum['label']}: {names}.",
        caption=f"Percentage change by stage with 95 % intervals, {stratum['label']}: {names}."
        " Where the languages agree the two marks of a row stand one above the other.",
    )


def forest(reading: Reading, name: str, series: list[Series], alt: str, caption: str) -> Drawing:
    """Draw series of fits, one facet a stage, one row an indicator."""
    n, stages = len(reading.indicators), reading.stages
    with house_style():
        figure = new_figure(10.2, 0.52 * n + 1.35)
        axes = list(figure.subplots(1, len(stages), sharey=True, squeeze=False).flat)
        for ax, stage in zip(axes, stages, strict=True):
            _facet(ax, stage, series)
            ax.set_title(drawable(stage_name(stage, reading.study["period_word"])), fontsize=9)
        axes[0].set_yticks(
            range(n),
            [
                f"{wrapped(i['label'], 30, 1)}\n{wrapped(unit_of(i), 34, 1)}"
                for i in reading.indicators
            ],
        )
        axes[0].set_ylim(n - 0.4, -0.6)
        shared = share_if_alike(axes, "x")
        _dress(figure, axes)
        scale = " Horizontal scale shared." if shared else " Horizontal scales differ."
        return drawing(figure, name, alt, caption + scale, _numbers(reading, series))


def _numbers(reading: Reading, series: list[Series]) -> Iterator[Record]:
    for label, *_, fits in series:
        for indicator, fit in zip(reading.indicators, fits, strict=True):
            if fit is None or not reliable(fit):
                continue
            for stage in reading.stages:
                p = fit["params"][stage]
                limits = (percentage_change(p[key]) for key in ("estimate", "ci_low", "ci_high"))
                names = ("percentage_change", "low", "high")
                where = {"indicator": indicator["name"], "series": label, "stage": stage}
                yield where | dict(zip(names, limits, strict=True))


def _facet(ax: Axes, stage: str, series: list[Series]) -> None:
    ax.axvline(0, color=INK, linewidth=0.9)
    gap = 0.32
    for k, (label, colour, marker, filled, fits) in enumerate(series):
        shift = gap * (k - (len(series) - 1) / 2)
        rows = [(row, fit) for row, fit in enumerate(fits) if fit and reliable(fit)]
        points = [(row + shift, *_limits(fit, stage)) for row, fit in rows]
        y = [p[0] for p in points]
        ax.hlines(y, [p[2] for p in points], [p[3] for p in points], color=colour, linewidth=1.4)
        ax.plot(
            [p[1] for p in points], y, linestyle="none", marker=marker, markersize=5,
            color=colour, markerfacecolor=colour if filled else "#ffffff",
            markeredgewidth=1.3, label=label,
        )  # fmt: skip


def _limits(fit: Record, stage: str) -> tuple[float, float, float]:
    p = fit["params"][stage]
    values = (percentage_change(p[key]) for key in ("estimate", "ci_low", "ci_high"))
    estimate, low, high = (float("nan") if v is None else v for v in values)
    return estimate, low, high


def _dress(figure: Figure, axes: list[Axes]) -> None:
    for ax in axes:
        ax.grid(True, axis="x")
        ax.grid(False, axis="y")
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.spines["bottom"].set_color(MUTED)
    handles, _ = axes[0].get_legend_handles_labels()
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))
    figure.supxlabel("Percentage change with 95 % interval", fontsize=9)
