"""From results to files: everything is made in memory first, so nothing is half written.

The page, the Markdown and the tables of each kind of report are made from its results dict alone:
the same dict gives the same bytes, and a dict of another schema or kind is refused by a
``ConfigError`` before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from harness.report.document import document
from harness.report.frames import all_frames, csv_bytes, product_frame
from harness.report.latex import latex
from harness.report.markdown import markdown
from harness.report.page import page
from harness.report.paths import paths_of
from harness.report.power.document import power_document
from harness.report.power.frames import power_frames
from harness.report.power.reading import PowerAnalysis
from harness.report.reading import Reading
from harness.report.simulation.document import simulation_document
from harness.report.simulation.frames import simulation_frames
from harness.report.simulation.reading import Simulation
from harness.report.whole import Document


def render_report(results: dict[str, Any]) -> dict[str, bytes]:
    """Return every file of the report on a study by its path."""
    reading = Reading(results)
    return rendered(document(reading), all_frames(reading))


def render_simulation_report(results: dict[str, Any]) -> dict[str, bytes]:
    """Return every file of the report on a simulation study by its path."""
    sim = Simulation(results)
    return rendered(simulation_document(sim), simulation_frames(sim))


def render_power_report(results: dict[str, Any]) -> dict[str, bytes]:
    """Return every file of the report on a power analysis by its path."""
    analysis = PowerAnalysis(results)
    return rendered(power_document(analysis), power_frames(analysis))


def write_report(results: dict[str, Any], out: Path) -> Path:
    """Write the report on a study into a folder, and return the path of its page."""
    return write_files(render_report(results), out)


def write_simulation_report(results: dict[str, Any], out: Path) -> Path:
    """Write the report on a simulation study into a folder, and return the path of its page."""
    return write_files(render_simulation_report(results), out)


def write_power_report(results: dict[str, Any], out: Path) -> Path:
    """Write the report on a power analysis into a folder, and return the path of its page."""
    return write_files(render_power_report(results), out)


def rendered(made: Document, frames: Mapping[str, pd.DataFrame]) -> dict[str, bytes]:
    """Return every file of a report of any kind by its path.

    Parameters
    ----------
    made : Document
    frames : mapping of str to DataFrame
        The CSV tables by file stem.
    """
    paths = paths_of(made)
    products = {product.file: csv_bytes(product_frame(product)) for product in made.products}
    numbers = {
        drawing.name: products.get(drawing.name) or csv_bytes(pd.DataFrame(list(drawing.rows)))
        for drawing in made.drawings
    }
    texts = {name: text.decode("utf-8") for name, text in numbers.items()}
    pages = {
        "index.html": page(made, paths, texts).encode("utf-8"),
        "report.md": markdown(made, paths).encode("utf-8"),
    }
    pages |= {f"tables/{name}.csv": csv_bytes(frame) for name, frame in frames.items()}
    pages |= {f"{paths.tables[t.name]}.tex": latex(t).encode("utf-8") for t in made.tables}
    pages |= {f"{file}.csv": text for file, text in products.items()}
    for drawing in made.drawings:
        stem = paths.figures[drawing.name]
        pages |= {f"{stem}.svg": drawing.svg, f"{stem}.png": drawing.png}
        pages[f"{stem}.csv"] = numbers[drawing.name]
    return pages


def write_files(pages: Mapping[str, bytes], out: Path) -> Path:
    """Write the files of a report into a folder and return the path of its HTML page."""
    out = Path(out)
    for name, content in pages.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return out / "index.html"
