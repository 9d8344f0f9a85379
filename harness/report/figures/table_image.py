"""A table as a picture, for a paper or a slide."""

from __future__ import annotations

import textwrap
from functools import cache

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from harness.report.figures.style import (
    GRID,
    INK,
    MUTED,
    SERIES,
    Drawing,
    drawable,
    drawing,
    house_style,
    new_figure,
)
from harness.report.tables.table import Cell, Column, Table

SIZE, SMALL = 8.5, 7.0  # points
POINTS = 72.0  # an inch
LINE = 1.3  # height of a line, of its size
GAP = 14.0  # points between columns
PAD = 5.0  # points above and below a row
WIDEST = 40  # characters of text in a column before it wraps
NOTE = 1.35  # line spacing of the note


def table_image(table: Table) -> Drawing:
    """Return the table drawn: rules above, below and under the heads, as journals set it."""
    with house_style():
        widths = [_width(table, k) for k in range(len(table.columns))]
        width = sum(widths) + GAP * (len(widths) + 1)
        heads = max(2 if column.group else 1 + column.head.count("\n") for column in table.columns)
        grouped = bool(table.groups)
        top = 1.9 * SIZE * LINE + (heads + grouped) * SIZE * LINE + 2 * PAD
        heights = [_height(row, table.columns) for row in table.rows]
        note = textwrap.wrap(drawable(_note(table)), max(int(width / (SMALL * 0.56)), 40))
        below = SMALL * NOTE * len(note) + 2 * PAD
        height = top + sum(heights) + below
        figure = new_figure(width / POINTS, height / POINTS)
        figure.set_layout_engine("none")
        ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        ax.set_xlim(0, width)
        ax.set_ylim(height, 0)
        ax.set_axis_off()
        places = _places(table.columns, widths)
        ax.text(GAP, PAD + SIZE, drawable(table.title), fontsize=SIZE + 1, fontweight="bold",
                va="center")  # fmt: skip
        _draw_heads(ax, table, places, widths, top)
        y = top
        below_heads = [row[0].text for row in table.rows[1:]] + ["end"] * bool(table.rows)
        for row, tall, next_head in zip(table.rows, heights, below_heads, strict=True):
            _draw_row(ax, row, table, places, y)
            y += tall
            # A row without a head of its own belongs to the one above.
            left = GAP / 2 if next_head else 1.5 * GAP + widths[0]
            ax.plot([left, width - GAP / 2], [y, y], color=GRID, linewidth=0.6)
        for at in (1.9 * SIZE * LINE, top, y):
            ax.plot([GAP / 2, width - GAP / 2], [at, at], color=INK, linewidth=0.9)
        ax.text(GAP, y + PAD, "\n".join(note), fontsize=SMALL, color=MUTED, va="top",
                linespacing=NOTE)  # fmt: skip
        return drawing(figure, table.name, f"{table.title}: the table as an image.", table.title)


def _note(table: Table) -> str:
    meanings = "; ".join(f"{head}: {meaning}" for head, meaning in table.meanings)
    return f"{table.note} {meanings}{'.' if meanings else ''}"


@cache
def _extent(text: str, size: float, bold: bool) -> float:
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def _lines(cell: Cell) -> list[str]:
    return textwrap.wrap(drawable(cell.shown), WIDEST) or [""]


def _bold(cell: Cell, head: bool) -> bool:
    return cell.tone in ("strong", "head") or head


def _width(table: Table, k: int) -> float:
    column = table.columns[k]
    widths = [_extent(drawable(part), SIZE, True) for part in column.head.split("\n")]
    if column.group:
        span = sum(other.group == column.group for other in table.columns)
        widths.append(_extent(drawable(column.group), SIZE, True) / span)
    for row in table.rows:
        widths += [_extent(line, SIZE, True) for line in _lines(row[k])]
        widths.append(_extent(drawable(row[k].sub), SMALL, False))
    return max(widths)


def _height(row: tuple[Cell, ...], columns: tuple[Column, ...]) -> float:
    return 2 * PAD + max(
        len(_lines(cell)) * SIZE * LINE + (SMALL * LINE if cell.sub else 0.0) for cell in row
    )


def _places(columns: tuple[Column, ...], widths: list[float]) -> list[tuple[float, str]]:
    """Where the text of each column stands, and on which side."""
    found, x = [], GAP
    for column, width in zip(columns, widths, strict=True):
        found.append((x + width, "right") if column.numeric else (x, "left"))
        x += width + GAP
    return found


def _draw_heads(
    ax: Axes, table: Table, places: list[tuple[float, str]], widths: list[float], top: float
) -> None:
    for (x, side), column in zip(places, table.columns, strict=True):
        text = "\n".join(drawable(part) for part in column.head.split("\n"))
        ax.text(x, top - PAD - 2, text, ha=side, va="baseline", fontsize=SIZE, fontweight="bold",
                linespacing=LINE * 0.85)  # fmt: skip
    k = 0
    for group, span in table.groups:
        if group:
            right = places[k + span - 1][0]
            left = places[k][0] - widths[k]
            y = 1.9 * SIZE * LINE + PAD + SIZE * LINE
            ax.text((left + right) / 2, y - 4, drawable(group), ha="center", va="baseline",
                    fontsize=SIZE, fontweight="bold")  # fmt: skip
            ax.plot([left, right], [y, y], color=MUTED, linewidth=0.6)
        k += span


def _draw_row(
    ax: Axes, row: tuple[Cell, ...], table: Table, places: list[tuple[float, str]], y: float
) -> None:
    for k, (cell, (x, side)) in enumerate(zip(row, places, strict=True)):
        lines = _lines(cell)
        colour = MUTED if cell.tone == "muted" else SERIES[2] if cell.warns else INK
        for at, line in enumerate(lines):
            ax.text(x, y + PAD + (at + 0.5) * SIZE * LINE, line, ha=side, va="center",
                    fontsize=SIZE, color=colour,
                    fontweight="bold" if _bold(cell, k == 0) else "normal")  # fmt: skip
        if cell.mark:
            ax.text(x + 1.5, y + PAD + 0.3 * SIZE * LINE, drawable(cell.mark), ha="left",
                    va="center", fontsize=SMALL, color=INK)  # fmt: skip
        if cell.sub:
            below = y + PAD + len(lines) * SIZE * LINE + 0.5 * SMALL * LINE
            ax.text(x, below, drawable(cell.sub), ha=side, va="center", fontsize=SMALL,
                    color=MUTED)  # fmt: skip
