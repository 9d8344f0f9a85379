"""The report: one HTML page, Markdown, CSV tables and figures, from a results dict alone."""

from __future__ import annotations

from harness.report.write import render_report, write_report

__all__ = ["render_report", "write_report"]
from harness.report.simulation_stub import write_power_report, write_simulation_report
