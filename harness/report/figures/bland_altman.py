"""Bland-Altman plots of the like-for-like pairs, in units of standard errors."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes

from harness.report.derived import PairPoints, apart, pair_points
from harness.report.figures.panels import MARKERS
from harness.report.figures.style import (
    INK,
    MUTED,
    SERIES,
    Drawing,
    drawable,
    drawing,
    house_style,
    in_legend,
    new_figure,
)
from harness.report.reading import Reading, Record
from harness.report.rounding import brief
from harness.report.words import stage_name

CONCORDANT_D = 1e-3
CONCORDANT_S = 2e-3
BAND = 0.18


def bland_altman(reading: Reading) -> Drawing | None:
    """Return one column a like-for-like pair: estimates above, standard errors below."""
    groups = pair_points(reading, apart(reading.like_for_like)["whole panel"])
    if not groups:
        return None
    with house_style():
        figure = new_figure(3.4 * max(len(groups), 2), 6.3)
        grid = figure.subplots(2, len(groups), squeeze=False)
        for column, points in enumerate(groups):
            found = _summary(reading, points)
            _panel(
                grid[0, column], points, points.diff_se, found.get("estimates"), reading,
                CONCORDANT_D,
            )  # fmt: skip
            grid[0, column].set_title(drawable(f"{points.b} − {points.a}"), fontsize=8.5)
            _panel(
                grid[1, column], points, points.rel_se, found.get("errors"), reading,
                CONCORDANT_S,
            )  # fmt: skip
        grid[0, 0].set_ylabel("Difference of estimates / SE")
        grid[1, 0].set_ylabel("Relative difference of SE")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=len(labels))
        figure.supxlabel("Mean of the two estimates, in standard errors", fontsize=9)
        return drawing(figure, "bland-altman", _alt(groups, reading), CAPTION, _numbers(groups))


def _numbers(groups: list[PairPoints]) -> Iterator[Record]:
    names = ("stage", "mean_z", "diff_se", "rel_se")
    for points in groups:
        columns = (points.stages, points.mean_z, points.diff_se, points.rel_se)
        for analysis, *values in zip(points.analyses, *columns, strict=True):
            where = {"a": points.a, "b": points.b, "analysis": analysis}
            yield where | dict(zip(names, values, strict=True))


CAPTION = (
    "Bland-Altman plots of the like-for-like pairs: every stage of every"
    " analysis of the whole panel. Upper row:"
    " difference of the estimates in standard errors against their mean; lower row: relative"
    " difference of the standard errors. Solid line: bias; dashed: 95 % limits of agreement; bands:"
    " their 95 % intervals, by a bootstrap of whole indicators, where there are enough of them;"
    " dotted: the limit for “concordant”, or in words where it lies outside the frame."
    " Descriptive only: the fits share one panel."
)


def _panel(
    ax: Axes, points: PairPoints, values: list[float], summary: Record | None,
    reading: Reading, limit: float,
) -> None:  # fmt: skip
    ax.axhline(0, color=MUTED, linewidth=0.8)
    for k, stage in enumerate(reading.stages):
        chosen = [n for n, own in enumerate(points.stages) if own == stage]
        ax.plot(
            [points.mean_z[n] for n in chosen], [values[n] for n in chosen], linestyle="none",
            marker=MARKERS[k % len(MARKERS)], markersize=4.5, markerfacecolor="none",
            color=SERIES[(k + 1) % len(SERIES)], markeredgewidth=1.1,
            label=in_legend(stage_name(stage, reading.study["period_word"])),
        )  # fmt: skip
    for line, style in _lines(summary):
        ax.axhline(line["value"], color=INK, linewidth=1.0, linestyle=style)
        if line["low"] is not None:
            ax.axhspan(line["low"], line["high"], color=MUTED, alpha=BAND, linewidth=0, zorder=0)
    _show_limit(ax, values, summary, limit)


def _summary(reading: Reading, points: PairPoints) -> Record:
    """Return what the results say of this pair of engines on the whole panel."""
    names = (points.a, points.b, "whole panel")
    pairs = reading.agreement["pairs"]
    return next((p for p in pairs if (p["a"], p["b"], p["rows"]) == names), {})


def _lines(summary: Record | None) -> list[tuple[Record, object]]:
    """Return bias and limits of agreement with their line styles; fewer below two differences."""
    if summary is None:
        return []
    dashed = (0, (5, 3))
    lines = (
        (summary["mean"], "-"),
        (summary["limit_low"], dashed),
        (summary["limit_high"], dashed),
    )
    return [(line, style) for line, style in lines if line["value"] is not None]


def _show_limit(ax: Axes, values: list[float], summary: Record | None, limit: float) -> None:
    levels = [abs(x) for line, _ in _lines(summary) for x in line.values() if x is not None]
    reach = max([abs(v) for v in values] + levels) * 1.4
    reach = reach if reach > 0 else limit
    ax.set_ylim(-reach, reach)
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
    if limit <= reach:
        for level in (-limit, limit):
            ax.axhline(level, color=SERIES[2], linewidth=1.0, linestyle=":")
        return
    ax.text(
        0.98, 0.97, f"limit ±{limit:g}: {brief(limit / reach)} times this frame",
        transform=ax.transAxes, ha="right", va="top", fontsize=7.5, color=MUTED,
    )  # fmt: skip


def _alt(groups: list[PairPoints], reading: Reading) -> str:
    parts = []
    for points in groups:
        found = _summary(reading, points).get("estimates")
        low, high = (found[k]["value"] if found else None for k in ("limit_low", "limit_high"))
        if low is not None:
            parts.append(f"{points.b} minus {points.a}: limits {brief(low)} to {brief(high)} SE")
    return f"Bland-Altman plots of differences in standard errors. {'; '.join(parts)}."
