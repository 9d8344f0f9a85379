"""Reports of three kinds, from a results dict alone: one page, Markdown, tables, figures."""

from __future__ import annotations

from harness.report.write import (
    render_power_report,
    render_report,
    render_simulation_report,
    write_power_report,
    write_report,
    write_simulation_report,
)

__all__ = [
    "render_power_report",
    "render_report",
    "render_simulation_report",
    "write_power_report",
    "write_report",
    "write_simulation_report",
]
