"""From the results of a simulation study to the files of its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.report.simulation.document import simulation_document
from harness.report.simulation.frames import simulation_frames
from harness.report.simulation.reading import Simulation
from harness.report.write import rendered, write_files


def render_simulation_report(results: dict[str, Any]) -> dict[str, bytes]:
    """Return every file of the report by its path; the same dict gives the same bytes.

    Parameters
    ----------
    results : dict
        The content of results.json, schema 1, kind "simulation".

    Raises
    ------
    ConfigError
        Where ``results`` has another schema or kind.
    """
    sim = Simulation(results)
    return rendered(simulation_document(sim), simulation_frames(sim))


def write_simulation_report(results: dict[str, Any], out: Path) -> Path:
    """Write the report into a folder and return the path of its HTML page.

    Parameters
    ----------
    results : dict
        The content of results.json, schema 1, kind "simulation".
    out : Path
        The folder; made where it is missing.

    Raises
    ------
    ConfigError
        Where ``results`` has another schema or kind; nothing is written then.
    """
    return write_files(render_simulation_report(results), out)
