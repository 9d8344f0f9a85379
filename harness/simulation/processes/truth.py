"""Truth: the numbers that a process draws with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.design import FloatArray
from harness.segments import IMPACTS, stage_columns, stratum_term
from harness.simulation.processes.layout import IntArray
from harness.simulation.processes.shapes import Shape


@dataclass(frozen=True, slots=True)
class Serial:
    """Stationary AR(1) noise of the log rate within a unit: ``sd`` of it, ``rho`` a period."""

    sd: float
    rho: float


@dataclass(frozen=True, slots=True)
class Anticipation:
    """A change of the log rate in the last ``periods`` before the event."""

    periods: int
    effect: float


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Parameters of a process; logarithms of rate ratios throughout.

    Attributes
    ----------
    impact : str
        Impact model whose columns carry ``effects``.
    effects : mapping of stratum to (mapping of term to float)
    intercepts : mapping of stratum to float
        Log rate of a unit without random effects where every column of the impact model is zero.
    cov_re : ndarray, shape (q, q)
        Of the random intercept, and slope in t.
    shape : str
        Of the random effects; always with this covariance and mean zero.
    family : {"poisson", "nb2", "poisson-olre"}
    variance : float
        Of the family: 1 / theta of ``nb2``, the variance of the observation-level effects.
    serial, anticipation
        None where there is none.
    """

    impact: str
    effects: Mapping[str, Mapping[str, float]]
    intercepts: Mapping[str, float]
    cov_re: FloatArray
    shape: Shape = "normal"
    family: str = "poisson"
    variance: float = 0.0
    serial: Serial | None = None
    anticipation: Anticipation | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Terms of the impact model."""
        return tuple(IMPACTS[self.impact](np.zeros(1)))

    def of_terms(self, strata: tuple[str, ...]) -> dict[str, float]:
        """Truth by term of the model of all units, and of the model with strata side by side.

        Where strata differ, the model of all units has no true value for that term. The intercept
        has none anywhere: noise and observation-level effects are in it or not, as the family that
        is fitted has it.
        """
        found = {}
        for name in self.names:
            values = {stratum: self.effects[stratum].get(name, 0.0) for stratum in strata}
            if len(set(values.values())) == 1:
                found[name] = values[strata[0]]
            if len(strata) > 1:
                found |= {stratum_term(name, s): value for s, value in values.items()}
        return found

    def backgrounds(self, strata: tuple[str, ...]) -> FloatArray:
        """Intercepts by stratum."""
        return np.array([self.intercepts[name] for name in strata])

    def trends(self, strata: tuple[str, ...]) -> FloatArray:
        """Change of the log rate a period that goes on without an event, by stratum."""
        own = [self.effects[name] for name in strata]
        return np.array([effects.get("pre", effects.get("trend", 0.0)) for effects in own])

    def stages(self, t: FloatArray, stratum: IntArray, strata: tuple[str, ...]) -> FloatArray:
        """Fixed part of the log rate, shape (N,), given each row's stratum, shape (N,)."""
        columns = stage_columns(self.impact, t)
        total = self.backgrounds(strata)[stratum]
        for k, name in enumerate(strata):
            own = self.effects[name]
            inside = stratum == k
            for term, column in columns.items():
                total[inside] += own.get(term, 0.0) * column[inside]
        if self.anticipation is not None:
            near = (t < 0) & (t >= -self.anticipation.periods)
            total += self.anticipation.effect * near
        return total


def intercept_for(baseline: float, impact: str, effects: Mapping[str, float]) -> float:
    """Intercept that gives the rate ``baseline`` in the last period before the event."""
    columns = stage_columns(impact, np.array([-1.0]))
    there = sum(effects.get(term, 0.0) * float(column[0]) for term, column in columns.items())
    return float(np.log(baseline) - there)
