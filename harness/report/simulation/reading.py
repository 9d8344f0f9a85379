"""Look-ups in the results of a simulation study: what was measured of which method on what data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import ConfigError
from harness.report.reading import SCHEMA, Record

KIND = "simulation"
INTERCEPT = "intercept"


def checked(results: Record, kind: str) -> None:
    """Refuse results of another schema or kind.

    Raises
    ------
    ConfigError
        Naming what was found and what is read.
    """
    found = results.get("schema"), results.get("kind")
    if found != (SCHEMA, kind):
        raise ConfigError(
            f"results have schema {found[0]!r} and kind {found[1]!r}, this report reads"
            f" {SCHEMA} and {kind!r}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """The results of a simulation study and the look-ups that tables and figures share.

    Raises
    ------
    ConfigError
        Where the dict has another schema or kind than this version reads.
    """

    results: Record
    _measures: Mapping[tuple[str, str, str, str], Record] = field(init=False, repr=False)
    _terms: Mapping[tuple[str, str], list[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        checked(self.results, KIND)
        keys = ("process", "method", "term", "measure")
        rows = self.results["performance"]
        terms: dict[tuple[str, str], dict[str, None]] = {}
        for row in rows:
            terms.setdefault((row["process"], row["method"]), {})[row["term"]] = None
        object.__setattr__(self, "_measures", {tuple(row[k] for k in keys): row for row in rows})
        object.__setattr__(self, "_terms", {key: list(own) for key, own in terms.items()})

    @property
    def study(self) -> Record:
        """The study block."""
        study: Record = self.results["study"]
        return study

    @property
    def options(self) -> Record:
        """Seed, replicates, batch, alpha and command."""
        options: Record = self.results["options"]
        return options

    @property
    def level(self) -> float:
        """The nominal coverage of the intervals, 1 minus alpha."""
        return 1.0 - float(self.options["alpha"])

    @property
    def processes(self) -> list[Record]:
        """Data-generating processes in the order of the study."""
        return list(self.results["processes"])

    @property
    def methods(self) -> list[Record]:
        """Methods in the order of the study."""
        return list(self.results["methods"])

    @property
    def rates(self) -> list[Record]:
        """Failures and singular fits, one record a method on a process."""
        return list(self.results["rates"])

    def process(self, name: str) -> Record:
        """Return one process."""
        return _named(self.processes, name)

    def method(self, name: str) -> Record:
        """Return one method."""
        return _named(self.methods, name)

    def rates_of(self, process: str) -> list[Record]:
        """Return the rates of every method on one process."""
        return [rate for rate in self.rates if rate["process"] == process]

    def terms(self, process: str, method: str | None = None) -> list[str]:
        """Return the terms that were measured on a process, those of one method or of all."""
        found: dict[str, None] = {}
        for (name, by), terms in self._terms.items():
            if name == process and method in (None, by):
                found |= dict.fromkeys(terms)
        return list(found)

    def effects(self, process: str, method: str | None = None) -> list[str]:
        """Return the terms about which a test asks something: all but the intercept."""
        return [term for term in self.terms(process, method) if term != INTERCEPT]

    def measure(self, process: str, method: str, term: str, measure: str) -> Record | None:
        """Return one measure; None where it was not computed at all."""
        return self._measures.get((process, method, term, measure))

    def known(self, process: str, method: str, term: str, measure: str) -> Record | None:
        """Return one measure that has a value, None otherwise."""
        found = self.measure(process, method, term, measure)
        return found if found is not None and found["value"] is not None else None

    def without_effect(self, process: str, method: str) -> list[str]:
        """Return the terms whose truth is zero: their rejections are type I errors."""
        rows = ((t, self.measure(process, method, t, "rejection")) for t in self.effects(process))
        return [term for term, row in rows if row is not None and row["truth"] == 0.0]

    def with_effect(self, process: str, method: str) -> list[str]:
        """Return the terms whose truth is known and not zero: their rejections are power."""
        rows = ((t, self.measure(process, method, t, "rejection")) for t in self.effects(process))
        return [term for term, row in rows if row is not None and row["truth"]]


def _named(records: list[Record], name: str) -> Record:
    found = next((record for record in records if record["name"] == name), None)
    if found is None:
        raise ConfigError(f"results: {name!r} is measured but not described")
    return found


def failed(record: Mapping[str, Any]) -> int:
    """Return how many replicates failed at any stage."""
    return sum(int(n) for n in record["failed"].values())
