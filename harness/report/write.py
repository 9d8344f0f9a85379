"""From results to files: everything is made in memory first, so nothing is half written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.report.document import document
from harness.report.frames import all_frames, csv_bytes
from harness.report.markdown import markdown
from harness.report.page import page
from harness.report.reading import Reading
from harness.report.slug import slugs


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
    made = document(reading)
    stems = slugs(drawing.name for drawing in made.drawings)
    pages = {
        "index.html": page(made, stems).encode("utf-8"),
        "report.md": markdown(made, stems).encode("utf-8"),
    }
    for name, frame in all_frames(reading).items():
        pages[f"tables/{name}.csv"] = csv_bytes(frame)
    for drawing in made.drawings:
        pages[f"figures/{stems[drawing.name]}.svg"] = drawing.svg
        pages[f"figures/{stems[drawing.name]}.png"] = drawing.png
    return pages


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
    out = Path(out)
    for name, content in render_report(results).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return out / "index.html"
