"""Whether a rate is what it should be, given its Monte Carlo error."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import scipy.stats

from harness.report.numerics import Z_95
from harness.report.reading import Record
from harness.report.simulation.reading import Simulation

Verdict = Literal["within", "below", "above"]
ALPHA = 0.05  # of all judgements together


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One rate beside what it should be.

    Attributes
    ----------
    row : mapping
        The record of results.json.
    nominal : float
        What the rate should be, a proportion.
    error : float
        Its Monte Carlo standard error, that of the nominal rate where every replicate agreed and
        the plain one is 0.
    """

    row: Record
    nominal: float
    error: float

    @property
    def away(self) -> float:
        """Distance from the nominal rate in Monte Carlo errors; negative below it."""
        return float((self.row["value"] - self.nominal) / self.error)

    @property
    def p_value(self) -> float:
        """Two-sided exact binomial test that the rate is nominal."""
        n = int(self.row["n"])
        test = scipy.stats.binomtest(round(self.row["value"] * n), n, self.nominal)
        return float(test.pvalue)

    @property
    def verdict(self) -> Verdict:
        """Within 1.96 Monte Carlo errors of the nominal rate, below or above."""
        if abs(self.away) <= Z_95:
            return "within"
        return "below" if self.away < 0 else "above"


def judged(row: Record | None, nominal: float) -> Judged | None:
    """Return the judgement on a rate, None where it has no value."""
    if row is None or row["value"] is None or not row["n"]:
        return None
    return Judged(row, nominal, row["mcse"] or math.sqrt(nominal * (1.0 - nominal) / row["n"]))


def coverages(sim: Simulation) -> list[Judged]:
    """Return every coverage of the study that has a value."""
    return [found for key in _cells(sim) if (found := judged_coverage(sim, *key))]


def judged_coverage(sim: Simulation, process: str, method: str, term: str) -> Judged | None:
    """Return the judgement on the coverage of one term."""
    return judged(sim.measure(process, method, term, "coverage"), sim.level)


def type_one_errors(sim: Simulation) -> list[Judged]:
    """Return every rejection rate of a term whose truth is zero."""
    found = (
        judged(sim.measure(process, method, term, "rejection"), 1.0 - sim.level)
        for process, method, term in _cells(sim)
        if term in sim.without_effect(process, method)
    )
    return [one for one in found if one is not None]


def _cells(sim: Simulation) -> Iterator[tuple[str, str, str]]:
    for rate in sim.rates:
        process, method = rate["process"], rate["method"]
        for term in sim.terms(process, method):
            yield process, method, term


def outside(rates: list[Judged]) -> list[Judged]:
    """Return the rates further from nominal than 1.96 Monte Carlo errors, furthest first."""
    found = [one for one in rates if one.verdict != "within"]
    return sorted(found, key=lambda one: -abs(one.away))


def beyond_chance(rates: list[Judged]) -> list[Judged]:
    """Return the rates that chance does not explain although so many were looked at.

    By the exact binomial test of the nominal rate, whose p-value does not lean on a Monte Carlo
    error that shrinks as the rate nears 0 or 1; with Bonferroni, so that among m rates that are all
    nominal one is returned in at most 5 % of studies.
    """
    return [one for one in outside(rates) if one.p_value * len(rates) < ALPHA]


def away_from_zero(row: Record | None) -> bool:
    """Return whether a measure that should be 0 is further from it than 1.96 Monte Carlo errors."""
    if row is None or row["value"] is None or not row["mcse"]:
        return False
    return bool(abs(row["value"]) > Z_95 * row["mcse"])
