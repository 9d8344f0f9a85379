"""Process: counts of a layout, drawn replicate by replicate.

For unit j in period i, t = i - e_j from its event,

    log mu_ij = log E_ij + intercept + x(t)' effects + a(t) + z(t)' b_j + u_ij
    b_j = L s_j, L L' = G, s_j of mean 0 and variance 1;  u_ij = rho u_i-1,j + sqrt(1 - rho^2) sd e
    y_ij ~ Poisson(mu_ij), NB2(mu_ij, 1 / variance) or Poisson(mu_ij exp(N(0, variance)))

with x the columns of the impact model, z = (1, t) and a(t) what is done in anticipation. Where the
event is chosen by the counts, z runs in the calendar instead: the units that a choice would pick
are the same units, whenever it picks them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from harness.design import FloatArray
from harness.glmm.drawing import FAMILIES
from harness.simulation.processes.choice import Selection, Suppression
from harness.simulation.processes.layout import FIRST_EVENT, IntArray, Layout
from harness.simulation.processes.shapes import SHAPES
from harness.simulation.processes.truth import Serial, Truth


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One replicate.

    Attributes
    ----------
    counts : ndarray, shape (N,)
        Of every row of the layout.
    event : ndarray of int64, shape (J,)
    shown : ndarray of bool, shape (N,)
        Rows that the analyst sees.
    """

    counts: FloatArray
    event: IntArray
    shown: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Process:
    """A data-generating process.

    Attributes
    ----------
    name : str
    layout : Layout
    truth : Truth
    selection, suppression
        None where events and rows do not depend on the counts.
    """

    name: str
    layout: Layout
    truth: Truth
    selection: Selection | None = None
    suppression: Suppression | None = None

    @property
    def fixed(self) -> bool:
        """Whether all replicates share one design and differ in their counts alone."""
        return self.selection is None and self.suppression is None

    @cached_property
    def sha256(self) -> str:
        """Digest of everything that is drawn from."""
        layout, truth = self.layout, self.truth
        found = hashlib.sha256()
        for array in (layout.unit, layout.period, layout.exposure, layout.event, layout.stratum,
                      truth.cov_re):  # fmt: skip
            found.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        rest = (layout.labels, layout.strata, truth.impact, sorted(truth.effects),
                sorted(truth.intercepts.items()), truth.shape, truth.family, truth.variance,
                truth.serial, truth.anticipation, self.selection, self.suppression)  # fmt: skip
        numbers = [sorted(own.items()) for _, own in sorted(truth.effects.items())]
        found.update(repr((rest, numbers)).encode())
        return found.hexdigest()

    def draw(self, rng: np.random.Generator) -> Draw | None:
        """Draw one replicate; None where a count is too large to be drawn, above some 9e18."""
        latent = self._random_part(rng)
        try:
            counts, event = self._drawn(latent, rng)
        except ValueError:  # numpy's, of a mean that is too large or, times zero, no number
            return None
        shown = np.ones(len(counts), dtype=bool)
        if self.suppression is not None:
            shown = self.suppression.shown(counts)
        return Draw(counts, event, shown)

    def _drawn(self, latent: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
        if self.selection is not None:
            return self._selected(latent, rng)
        return self._counts(self._fixed_part + latent, rng), self.layout.event

    @cached_property
    def _t(self) -> FloatArray:
        """Time that random slopes run in; a chosen event does not move its origin."""
        if self.selection is None:
            return self.layout.t()
        return (self.layout.period - FIRST_EVENT).astype(np.float64)

    @cached_property
    def _fixed_part(self) -> FloatArray:
        layout = self.layout
        stages = self.truth.stages(layout.t(), layout.stratum[layout.unit], layout.strata)
        return np.asarray(np.log(layout.exposure) + stages)

    @cached_property
    def _factor(self) -> FloatArray:
        """L with L L' = G, which may be singular."""
        values, vectors = np.linalg.eigh(self.truth.cov_re)
        half = vectors * np.sqrt(np.maximum(values, 0.0))
        # The lower triangular one: of a skewed shape it is the intercept that stays skewed.
        lower = np.asarray(np.linalg.qr(half.T, mode="r")).T
        return np.asarray(lower * np.where(np.diag(lower) < 0, -1.0, 1.0))

    def _random_part(self, rng: np.random.Generator) -> FloatArray:
        unit, q = self.layout.unit, len(self.truth.cov_re)
        b = SHAPES[self.truth.shape](rng, self.layout.n_units, q) @ self._factor.T
        total = np.zeros(len(unit))
        for k, column in enumerate((None, self._t)[:q]):
            total += b[unit, k] if column is None else b[unit, k] * column
        if self.truth.serial is not None:
            total += self._noise(self.truth.serial, rng)
        return total

    def _noise(self, serial: Serial, rng: np.random.Generator) -> FloatArray:
        place = self.layout.period - self.layout.period.min()
        e = rng.standard_normal((self.layout.n_units, int(place.max()) + 1))
        return (
            serial.sd
            * (e @ autoregressive_factor(serial.rho, e.shape[1]).T)[self.layout.unit, place]
        )

    def _counts(self, log_mu: FloatArray, rng: np.random.Generator) -> FloatArray:
        with np.errstate(over="ignore", invalid="ignore"):
            drawn = FAMILIES[self.truth.family](np.exp(log_mu), self.truth.variance, rng)
        return drawn.astype(np.float64)

    def _selected(
        self, latent: FloatArray, rng: np.random.Generator
    ) -> tuple[FloatArray, IntArray]:
        """Counts without any event, the event that they bring about, and counts after it."""
        assert self.selection is not None
        layout, truth = self.layout, self.truth
        stratum = layout.stratum[layout.unit]
        background = np.log(layout.exposure) + truth.backgrounds(layout.strata)[stratum] + latent
        background += truth.trends(layout.strata)[stratum] * self._t
        counts = self._counts(background, rng)
        event = self.selection.events(layout, counts, rng)
        after = layout.t(event) >= 0
        log_mu = background + self._departure(layout.t(event), stratum)
        counts[after] = self._counts(log_mu[after], rng)
        return counts, event

    def _departure(self, t: FloatArray, stratum: IntArray) -> FloatArray:
        """What the event changes in the log rate: the stages less the trend gone on with."""
        truth, strata = self.truth, self.layout.strata
        stages = truth.stages(t, stratum, strata) - truth.backgrounds(strata)[stratum]
        return np.asarray(stages - truth.trends(strata)[stratum] * t)


def autoregressive_factor(rho: float, n: int) -> FloatArray:
    """Lower factor C of the stationary AR(1) correlations, C C' = rho^|i - k|, shape (n, n)."""
    lag = np.subtract.outer(np.arange(n), np.arange(n))
    factor = np.where(lag >= 0, rho ** np.maximum(lag, 0), 0.0) * np.sqrt(1.0 - rho**2)
    factor[:, 0] = rho ** np.arange(n)
    return np.asarray(factor)


def stream(seed: int, k: int) -> np.random.Generator:
    """Return the generator of replicate k: the k-th stream spawned from ``seed``, had alone."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k,)))
