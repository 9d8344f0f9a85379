"""Colours, fonts and the way from a matplotlib figure to bytes that are the same every time."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib as mpl
import matplotlib.font_manager as fonts
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from PIL import Image

from harness.report.plaintext import visible

INK = "#1b1f24"
MUTED = "#59636e"
GRID = "#dde2e7"
SHADE = "#edf1f5"
PAPER = "#ffffff"
LANGUAGE = {"R": "#0b5cad", "Python": "#b8480a"}
OTHER_LANGUAGE = "#5d3a9b"
# Okabe and Ito's colours for the colour-blind, darkened for lines on white.
SERIES = ("#1b1f24", "#0072b2", "#b8480a", "#007d5c", "#a8487e", "#7a6a00", "#5d3a9b")
# The same colours where a page is dark; a figure in the page swaps one for the other.
DARK = {
    INK: "#e6e9ec",
    MUTED: "#a2acb7",
    GRID: "#333a42",
    SHADE: "#232a32",
    PAPER: "#14181d",
    "#0b5cad": "#6cb2f5",
    "#b8480a": "#ff9a5c",
    "#5d3a9b": "#b79bec",
    "#0072b2": "#56b4e9",
    "#007d5c": "#3fc79a",
    "#a8487e": "#e58fc0",
    "#7a6a00": "#e0cf4f",
}
RC: dict[Any, Any] = {
    "svg.hashsalt": "harness",
    "svg.fonttype": "path",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "savefig.dpi": 160,
    "lines.linewidth": 1.6,
}
SHARED_SCALE = 3.0
DECADES_WITH_STEPS = 1e3
PIXELS_PER_INCH = 100


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished figure: name, alternative text, caption, size in CSS pixels, bytes, numbers.

    ``rows`` are what is drawn, one record a mark, all with the same keys.
    """

    name: str
    alt: str
    caption: str
    width: int
    height: int
    svg: bytes
    png: bytes
    rows: tuple[Mapping[str, Any], ...] = ()


@contextmanager
def house_style() -> Iterator[None]:
    """Draw by the house's settings alone, whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches, on the Agg canvas."""
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08, wspace=0.03, hspace=0.05)
    figure = Figure(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def small_multiples(n: int, height: float = 2.5) -> tuple[Figure, list[Axes]]:
    """Return a figure with n axes, at most three in a row."""
    across = min(3, n)
    down = -(-n // across)
    figure = new_figure(3.35 * across + (1.4 if across == 1 else 0.0), height * down + 0.55)
    grid = figure.subplots(down, across, squeeze=False)
    axes = list(grid.flat)
    for spare in axes[n:]:
        spare.set_visible(False)
    return figure, axes[:n]


def drawing(
    figure: Figure, name: str, alt: str, caption: str, rows: Iterable[Mapping[str, Any]] = ()
) -> Drawing:
    """Return the figure as SVG and PNG without dates or versions, with the numbers it shows."""
    svg, png = io.BytesIO(), io.BytesIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    # Laid out once for both formats: the layout costs as much as the drawing.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    figure.savefig(svg, format="svg", metadata=nothing)
    figure.savefig(png, format="png", metadata={"Software": None})
    width, height = (round(PIXELS_PER_INCH * inches) for inches in figure.get_size_inches())
    pictures = svg.getvalue(), _with_palette(png)
    return Drawing(name, alt, caption, width, height, *pictures, tuple(rows))


def _with_palette(png: io.BytesIO) -> bytes:
    """Return a PNG with 256 colours, a third of the size; these figures have few."""
    found = io.BytesIO()
    with Image.open(png) as picture:
        flat = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        flat.save(found, format="png", optimize=True, dpi=picture.info["dpi"])
    return found.getvalue()


@cache
def _glyphs() -> frozenset[int]:
    path = fonts.findfont("DejaVu Sans")
    return frozenset(FT2Font(path).get_charmap())


def drawable(text: str) -> str:
    """Return text with every character that the font lacks as an empty box."""
    known, line = _glyphs(), " ".join(visible(text).split())
    return "".join(c if ord(c) in known else "\N{WHITE SQUARE}" for c in line)


def in_legend(text: str) -> str:
    """Return drawable text that matplotlib does not hide, as it does labels that open with _."""
    shown = drawable(text)
    return f" {shown}" if shown.startswith("_") else shown


def wrapped(text: str, width: int = 36, lines: int = 2) -> str:
    """Return text on at most so many lines, the rest cut with an ellipsis."""
    return "\n".join(
        textwrap.wrap(drawable(text), width, max_lines=lines, placeholder=" …") or [""]
    )


def colour_of(language: str) -> str:
    """Return the colour that stands for a language."""
    return LANGUAGE.get(language, OTHER_LANGUAGE)


def shade_event(ax: Axes, window: tuple[int, int]) -> None:
    """Shade the event period: from the period before the event to the one after it."""
    ax.axvspan(max(-1, window[0]), min(1, window[1]), color=SHADE, linewidth=0, zorder=0)


def plain_log(ax: Axes) -> None:
    """Make the x axis logarithmic, with plain numbers: powers would show as TeX source."""
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    steps = (1.0, 2.0, 5.0) if high < DECADES_WITH_STEPS * low else (1.0,)
    plain = FuncFormatter(lambda x, _: f"{x:,.10g}")
    ax.xaxis.set_major_locator(LogLocator(subs=steps))
    ax.xaxis.set_major_formatter(plain)
    ax.xaxis.set_minor_formatter(NullFormatter())


def share_if_alike(axes: list[Axes], axis: str = "y") -> bool:
    """Give all axes one scale where the widest range is at most three times the narrowest."""
    limits = [ax.get_ylim() if axis == "y" else ax.get_xlim() for ax in axes]
    sizes = [high - low for low, high in limits]
    if max(sizes) > SHARED_SCALE * min(sizes):
        return False
    low, high = min(x[0] for x in limits), max(x[1] for x in limits)
    for ax in axes:
        _ = ax.set_ylim(low, high) if axis == "y" else ax.set_xlim(low, high)
    return True
