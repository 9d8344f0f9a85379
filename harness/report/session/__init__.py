"""The report on everything that one test session compared."""

from __future__ import annotations

from harness.report.session.write import render_session_report, write_session_report

__all__ = ["render_session_report", "write_session_report"]
