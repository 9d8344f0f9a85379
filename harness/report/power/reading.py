"""Look-ups in the results of a power analysis: axes, points along them, what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.report.reading import Record
from harness.report.simulation.reading import checked

KIND = "power"
TESTS = {
    "wald": "Wald test",
    "wald-t": "Wald test against a t distribution",
    "lr": "likelihood-ratio test",
    "bootstrap": "parametric-bootstrap test",
}


@dataclass(frozen=True, slots=True)
class Line:
    """The points that share a value of the second axis, in the order of the first.

    ``value`` is None where there is one axis only.
    """

    value: Any
    points: tuple[Record, ...]

    @property
    def known(self) -> list[Record]:
        """The points that have a power."""
        return [point for point in self.points if point["power"] is not None]


@dataclass(frozen=True, slots=True, eq=False)
class PowerAnalysis:
    """The results of a power analysis and the look-ups that tables and figures share.

    Raises
    ------
    ConfigError
        Where the dict has another schema or kind than this version reads.
    """

    results: Record

    def __post_init__(self) -> None:
        checked(self.results, KIND)

    @property
    def study(self) -> Record:
        """The study block."""
        study: Record = self.results["study"]
        return study

    @property
    def options(self) -> Record:
        """Seed, replicates, batch, alpha, target, command and the half width asked for."""
        options: Record = self.results["options"]
        return options

    @property
    def target(self) -> float | None:
        """The power asked for, a proportion; None where none was."""
        target: float | None = self.options["target"]
        return target

    @property
    def axes(self) -> list[Record]:
        """One or two axes."""
        return list(self.results["axes"])

    @property
    def points(self) -> list[Record]:
        """Every combination of values that was simulated."""
        return list(self.results["points"])

    @property
    def known(self) -> list[Record]:
        """The points that have a power."""
        return [point for point in self.points if point["power"] is not None]

    @property
    def lines(self) -> list[Line]:
        """The points along the first axis, one line a value of the second."""
        points = _ordered(self.points, self.axes[0]["name"])
        if len(self.axes) < 2:
            return [Line(None, tuple(points))] if points else []
        name = self.axes[1]["name"]
        values = dict.fromkeys(point["axis"][name] for point in self.points)
        return [
            Line(value, tuple(point for point in points if point["axis"][name] == value))
            for value in values
        ]

    @property
    def evaluations(self) -> list[Record]:
        """The designs that the search looked at; empty where none was asked for."""
        search = self.results["search"]
        return list(search["evaluations"]) if search else []

    def axis(self, name: str) -> Record:
        """Return an axis by name; one that was only searched along is called by its name."""
        found = (axis for axis in self.axes if axis["name"] == name)
        return next(found, {"name": name, "label": name, "unit": "", "values": []})

    @property
    def first(self) -> Record:
        """The axis of the curve: the first of the grid, that of the search where there is none."""
        search = self.results["search"]
        return self.axes[0] if self.points or not search else self.axis(search["axis"])

    @property
    def test(self) -> str:
        """The test in words."""
        name: str = self.results["test"]
        return TESTS.get(name, name)


def is_number(value: Any) -> bool:
    """Return whether a value of an axis is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordered(points: list[Record], name: str) -> list[Record]:
    """Return points by a value of an axis; as they come where it is no number."""
    if not all(is_number(point["axis"][name]) for point in points):
        return points
    return sorted(points, key=lambda point: point["axis"][name])


def half_width(point: Record) -> float | None:
    """Return half the width of the interval on a power, None where it has none."""
    if point["low"] is None or point["high"] is None:
        return None
    return float(point["high"] - point["low"]) / 2.0


def swayed(point: Record) -> float:
    """Return by how much the power would change with the way failures are counted."""
    low, high = point["power_lowest"], point["power_highest"]
    return 0.0 if low is None or high is None else float(high - low)
