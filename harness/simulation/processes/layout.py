"""Layout: who is observed when, with what exposure, and when each unit has its event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.stats

from harness.design import FloatArray
from harness.errors import ConfigError
from harness.panel import Panel

IntArray = npt.NDArray[np.int64]
# Periods are numbered so that the first event falls into this one.
FIRST_EVENT = 100


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The rows of a study before anything is counted, sorted by unit and period.

    Attributes
    ----------
    unit : ndarray of int64, shape (N,)
        Codes 0..J-1.
    period : ndarray of int64, shape (N,)
    exposure : ndarray, shape (N,)
    event : ndarray of int64, shape (J,)
        Period of each unit's event.
    stratum : ndarray of int64, shape (J,)
        Place of each unit's stratum in ``strata``.
    labels : tuple of str, length J
    strata : tuple of str
        One name, ``all``, where nothing divides the units.
    """

    unit: IntArray
    period: IntArray
    exposure: FloatArray
    event: IntArray
    stratum: IntArray
    labels: tuple[str, ...]
    strata: tuple[str, ...]

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.labels)

    def t(self, event: IntArray | None = None) -> FloatArray:
        """Periods since the unit's own event, shape (N,)."""
        chosen = self.event if event is None else event
        return (self.period - chosen[self.unit]).astype(np.float64)

    def rows(self, kept: npt.NDArray[np.bool_]) -> Layout:
        """Return the layout with some of its rows; every unit stays known."""
        return Layout(
            self.unit[kept], self.period[kept], self.exposure[kept], self.event, self.stratum,
            self.labels, self.strata,
        )  # fmt: skip

    def frame(self, counts: npt.ArrayLike, event: IntArray | None = None) -> pd.DataFrame:
        """The table that a user would have, columns as ``Panel`` calls them."""
        chosen = self.event if event is None else event
        table = pd.DataFrame(
            {
                "unit": np.array(self.labels, dtype=object)[self.unit],
                "period": self.period,
                "event": chosen[self.unit],
                "count": np.asarray(counts, dtype=np.float64),
                "exposure": self.exposure,
            }
        )
        if len(self.strata) > 1:
            table["stratum"] = np.array(self.strata, dtype=object)[self.stratum[self.unit]]
        return table


@dataclass(frozen=True, slots=True)
class Plan:
    """A study that is planned.

    Attributes
    ----------
    units : int
    before, after : int
        Periods observed before the event period, and after it.
    events : tuple of int
        How many units have their event in the first event period, the next, and so on; scaled to
        ``units``. One number: all at once.
    calendar : (int, int) or None
        First and last period that anybody is observed in, counted from the first event period:
        what lies outside is missing.
    exposure, spread : float
        Median exposure, and the standard deviation of its logarithm over the units.
    missing : float
        Share of the rows that are missing at random.
    late, late_by : float, int
        Share of units that begin late, and by how many periods.
    strata : tuple of (str, float)
        Names, and how many units each has; scaled to ``units``.
    candidates : (int, int) or None
        First and last period that an event may fall into where a process chooses it from the
        counts; every unit is then observed from ``before`` the first to ``after`` the last, and
        the layout spreads the events evenly over them, in place of ``events``.
    seed : int
        Of what is drawn once for the layout: who has which exposure, event and stratum, and which
        rows are missing. Replicates differ in their counts alone.
    """

    units: int
    before: int = 3
    after: int = 3
    events: tuple[float, ...] = (1.0,)
    calendar: tuple[int, int] | None = None
    exposure: float = 1.0
    spread: float = 0.0
    missing: float = 0.0
    late: float = 0.0
    late_by: int = 1
    strata: tuple[tuple[str, float], ...] = (("all", 1.0),)
    candidates: tuple[int, int] | None = None
    seed: int = 20260101

    def layout(self) -> Layout:
        """Return the layout.

        Raises
        ------
        ConfigError
            If a unit would be left without rows.
        """
        rng = np.random.default_rng(self.seed)
        J, (first, last) = self.units, self.candidates or (0, 0)
        shares = self.events if self.candidates is None else (1.0,) * (last - first + 1)
        event = FIRST_EVENT + first + rng.permutation(shared_out(J, shares))
        begins = event if self.candidates is None else np.full(J, FIRST_EVENT + first)
        span = self.before + 1 + last - first + self.after
        stratum = rng.permutation(shared_out(J, tuple(size for _, size in self.strata)))
        exposure = rng.permutation(lognormal_quantiles(J, self.exposure, self.spread))
        begin = np.zeros(J, dtype=np.int64)
        begin[rng.permutation(J)[: round(self.late * J)]] = self.late_by
        unit = np.repeat(np.arange(J), span)
        step = np.tile(np.arange(span), J)
        period = begins[unit] - self.before + step
        kept = (step >= begin[unit]) & (rng.random(J * span) >= self.missing)
        if self.calendar is not None:
            opens, closes = (FIRST_EVENT + at for at in self.calendar)
            kept &= (period >= opens) & (period <= closes)
        if len(np.unique(unit[kept])) < J:
            raise ConfigError(
                "a unit is left without any row: fewer missing rows, fewer periods late, or a"
                " longer calendar"
            )
        labels = tuple(f"u{k:0{len(str(J))}d}" for k in range(1, J + 1))
        everything = Layout(
            unit,
            period,
            exposure[unit],
            event,
            stratum,
            labels,
            tuple(name for name, _ in self.strata),
        )
        return everything.rows(kept)


def shared_out(units: int, shares: tuple[float, ...]) -> IntArray:
    """Part that each unit belongs to, shape (units,): largest remainders, in order of the parts."""
    exact = units * np.asarray(shares, dtype=np.float64) / float(np.sum(shares))
    sizes = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - sizes), kind="stable")[: units - int(sizes.sum())]
    sizes[rest] += 1
    return np.repeat(np.arange(len(shares)), sizes)


def lognormal_quantiles(units: int, median: float, spread: float) -> FloatArray:
    """Evenly spaced quantiles of a lognormal distribution, shape (units,).

    Not draws: two designs of one size have the same exposures, and curves over them are smooth.
    """
    at = (np.arange(units) + 0.5) / units
    return np.asarray(median * np.exp(spread * scipy.stats.norm.ppf(at)), dtype=np.float64)


def observed_layout(panel: Panel, window: tuple[int, int]) -> Layout:
    """Return the layout of a panel's rows within a window: "my own units"."""
    rows = panel.frame[panel.t.between(*window)]
    labels, unit = np.unique(rows["unit"].to_numpy(dtype=str), return_inverse=True)
    first = np.unique(unit, return_index=True)[1]
    strata: tuple[str, ...] = ("all",)
    stratum = np.zeros(len(labels), dtype=np.int64)
    if "stratum" in rows and rows["stratum"].notna().all():
        names, codes = np.unique(rows["stratum"].to_numpy(dtype=str), return_inverse=True)
        strata, stratum = tuple(map(str, names)), codes[first]
    order = np.lexsort((rows["period"].to_numpy(), unit))
    return Layout(
        unit=unit[order].astype(np.int64),
        period=rows["period"].to_numpy(dtype=np.int64)[order],
        exposure=rows["exposure"].to_numpy(dtype=np.float64)[order],
        event=rows["event"].to_numpy(dtype=np.int64)[first],
        stratum=stratum.astype(np.int64),
        labels=tuple(map(str, labels)),
        strata=strata,
    )
