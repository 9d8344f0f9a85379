"""What the page of a large study leaves to the files beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from harness.report.blocks import Section
from harness.report.embed import data_uri
from harness.report.figures.style import Drawing
from harness.report.reading import WHOLE_PANEL, Reading, Record, answered

# More analyses, and nobody opens the recipes of every fit: a page holds what is read.
MANY_ANALYSES = 40
# Rows of a table in such a page; the rest is in its CSV.
LONGEST = 200
# Characters of figures that such a page holds in itself.
EMBEDDED = 1_400_000


def is_large(reading: Reading) -> bool:
    """Return whether a study has so many analyses that its page is kept short."""
    return len(reading.analyses) > MANY_ANALYSES


def longest(reading: Reading) -> int | None:
    """Return how many rows of a long table the page holds, None for all."""
    return LONGEST if is_large(reading) else None


def shown_fits(reading: Reading, fits: Iterable[Record]) -> list[Record]:
    """Return the fits whose recipes the page holds: of a large study the base model, whole panel.

    The lines of every fit are in results.json.
    """
    large = is_large(reading)
    return [
        fit
        for fit in fits
        if not large or (fit["stratum"], fit["variant"]) == (WHOLE_PANEL, "base")
    ]


def listed_fits(reading: Reading) -> list[Record]:
    """Return the fits that the page lists: those with a recipe, and all no clean answers."""
    recipes = {fit["id"] for fit in shown_fits(reading, reading.fits)}
    return [fit for fit in reading.fits if fit["id"] in recipes or not _clean(fit)]


def _clean(fit: Record) -> bool:
    found = fit.get("certificate")
    return answered(fit) and bool(fit["converged"]) and (found is None or found["certified"])


def embedded_figures(reading: Reading, sections: Iterable[Section]) -> dict[str, str]:
    """Return the data URI of each figure that the page holds in itself.

    Of a large study the first in reading order that are not folded, as long as there is room; the
    others are links to their files.
    """
    drawings: dict[str, Drawing] = {}
    for section in sections:
        blocks = section.open_drawings if is_large(reading) else section.drawings
        drawings |= {drawing.name: drawing for drawing in blocks}
    found: dict[str, str] = {}
    room: float = EMBEDDED if is_large(reading) else math.inf
    for name, drawing in drawings.items():
        uri = data_uri(drawing.svg)
        if len(uri) <= room:
            found[name] = uri
            room -= len(uri)
    return found
