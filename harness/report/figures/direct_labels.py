"""Labels where lines end, moved apart where they would lie on one another."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from harness.report.figures.style import wrapped
from harness.report.numerics import FloatArray

SIZE = 8.0  # points
LINE = 1.25  # of the size
WIDE = 17  # characters
POINTS = 72.0  # an inch
ROOM = 0.5  # share of the axis that the labels take on its right


def label_lines(ax: Axes, inches: float) -> None:
    """Write the label of each labelled line to the right of its end, in its colour.

    Parameters
    ----------
    ax : Axes
        Laid out: what is added here takes no room from its neighbours.
    inches : float
        Height of the figure.
    """
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    if not lines:
        return
    ends = [np.asarray(line.get_xydata(), dtype=float)[-1] for line in lines]
    texts = [wrapped(str(line.get_label()).strip(), WIDE, 2) for line in lines]
    low, high = ax.get_ylim()
    point = (high - low) / (ax.get_position().height * inches * POINTS)
    sizes = np.array([SIZE * LINE * (1 + text.count("\n")) * point for text in texts])
    middles = apart(np.array([y for _, y in ends]), sizes, low, high)
    first, last = ax.get_xlim()
    ticks = [x for x in ax.get_xticks() if first <= x <= last]
    ax.set_xlim(first, last + ROOM * (last - first))
    ax.set_xticks(ticks)
    ax.spines["bottom"].set_bounds(first, last)
    for line in (*ax.get_ygridlines(), *ax.get_lines()):
        if list(np.asarray(line.get_xdata(), dtype=float)) == [0.0, 1.0]:  # across the axes
            line.set_xdata([0.0, 1.0 / (1.0 + ROOM)])
    for (x, y), middle, text, line in zip(ends, middles, texts, lines, strict=True):
        ax.annotate(
            text, (x, y), (last + 0.25, middle), textcoords="data", va="center", ha="left",
            fontsize=SIZE, color=line.get_color(), linespacing=LINE * 0.9,
            arrowprops={"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.6,
                        "shrinkA": 1.0, "shrinkB": 4.0, "relpos": (0.0, 0.5)},
        )  # fmt: skip


def apart(places: FloatArray, sizes: FloatArray, low: float, high: float) -> FloatArray:
    """Return places near the given ones at which boxes of these sizes do not overlap.

    Parameters
    ----------
    places, sizes : ndarray, shape (n,)
        Middles and heights of the boxes.
    low, high : float
        Limits; boxes are kept between them as far as they have room there.

    Returns
    -------
    ndarray, shape (n,)
    """
    order = np.argsort(places, kind="stable")
    found = places[order].astype(float)
    half = sizes[order] / 2
    for k, middle in enumerate(found):
        least = low + half[k] if k == 0 else found[k - 1] + half[k - 1] + half[k]
        found[k] = max(middle, least)
    for k in range(len(found) - 1, -1, -1):
        last = k == len(found) - 1
        most = high - half[k] if last else found[k + 1] - half[k + 1] - half[k]
        found[k] = min(found[k], most)
    placed = np.empty_like(found)
    placed[order] = found
    return placed
