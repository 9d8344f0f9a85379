"""From the results of a power analysis to the files of its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.report.power.document import power_document
from harness.report.power.frames import power_frames
from harness.report.power.reading import PowerAnalysis
from harness.report.write import rendered, write_files


def render_power_report(results: dict[str, Any]) -> dict[str, bytes]:
    """Return every file of the report by its path; the same dict gives the same bytes.

    Parameters
    ----------
    results : dict
        The content of results.json, schema 1, kind "power".

    Raises
    ------
    ConfigError
        Where ``results`` has another schema or kind.
    """
    analysis = PowerAnalysis(results)
    return rendered(power_document(analysis), power_frames(analysis))


def write_power_report(results: dict[str, Any], out: Path) -> Path:
    """Write the report into a folder and return the path of its HTML page.

    Parameters
    ----------
    results : dict
        The content of results.json, schema 1, kind "power".
    out : Path
        The folder; made where it is missing.

    Raises
    ------
    ConfigError
        Where ``results`` has another schema or kind; nothing is written then.
    """
    return write_files(render_power_report(results), out)
