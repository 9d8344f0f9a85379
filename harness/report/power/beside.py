"""What stands beside a power curve: where its values lie, labels of lines, words under it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes

from harness.report.figures.style import MUTED, SERIES, wrapped
from harness.report.power.answer import answer_sentence
from harness.report.power.reading import PowerAnalysis, is_number, swayed
from harness.report.power.wording import lowered, value_words
from harness.report.reading import Record

LABEL_GAP = 5.2  # percentage points between two labels, about their height
SEEN = 0.002  # what failures may change before it can be seen
LOG_FROM = 30.0
ROOM = 0.05  # of the axis, for a tick with its number


class Scale:
    """Where the values of the first axis lie: as numbers, or side by side where they are words."""

    def __init__(self, values: Sequence[Any], searched: Sequence[float] = ()) -> None:
        self.values = list(dict.fromkeys(values))
        self.numeric = all(is_number(value) for value in self.values)
        if self.numeric:
            self.values.sort()
        every = [*self.values, *searched] if self.numeric else []
        self.low, self.high = min(every, default=0.0), max(every, default=0.0)

    def __call__(self, value: Any) -> float:
        """Return where a value lies."""
        return float(value) if self.numeric else float(self.values.index(value))

    @property
    def wide(self) -> bool:
        """Whether the values span so much that only a logarithmic axis shows them all."""
        return self.numeric and self.low > 0 and self.high > LOG_FROM * self.low

    @property
    def spaced(self) -> bool:
        """Whether every value of the grid has room for a tick of its own."""
        if len(self.values) < 2 or self.high <= self.low:
            return bool(self.values)
        turn = math.log if self.wide else float
        room = ROOM * (turn(self.high) - turn(self.low))
        return all(turn(high) - turn(low) >= room for low, high in pairwise(self.values))


def line_labels(ax: Axes, analysis: PowerAnalysis, scale: Scale) -> None:
    """Write each line's value of the second axis at its right end, none upon another."""
    if len(analysis.axes) < 2 or not analysis.points:
        return
    second, name = analysis.axes[1], analysis.first["name"]
    ends = {}
    for k, line in enumerate(analysis.lines):
        known = sorted(line.known, key=lambda p: scale(p["axis"][name]))
        # Lines that end together are told apart by how high they lie on the way.
        height = sum(point["power"] for point in known) / max(len(known), 1)
        ends[k] = round(100.0 * known[-1]["power"]) + height if known else 0.0
    for k, y in spread(ends).items():
        text = value_words(second, analysis.lines[k].value)
        ax.text(
            1.015, y, wrapped(text, 22, 1), transform=ax.get_yaxis_transform(), va="center",
            fontsize=8.5, color=SERIES[k % len(SERIES)], fontweight="bold",
        )  # fmt: skip
    ax.text(1.015, 1.03, wrapped(second["label"], 26, 2), transform=ax.transAxes, fontsize=8,
            color=MUTED, va="bottom")  # fmt: skip


def spread(
    wanted: dict[int, float], gap: float = LABEL_GAP, top: float = 100.0
) -> dict[int, float]:
    """Return heights as near to those wanted as keeps each ``gap`` apart and none above ``top``."""
    order = sorted(wanted, key=lambda k: (wanted[k], -k))
    found: dict[int, float] = {}
    for k in order:
        below = max(found.values(), default=-float("inf"))
        found[k] = max(wanted[k], below + gap)
    ceiling = top
    for k in reversed(order):
        found[k] = min(found[k], ceiling)
        ceiling = found[k] - gap
    return found


def alt_text(analysis: PowerAnalysis) -> str:
    """Return what the figure shows, for those who cannot see it."""
    return f"Power curve by {analysis.first['label']}. {answer_sentence(analysis)}"


def caption(analysis: PowerAnalysis) -> str:
    """Return what the marks mean, of those that are there."""
    parts = [f"Power by {lowered(analysis.first['label'])}"]
    if analysis.points:
        parts[0] += ", with 95 % intervals (Wilson)"
    if len(analysis.axes) > 1:
        parts.append(f"a line each value of {lowered(analysis.axes[1]['label'])}")
    if analysis.target is not None:
        parts.append("dashed: the target")
    if any(swayed(point) > SEEN for point in analysis.known):
        parts.append("dotted: the power if every failed replicate had not rejected, or had")
    if any(point["power"] is None for point in analysis.points):
        parts.append("a cross on the axis: no power, not power 0; the table says why")
    search: Record | None = analysis.results["search"]
    if search and search["axis"] == analysis.first["name"]:
        parts.append("diamonds: designs the search looked at; shaded: the interval on its answer")
    return f"{'; '.join(parts)}."
