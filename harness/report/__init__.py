"""Reports of three kinds, from a results dict alone: one page, Markdown, CSV tables, figures."""

from __future__ import annotations

from harness.report.power import render_power_report, write_power_report
from harness.report.simulation import render_simulation_report, write_simulation_report
from harness.report.write import render_report, write_report

__all__ = [
    "render_power_report",
    "render_report",
    "render_simulation_report",
    "write_power_report",
    "write_report",
    "write_simulation_report",
]
