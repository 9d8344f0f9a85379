"""The fits of every variant beside the base model's, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from harness.report.derived import conclusion_differs
from harness.report.reading import PREFERENCE, Reading, Record, reliable

BASE = "base"


@dataclass(frozen=True, slots=True)
class Shift:
    """One stage under one variant.

    Attributes
    ----------
    fit : Record or None
        None where the variant does not ask for this analysis, or has no such stage.
    shift : float or None
        Change of the estimate in standard errors of the base fit.
    differs : bool
        Whether sign or 5 % significance leads to another conclusion.
    """

    fit: Record | None
    shift: float | None = None
    differs: bool = False

    @property
    def usable(self) -> bool:
        """Whether there is a reliable estimate."""
        return self.fit is not None and reliable(self.fit)


@dataclass(frozen=True)
class Variants:
    """Look-up of the variants' fits: for each the preferred engine, tight before default."""

    reading: Reading

    @cached_property
    def names(self) -> list[str]:
        """Variants in the order of the study; those with other stages are another question."""
        stages = set(self.reading.stages)
        there = dict.fromkeys(
            fit["variant"] for fit in self.reading.fits if stages <= set(fit["params"])
        )
        return [name for name in there if name != BASE]

    @cached_property
    def _best(self) -> dict[tuple[str, str, str], Record]:
        found: dict[tuple[str, str, str], Record] = {}
        for fit in sorted(self.reading.fits, key=_rank):
            found.setdefault((fit["indicator"], fit["stratum"], fit["variant"]), fit)
        return found

    def shift(self, indicator: str, stratum: str, variant: str, term: str) -> Shift:
        """Return one stage under one variant, against the fit that the report speaks by."""
        base = self.reading.reference(indicator, stratum)
        fit = self._best.get((indicator, stratum, variant))
        if fit is None or term not in fit["params"]:
            return Shift(None)
        if base is None or not reliable(fit):
            return Shift(fit)
        p, q = base["params"][term], fit["params"][term]
        moved = (q["estimate"] - p["estimate"]) / p["se"]
        return Shift(fit, moved, conclusion_differs(base, fit, term))


def _rank(fit: Record) -> tuple[bool, int, bool]:
    known = fit["engine"] in PREFERENCE
    place = PREFERENCE.index(fit["engine"]) if known else len(PREFERENCE)
    return not reliable(fit), place, fit["settings"] != "tight"
