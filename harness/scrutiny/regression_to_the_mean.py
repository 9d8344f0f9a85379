"""How much of a stratum's step at the event could be regression to the mean.

Strata that are defined by an outcome, such as the judgement of an inspection, may gather units
whose last period before the event was extreme by chance. What was extreme by chance goes back,
event or no event. With d the deviation of a unit's log rate in the last period before the event
from its own mean over the periods before that, and c its change from there to the event period,

    E[c - mean c | d] = -(1 - rho) (d - mean d),

with rho the correlation between successive deviations (Davis 1976, Am J Epidemiol 104:493; the
shrinkage of Stein estimation, Efron & Morris 1977, Sci Am 236:119). The slope -(1 - rho) is
estimated across units within strata, so that strata with different true effects do not make it,
and the expected change of a stratum is the slope times how far its mean deviation lies from that
of the whole panel. It is held against the stratum's step0 less that of the whole panel.

The slope is that of units picked by their deviation as a whole. Where the last period alone picked
them, more goes back than it says, and a slope within strata is flatter than one across all units;
but no more than the whole deviation can go back (rho = 0), so the deviation with its sign turned
stands beside as the most that regression could bring.

Assumed: the slope is linear and the same in every stratum; a deviation regresses because it is
transient, not because the event followed it; and growth common to all units cancels, stratum
against panel. A level that is high for good does not regress, so the pre-period level of the
stratum is shown but enters nothing. Where units that rise faster also go on rising, rho is larger
and the expected change smaller; the estimate holds what the data say of both together.

Rates are empirical log rates, log((y + 1/2) / exposure): finite where a count is zero, and the half
cancels the bias of order 1 / mean that the logarithm of a Poisson count has; of an amount, its
logarithm. Units with every period of the window up to the event enter. Intervals: a bootstrap over
units within strata; a stratum of fewer than five has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from harness.concordance.agreement.bootstrap import (
    FEWEST_CLUSTERS,
    RESAMPLES,
    draws,
    percentile_interval,
)
from harness.design import FloatArray
from harness.errors import DesignError
from harness.panel import Panel

CONTINUITY = 0.5
NO_STRATUM = ""
Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class StratumRegression:
    """One stratum against the whole panel, all on the log scale.

    Attributes
    ----------
    level, level_interval : float, (float, float) or None
        Log ratio of the geometric mean rate before the event to that of the whole panel.
    deviation : float
        Mean deviation of the last period before the event, less that of the whole panel.
    change : float
        Mean change to the event period, less that of the whole panel.
    expected, expected_interval : float, (float, float) or None
        Change that regression alone would bring: slope times deviation.
    """

    stratum: str
    units: int
    level: float
    level_interval: Interval
    deviation: float
    change: float
    expected: float
    expected_interval: Interval

    @property
    def at_most(self) -> float:
        """Change that regression would bring if the whole deviation went back."""
        return -self.deviation


@dataclass(frozen=True, slots=True)
class Regression:
    """The slope that all strata share, and each stratum.

    Attributes
    ----------
    units, left_out : int
        With every period up to the event, and those without.
    slope : float
        Of change on deviation, within strata: -(1 - rho).
    correlation : float
        Of the two, within strata.
    """

    units: int
    left_out: int
    slope: float
    slope_interval: Interval
    correlation: float
    strata: tuple[StratumRegression, ...]

    @property
    def rho(self) -> float:
        """Correlation between successive deviations that the slope implies."""
        return 1.0 + self.slope


def unit_histories(panel: Panel, first: int) -> pd.DataFrame:
    """Return ``level``, ``deviation``, ``change`` and ``stratum`` by unit.

    Parameters
    ----------
    first : int
        First period of the window, -2 or earlier.

    Raises
    ------
    DesignError
        If ``first`` leaves no period to deviate from, or too few units have every period.
    """
    if first > -2:
        raise DesignError(f"the window begins at {first}: a deviation needs two periods before 0")
    frame = panel.frame
    wide = pd.DataFrame({"unit": frame["unit"], "t": panel.t, "rate": _log_rates(panel)})
    table = wide.pivot_table(index="unit", columns="t", values="rate")
    table = table.reindex(columns=range(first, 1)).dropna()
    if len(table) < FEWEST_CLUSTERS:
        raise DesignError(f"{len(table)} units have every period from {first} to 0: too few")
    strata = (
        frame.groupby("unit")["stratum"].first() if "stratum" in frame else pd.Series(dtype=str)
    )
    last = table[-1]
    return pd.DataFrame(
        {
            "level": table.loc[:, :-1].mean(axis=1),
            "deviation": last - table.loc[:, :-2].mean(axis=1),
            "change": table[0] - last,
            "stratum": strata.reindex(table.index).fillna(NO_STRATUM),
        }
    )


def _log_rates(panel: Panel) -> pd.Series[float]:
    values = panel.frame[panel.response]
    numerator = values + CONTINUITY if panel.response == "count" else values.where(values > 0)
    rates = numerator / panel.frame["exposure"]
    return pd.Series(np.log(rates.to_numpy()), index=rates.index)


def regression_to_the_mean(panel: Panel, first: int, seed: int) -> Regression:
    """Return what regression to the mean would bring to each stratum of a panel.

    Parameters
    ----------
    panel : Panel
        The whole panel, with its strata.
    first : int
        First period of the window.
    seed : int
        Of the bootstrap; each stratum has its own stream, spawned from it.

    Raises
    ------
    DesignError
        As ``unit_histories``.
    """
    histories = unit_histories(panel, first)
    moments = {str(name): _moments(own) for name, own in histories.groupby("stratum")}
    found = _estimates({name: own.sum(axis=0)[None] for name, own in moments.items()})
    seeds = np.random.SeedSequence(seed).generate_state(len(moments), np.uint64)
    drawn = _estimates(
        {
            name: draws(len(own), int(s), RESAMPLES) @ own
            for (name, own), s in zip(moments.items(), seeds, strict=True)
        }
    )
    units = len(histories)
    strata = tuple(
        _stratum(name, len(own), found, drawn)
        for name, own in moments.items()
        if name != NO_STRATUM
    )
    slope = percentile_interval(drawn.slope, units)
    return Regression(
        units, len(panel.units) - units, float(found.slope[0]), slope,
        float(found.correlation[0]), strata,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Estimates:
    """By resample, shape (r,): the slope, the correlation, and the means of each stratum."""

    slope: FloatArray
    correlation: FloatArray
    means: Mapping[str, FloatArray]  # shape (r, 3): level, deviation, change, less the panel's


def _moments(own: pd.DataFrame) -> FloatArray:
    """Return 1, level, d, c, dd, dc, cc by unit, shape (units, 7)."""
    level, d, c = (own[name].to_numpy() for name in ("level", "deviation", "change"))
    return np.column_stack([np.ones_like(d), level, d, c, d * d, d * c, c * c])


def _estimates(sums: Mapping[str, FloatArray]) -> _Estimates:
    """Estimates from sums of moments over the units of each stratum, shape (r, 7)."""
    dd, dc, cc = np.sum([_within(own) for own in sums.values()], axis=0)
    total = sum(sums.values(), np.zeros(7))
    everyone = total[:, 1:4] / total[:, :1]
    means = {name: own[:, 1:4] / own[:, :1] - everyone for name, own in sums.items()}
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Estimates(dc / dd, dc / np.sqrt(dd * cc), means)


def _within(sums: FloatArray) -> FloatArray:
    """Return the sums of dd, dc and cc of one stratum about its means, shape (3, r)."""
    n, _, d, c, dd, dc, cc = sums.T
    return np.array([dd - d * d / n, dc - d * c / n, cc - c * c / n])


def _stratum(name: str, units: int, found: _Estimates, drawn: _Estimates) -> StratumRegression:
    level, deviation, change = map(float, found.means[name][0])

    def interval(values: FloatArray) -> Interval:
        return percentile_interval(values, units) if units >= FEWEST_CLUSTERS else None

    return StratumRegression(
        name, units, level, interval(drawn.means[name][:, 0]),
        deviation, change,
        expected=float(found.slope[0]) * deviation,
        expected_interval=interval(drawn.slope * drawn.means[name][:, 1]),
    )  # fmt: skip
