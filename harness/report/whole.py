"""A report as its page and its Markdown see it, whatever kind of report it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.report.blocks import Section
from harness.report.figures.style import Drawing
from harness.report.products import Product
from harness.report.status import Status
from harness.report.tables.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """The whole report.

    Attributes
    ----------
    kind : str
        What kind of report, as its first line says it.
    name, title, command : str
        Name and title of the study, and the command that made the report.
    status : Status
        The verdict and the checks under it.
    count, counted : str
        A number under the verdict, and what it counts; both empty where nothing is counted.
    aside, aside_text : str
        The line that opens what is folded under the checks, and what it says.
    sections : tuple of Section
        In reading order; the first in which results stand has the anchor "findings".
    drawings : tuple of Drawing
        Every figure, each written as a file.
    images : mapping of str to str
        Data URI of each figure that the page holds in itself, by name.
    products : tuple of Product
        Tables and figures that a study asked for by name.
    fit_ids : mapping of str to str
        Anchors of the fits that the page shows in full, by id.
    longest : int or None
        How many rows of a long table the page holds; None for all.
    """

    kind: str
    name: str
    title: str
    command: str
    status: Status
    count: str
    counted: str
    aside: str
    aside_text: str
    sections: tuple[Section, ...]
    drawings: tuple[Drawing, ...]
    images: Mapping[str, str]
    products: tuple[Product, ...] = ()
    fit_ids: Mapping[str, str] = field(default_factory=dict)
    longest: int | None = None

    @property
    def tables(self) -> list[Table]:
        """The tables of the sections, folded ones included; not the digits of single fits."""
        return [table for section in self.sections for table in section.tables]
