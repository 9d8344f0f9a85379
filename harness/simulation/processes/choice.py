"""Events that follow a bad past, and cells that are hidden: what the counts do to the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.design import FloatArray
from harness.simulation.processes.layout import FIRST_EVENT, IntArray, Layout


@dataclass(frozen=True, slots=True)
class Selection:
    """An event that tends to come in the period after a bad one.

    Attributes
    ----------
    first, last : int
        Periods that an event may fall into, counted from the first event period.
    strength : float
        The chance of period p is proportional to exp(strength d), d being how far the log rate of
        period p - 1 lies above the unit's own mean, in standard deviations of its own over the
        candidates, which are compared as they would be without any event; 0 is chance alone. The
        rate is high by chance, so it falls by chance afterwards: regression to the mean (Barnett,
        van der Pols and Dobson 2005, Int J Epidemiol 34:215).
    """

    first: int
    last: int
    strength: float

    def events(self, layout: Layout, counts: FloatArray, rng: np.random.Generator) -> IntArray:
        """Return the period of each unit's event, shape (J,)."""
        candidates = FIRST_EVENT + np.arange(self.first, self.last + 1)
        past = np.full((layout.n_units, len(candidates)), np.nan)
        column = layout.period + 1 - candidates[0]
        inside = (column >= 0) & (column < len(candidates))
        rate = np.log((counts + 0.5) / layout.exposure)
        past[layout.unit[inside], column[inside]] = rate[inside]
        chance = self.strength * _standardised(past) + rng.gumbel(size=past.shape)
        return np.asarray(candidates[np.argmax(chance, axis=1)])


def _standardised(past: FloatArray) -> FloatArray:
    """Each row in its own standard deviations about its own mean; 0 where nothing is known."""
    known = ~np.isnan(past)
    n = np.maximum(known.sum(axis=1, keepdims=True), 1)
    filled = np.where(known, past, 0.0)
    away = np.where(known, past - filled.sum(axis=1, keepdims=True) / n, 0.0)
    sd = np.sqrt((away**2).sum(axis=1, keepdims=True) / n)
    return np.asarray(np.divide(away, sd, out=np.zeros_like(away), where=sd > 0))


@dataclass(frozen=True, slots=True)
class Suppression:
    """Small counts that are not published, lowest to highest; 0 is published."""

    lowest: int = 1
    highest: int = 5

    def shown(self, counts: FloatArray) -> npt.NDArray[np.bool_]:
        """Whether each cell is published, shape (N,)."""
        return np.asarray((counts < self.lowest) | (counts > self.highest))
