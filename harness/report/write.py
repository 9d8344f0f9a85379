"""From results to files: everything is made in memory first, so nothing is half written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from harness.report.document import document
from harness.report.frames import all_frames, csv_bytes, product_frame
from harness.report.markdown import markdown
from harness.report.page import page
from harness.report.reading import Reading
from harness.report.slug import slugs
from harness.report.whole import Document


def render_report(results: dict[str, Any]) -> dict[str, bytes]:
    """Return every file of the report by its path; the same dict gives the same bytes.

    Parameters
    ----------
    results : dict
        The content of results.json, schema 1.

    Raises
    ------
    ConfigError
        Where ``results`` has another schema.
    """
    reading = Reading(results)
    return rendered(document(reading), all_frames(reading))


def rendered(made: Document, frames: Mapping[str, pd.DataFrame]) -> dict[str, bytes]:
    """Return every file of a report of any kind by its path.

    Parameters
    ----------
    made : Document
    frames : mapping of str to DataFrame
        The CSV tables by file stem.
    """
    paths = _figure_paths(made)
    pages = {
        "index.html": page(made, paths).encode("utf-8"),
        "report.md": markdown(made, paths).encode("utf-8"),
    }
    for name, frame in frames.items():
        pages[f"tables/{name}.csv"] = csv_bytes(frame)
    for product in made.products:
        pages[f"{product.file}.csv"] = csv_bytes(product_frame(product))
    for drawing in made.drawings:
        pages[f"{paths[drawing.name]}.svg"] = drawing.svg
        pages[f"{paths[drawing.name]}.png"] = drawing.png
    return pages


def _figure_paths(made: Document) -> dict[str, str]:
    """Return the path of each figure without ending; a product's figure is named by its own."""
    own = {product.file for product in made.products}
    stems = slugs(drawing.name for drawing in made.drawings if drawing.name not in own)
    return {name: f"figures/{stem}" for name, stem in stems.items()} | {name: name for name in own}


def write_report(results: dict[str, Any], out: Path) -> Path:
    """Write the report into a folder and return the path of its HTML page.

    Parameters
    ----------
    results : dict
        The content of results.json, schema 1.
    out : Path
        The folder; made where it is missing.

    Raises
    ------
    ConfigError
        Where ``results`` has another schema; nothing is written then.
    """
    return write_files(render_report(results), out)


def write_files(pages: Mapping[str, bytes], out: Path) -> Path:
    """Write the files of a report into a folder and return the path of its HTML page."""
    out = Path(out)
    for name, content in pages.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return out / "index.html"
