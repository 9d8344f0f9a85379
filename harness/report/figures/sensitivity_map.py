"""Measure by variant, one facet a stage: how far each estimate moves, and where words change."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm

from harness.report.figures.heat_map import SQUARE_EDGE, ink
from harness.report.figures.style import (
    Drawing,
    drawable,
    drawing,
    house_style,
    new_figure,
    wrapped,
)
from harness.report.products.variants import Variants
from harness.report.reading import Record
from harness.report.rounding import MINUS
from harness.report.words import stage_name

# In standard errors of the base model; beyond the last the colour stays.
EDGES = np.array([-4.0, -2.0, -1.0, -0.5, -0.1, 0.1, 0.5, 1.0, 2.0, 4.0])
COLOURS = mpl.colormaps["PuOr_r"].resampled(len(EDGES) + 1)
CHANGED, LOST, NOT_ASKED = "\N{BLACK DIAMOND}", "\N{EMPTY SET}", "\N{MULTIPLICATION SIGN}"
SQUARE = 0.3  # inches
Row = tuple[Record, Record]


def sensitivity_map(
    variants: Variants, indicators: Sequence[Record], strata: Sequence[Record], name: str,
    title: str,
) -> Drawing:  # fmt: skip
    """Return one facet a stage, one row a measure (and stratum), one column a variant."""
    reading = variants.reading
    rows: list[Row] = [(i, s) for i in indicators for s in strata]
    stages = reading.stages
    across = len(variants.names) * SQUARE
    with house_style():
        figure = new_figure(3.4 + len(stages) * (across + 0.25) + 0.8, len(rows) * SQUARE + 2.1)
        axes = list(figure.subplots(1, len(stages), sharey=True, squeeze=False).flat)
        norm = BoundaryNorm(EDGES, COLOURS.N, extend="both")
        for ax, stage in zip(axes, stages, strict=True):
            _facet(ax, variants, rows, stage, norm)
            ax.set_title(drawable(stage_name(stage, reading.study["period_word"])), fontsize=9)
        several = len(strata) > 1
        labels = [
            wrapped(f"{i['label']}{', ' + s['label'] if several else ''}", 44, 1) for i, s in rows
        ]
        axes[0].set_yticks(range(len(rows)), labels, fontsize=8)
        axes[0].set_ylim(len(rows) - 0.5, -0.5)
        bar = figure.colorbar(
            ScalarMappable(norm, COLOURS), ax=axes, location="right", aspect=28, pad=0.01
        )
        bar.set_ticks(list(EDGES), labels=[f"{edge:g}".replace("-", MINUS) for edge in EDGES])
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8, length=0)
        bar.set_label("Shift in standard errors of the base model", fontsize=8.5)
        return drawing(figure, name, _alt(variants, rows), f"{title}. {CAPTION}")


CAPTION = (
    "Colour: how far the estimate moves, in standard errors of the base model (orange up, purple"
    f" down). {CHANGED}: another conclusion than the base model's at the 5 % level. {LOST}: no"
    f" reliable estimate. {NOT_ASKED}: not asked, or no such stage."
)


def _facet(ax: Axes, variants: Variants, rows: list[Row], stage: str, norm: BoundaryNorm) -> None:
    names = variants.names
    shown = np.ma.masked_all((len(rows), len(names)))
    for row, (indicator, stratum) in enumerate(rows):
        for column, name in enumerate(names):
            found = variants.shift(indicator["name"], stratum["name"], name, stage)
            if found.fit is None:
                ax.text(column, row, NOT_ASKED, ha="center", va="center", color=SQUARE_EDGE)
                continue
            if found.shift is None:
                ax.text(column, row, LOST, ha="center", va="center", fontsize=8, color=SQUARE_EDGE)
                continue
            shown[row, column] = found.shift
            if found.differs:
                colour = ink(COLOURS(norm(found.shift)))
                ax.text(column, row, CHANGED, ha="center", va="center", fontsize=9, color=colour)
    ax.pcolormesh(
        np.arange(len(names) + 1) - 0.5, np.arange(len(rows) + 1) - 0.5, shown, cmap=COLOURS,
        norm=norm, edgecolors=SQUARE_EDGE, linewidth=0.4,
    )  # fmt: skip
    ax.grid(False)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xticks(range(len(names)), [drawable(name) for name in names], rotation=60, ha="right",
                  rotation_mode="anchor", fontsize=8)  # fmt: skip


def _alt(variants: Variants, rows: list[Row]) -> str:
    counts = [
        (name, sum(
            variants.shift(i["name"], s["name"], name, stage).differs
            for i, s in rows for stage in variants.reading.stages
        ))
        for name in variants.names
    ]  # fmt: skip
    said = "; ".join(f"{name} {n}" for name, n in counts)
    return f"Heat map of the shift under every variant; conclusions that differ: {said}."
