"""Names of the certified cases."""

from __future__ import annotations

from harness.resources import folder


def case_names() -> list[str]:
    """Return the names of all cases."""
    return sorted(path.parent.name for path in folder("certified").glob("*/case.yaml"))
