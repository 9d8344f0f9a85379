"""Indicator by engine: how far each fit lies from the exact maximum."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure

from harness.report.figures.style import (
    Drawing,
    drawable,
    drawing,
    house_style,
    new_figure,
    wrapped,
)
from harness.report.reading import WHOLE_PANEL, Reading, Record
from harness.report.rounding import MINUS, brief
from harness.report.words import unit_of

# Decades; the limits of "identical" and "concordant" are two of their edges.
EDGES = np.array([10.0**k for k in range(-9, 2)])
# Not of the house's palette: what lies in a coloured square stays as it is where a page is dark.
ON_LIGHT, ON_DARK, SQUARE_EDGE = "#000000", "#fefefe", "#808890"
BAR = 5.0  # inches
COLOURS = mpl.colormaps["YlGnBu"].resampled(len(EDGES) + 1)
LOST = "\N{EMPTY SET}"
# The luminance L on which black and white are read alike: (L + 0.05)^2 = 0.05 x 1.05.
DARK_BELOW = 0.179

Distances = tuple[float | None, float | None]
Table = dict[tuple[str, str], Distances]


def heat_map(reading: Reading, whole_panel: bool) -> Drawing | None:
    """Return distances of estimates and standard errors; of the strata, the largest."""
    table, columns = table_of(reading, whole_panel)
    known = [pair for pair in table.values() if pair[0] is not None]
    if not known:
        return None
    rows = reading.indicators
    with house_style():
        figure = new_figure(max(0.72 * len(columns) + 4.2, 7.0), 2 * (0.32 * len(rows) + 0.5) + 1.6)
        axes = list(figure.subplots(2, 1, sharex=True, squeeze=False).flat)
        norm = BoundaryNorm(EDGES, COLOURS.N, extend="both")
        titles = ("Estimates: largest difference in standard errors",
                  "Standard errors: largest relative difference")  # fmt: skip
        for which, (ax, title) in enumerate(zip(axes, titles, strict=True)):
            values = {key: pair[which] for key, pair in table.items()}
            _panel(ax, values, rows, columns, norm)
            ax.set_title(title, fontsize=9)
        axes[1].set_xticks(range(len(columns)), [drawable(c) for c in columns], rotation=40,
                           ha="right", rotation_mode="anchor")  # fmt: skip
        _colour_bar(figure, axes, norm)
        name = "heat-map" if whole_panel else "heat-map-strata"
        numbers = [
            {"indicator": indicator, "engine": column, "diff_se": pair[0], "rel_se": pair[1]}
            for (indicator, column), pair in table.items()
        ]
        alt = _alt(table, columns, whole_panel)
        return drawing(figure, name, alt, _caption(whole_panel), numbers)


def table_of(reading: Reading, whole_panel: bool) -> tuple[Table, list[str]]:
    """Return largest distances by indicator and engine; None for a fit without one."""
    table: Table = {}
    columns: dict[str, None] = {}
    for row in reading.agreement["distances"]:
        fit = reading.fit_by_id(row["fit"])
        if fit is None or fit["variant"] != "base":
            continue
        if (fit["stratum"] == WHOLE_PANEL) is not whole_panel:
            continue
        column = f"{fit['engine']} {fit['settings']}"
        columns[column] = None
        key, found = (fit["indicator"], column), (row["diff_se"], row["rel_se"])
        table[key] = _worse(table[key], found) if key in table else found
    return table, list(columns)


def _worse(a: Distances, b: Distances) -> Distances:
    """Return the larger of each; a fit that is lost is the worst there is."""
    return _larger(a[0], b[0]), _larger(a[1], b[1])


def _larger(x: float | None, y: float | None) -> float | None:
    return None if x is None or y is None else max(x, y)


def _panel(
    ax: Axes, values: dict[tuple[str, str], float | None], rows: list[Record], columns: list[str],
    norm: BoundaryNorm,
) -> None:  # fmt: skip
    shown = np.ma.masked_all((len(rows), len(columns)))
    for (name, column), value in values.items():
        i = next(k for k, row in enumerate(rows) if row["name"] == name)
        j = columns.index(column)
        colour = SQUARE_EDGE
        if value is not None:
            shown[i, j] = value
            colour = ink(COLOURS(norm(value)))
        said = LOST if value is None else compact(value)
        ax.text(j, i, said, ha="center", va="center", fontsize=7.5, color=colour)
    ax.pcolormesh(
        np.arange(len(columns) + 1) - 0.5, np.arange(len(rows) + 1) - 0.5, shown,
        cmap=COLOURS, norm=norm, edgecolors=SQUARE_EDGE, linewidth=0.4,
    )  # fmt: skip
    ax.invert_yaxis()
    ax.grid(False)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    labels = [wrapped(f"{row['label']}, {unit_of(row)}", 52, 1) for row in rows]
    ax.set_yticks(range(len(rows)), labels, fontsize=8)


def ink(colour: tuple[float, ...]) -> str:
    """Return the colour of text that can be read on a square: of two, that of more contrast.

    By relative luminance of sRGB (WCAG 2.2).
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return ON_DARK if luminance < DARK_BELOW else ON_LIGHT


def compact(x: float) -> str:
    """Return a number of any size on three or four characters."""
    if x == 0.0:
        return "0"
    if x >= 0.01:
        return brief(x)
    digit, exponent = f"{x:.0e}".split("e")
    return f"{digit}e{MINUS}{-int(exponent)}"


def _colour_bar(figure: Figure, axes: list[Axes], norm: BoundaryNorm) -> None:
    bar = figure.colorbar(
        ScalarMappable(norm, COLOURS), ax=axes, location="right", aspect=28, pad=0.02,
        shrink=min(0.8, BAR / figure.get_figheight()),
    )  # fmt: skip
    bar.set_ticks(
        list(EDGES), labels=[f"{edge:g}" if edge >= 0.01 else compact(edge) for edge in EDGES]
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, length=0)


def _caption(whole_panel: bool) -> str:
    which = "the whole panel" if whole_panel else "the strata, the largest of them"
    return (
        f"Distance of every engine from the exact maximum, {which}: over all terms the largest"
        " difference of an estimate in standard errors, and the largest relative difference of a"
        " standard error. Darker is further, one shade a power of ten; up to 1e−4 is “identical”,"
        f" 0 marks the fit measured from. {LOST}: no answer, or nothing to measure from. Base"
        " model."
    )


def _alt(table: Table, columns: list[str], whole_panel: bool) -> str:
    parts = []
    for column in columns:
        own = [pair[0] for (_, name), pair in table.items() if name == column]
        known = [d for d in own if d is not None]
        said = f"at most {brief(max(known))}" if known else "no answer"
        parts.append(f"{column} {said}")
    which = "whole panel" if whole_panel else "strata"
    return (
        f"Heat map of the distance from the exact maximum in standard errors, {which}:"
        f" {'; '.join(parts)}."
    )
