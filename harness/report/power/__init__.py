"""The report of a power analysis, from its results dict alone."""

from __future__ import annotations

from harness.report.power.write import render_power_report, write_power_report

__all__ = ["render_power_report", "write_power_report"]
