"""The nearest existing name, for columns and readers; see ``harness.names``."""

from __future__ import annotations

from harness.names import nearest, suggestion

__all__ = ["nearest", "suggestion"]
