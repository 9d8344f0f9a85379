"""What was chosen for a role, and why; what was left out, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["unit", "period", "event", "exposure", "count"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The column of one role.

    Attributes
    ----------
    reason : str
        What in its values speaks for it.
    by : {"option", "values", "name"}
        What decided: the command line, values that no other column has, or else the name.
    also : tuple of str
        Other columns whose values would allow the role.
    """

    role: Role
    column: str
    reason: str
    by: Literal["option", "values", "name"] = "values"
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that is not used."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Columns named on the command line; None and an empty tuple leave the choice open."""

    unit: str | None = None
    period: str | None = None
    event: str | None = None
    exposure: str | None = None
    counts: tuple[str, ...] = ()

    @property
    def roles(self) -> Mapping[str, str]:
        """Columns by role, counts among them."""
        named = {role: getattr(self, role) for role in ("unit", "period", "event", "exposure")}
        counts = {f"count {k}": name for k, name in enumerate(self.counts, start=1)}
        return {role: name for role, name in {**named, **counts}.items() if name is not None}
