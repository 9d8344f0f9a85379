"""Where the files of a report lie, by the names of what they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.report.slug import slugs
from harness.report.whole import Document


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths below the report's folder, without ending.

    Attributes
    ----------
    figures, tables : mapping of str to str
        By the name of a drawing and of a table.
    """

    figures: Mapping[str, str]
    tables: Mapping[str, str]


def files_beside(document: Document) -> list[tuple[str, str]]:
    """Return what lies beside the page, and what each holds."""
    found = [
        ("report.md", "the same report as Markdown"),
        ("results.json", "every number, with 17 digits"),
        ("tables/*.csv", "tables with every digit, a row a fit, a term or a comparison"),
        ("tables/*.tex", "the tables of this page as LaTeX with booktabs, to input in a paper"),
    ]
    if document.drawings:
        found.append(("figures/*", "each figure as SVG and PNG, and its numbers as CSV"))
    if document.products:
        found.append(("products/*", "the paper’s tables and figures: CSV, SVG, PNG, and LaTeX"))
    return found


def paths_of(document: Document) -> Paths:
    """Return the paths of every figure and table; a product's are named by its own file."""
    own = {product.file: product.file for product in document.products}
    figures = slugs(drawing.name for drawing in document.drawings if drawing.name not in own)
    tables = slugs(table.name for table in document.tables if table.name not in own)
    return Paths(
        {name: f"figures/{stem}" for name, stem in figures.items()} | own,
        {name: f"tables/{stem}" for name, stem in tables.items()} | own,
    )
