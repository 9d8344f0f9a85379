"""A product that is made: what the page shows, its picture and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.report.blocks import Block
from harness.report.figures.style import Drawing


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """One table or figure of the paper.

    Attributes
    ----------
    title : str
        Its name in the study file.
    file : str
        Path of its files without ending.
    blocks : tuple of Block
        What the page shows under its name.
    drawing : Drawing or None
        None where nothing can be drawn.
    heads : tuple of str
        Columns of its CSV, which stand there even where it has no row.
    rows : list of dict
        Its numbers with every digit.
    """

    title: str
    file: str
    blocks: tuple[Block, ...]
    drawing: Drawing | None
    heads: tuple[str, ...]
    rows: list[dict[str, Any]]
