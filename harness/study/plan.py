"""What a study file asks for, before anything is read: every fit and every pair to come."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from harness.engines import engine
from harness.engines.base import Settings
from harness.study.config import BASE, Study
from harness.study.parts import WHOLE_PANEL, EngineLimits

__all__ = ["WHOLE_PANEL", "Cell", "PlannedFit", "PlannedPair", "cells", "fits_of", "pairs_of"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One design to fit: an indicator in a stratum under the base model or a variant."""

    indicator: str
    stratum: str
    variant: str


@dataclass(frozen=True, slots=True)
class PlannedFit:
    """One fit to do."""

    cell: Cell
    engine: str
    settings: Settings

    @property
    def id(self) -> str:
        """Identity in ``results.json``."""
        c = self.cell
        return f"{c.indicator}/{c.stratum}/{c.variant}/{self.engine}/{self.settings}"


@dataclass(frozen=True, slots=True)
class PlannedPair:
    """Two fits to compare.

    Attributes
    ----------
    like_for_like : bool
        Same estimator and method, both tight: the pairs that count against the level.
    """

    a: PlannedFit
    b: PlannedFit
    like_for_like: bool


def strata_of(study: Study, found: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the strata of a study: the whole panel, then each labelled one.

    ``found`` are the values in the data, used where the file gives no labels.
    """
    if study.strata is None:
        return (WHOLE_PANEL,)
    labels = study.strata.labels
    return tuple(dict.fromkeys((WHOLE_PANEL, *(found if labels is None else labels.values()))))


def cells(study: Study, strata: tuple[str, ...]) -> list[Cell]:
    """Return every cell, indicators first, then strata, then the base model and variants."""
    return [
        Cell(indicator.name, stratum, name)
        for indicator in study.indicators
        for stratum in strata
        for name in [BASE, *(v.name for v in study.variants if v.concerns(indicator, stratum))]
    ]


def changes_of(study: Study, variant: str) -> dict[str, Any]:
    """Return what a variant changes in the base model."""
    found = study.variant(variant)
    return {} if found is None else found.changes


def fits_of(study: Study, cell: Cell) -> list[PlannedFit]:
    """Return the fits of one cell."""
    variant = study.variant(cell.variant)
    if variant is not None:
        return [PlannedFit(cell, e, s) for e in variant.engines for s in variant.settings]
    return [
        PlannedFit(cell, name, setting)
        for name in study.engines
        for setting in study.settings
        if _asked(study, cell, name, setting)
    ]


def _asked(study: Study, cell: Cell, name: str, setting: Settings) -> bool:
    limits = study.engine_limits.get(name, EngineLimits())
    return (
        (limits.strata is None or cell.stratum in limits.strata)
        and (limits.settings is None or setting in limits.settings)
        and study.indicator(cell.indicator).response in study.responses_of(name)
    )


def pairs_of(fits: list[PlannedFit]) -> list[PlannedPair]:
    """Return the pairs of one cell: all engines at each setting, and each engine's settings."""
    return [
        PlannedPair(a, b, _like_for_like(a, b))
        for a, b in combinations(fits, 2)
        if a.settings == b.settings or a.engine == b.engine
    ]


def _like_for_like(a: PlannedFit, b: PlannedFit) -> bool:
    one, other = engine(a.engine), engine(b.engine)
    return (
        one.name != other.name
        and (one.estimator, one.method) == (other.estimator, other.method)
        and a.settings == b.settings == "tight"
    )
