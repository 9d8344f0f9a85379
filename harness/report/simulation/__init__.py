"""The report of a simulation study, from its results dict alone."""

from __future__ import annotations

from harness.report.simulation.write import render_simulation_report, write_simulation_report

__all__ = ["render_simulation_report", "write_simulation_report"]
