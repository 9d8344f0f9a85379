"""Simulated data: each true stage with the estimates of it, by family."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.report.reading import Reading, Record, reliable

FAMILIES = ("poisson", "nb2")


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """One stage of one analysis.

    Attributes
    ----------
    value : float
        The log rate ratio that the data were drawn with.
    fits : dict of str to Record or None
        The fit of each family; None where there is no reliable one.
    """

    indicator: str
    stratum: str
    term: str
    value: float
    fits: dict[str, Record | None]

    def covered(self, family: str) -> bool | None:
        """Whether the 95 % interval holds the truth; None without an interval."""
        fit = self.fits[family]
        if fit is None:
            return None
        p = fit["params"][self.term]
        return bool(p["ci_low"] <= self.value <= p["ci_high"])


def truths(reading: Reading) -> list[Truth]:
    """Return every true stage that was fitted, the whole panel first; none of observed data."""
    known = {
        (row["indicator"], row["stratum"], row["term"]): row["value"]
        for row in reading.results.get("truth", [])
    }
    found = []
    for indicator, stratum in reading.analyses:
        key = (indicator["name"], stratum["name"])
        fits = _by_family(reading, *key)
        if not any(fits.values()):
            continue
        found += [
            Truth(*key, term, known[*key, term], fits)
            for term in reading.stages
            if (*key, term) in known
        ]
    return found


def _by_family(reading: Reading, indicator: str, stratum: str) -> dict[str, Record | None]:
    fits = [reading.reference(indicator, stratum), *reading.wider(indicator, stratum)]
    return {
        family: next((f for f in fits if f and f["family"] == family and reliable(f)), None)
        for family in FAMILIES
    }


def coverage(found: Iterable[Truth], family: str) -> tuple[int, int]:
    """Return how many intervals of a family hold the truth, and of how many."""
    known = [held for truth in found if (held := truth.covered(family)) is not None]
    return sum(known), len(known)
