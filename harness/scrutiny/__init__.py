"""What a referee would ask of fits that agree: pure functions with frozen results."""

from __future__ import annotations
