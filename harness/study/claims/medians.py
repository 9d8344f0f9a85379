"""Steps of the median rate around the event, with percentile intervals.

The bootstrap draws units, each with its whole series, so that the dependence of a unit's periods is
kept (Davison and Hinkley 1997, section 3.8). ``median0`` is the log ratio of the median rates at
t = 0 and t = -1, ``median1`` that at t = 1 and t = 0.
"""

from __future__ import annotations

import hashlib

import numpy as np

from harness.design import FloatArray
from harness.panel import Panel
from harness.study.claims.decide import Bounds

DRAWS = 2000
_STEPS = {"median0": (-1, 0), "median1": (0, 1)}


def median_bounds(panel: Panel, stage: str, seed: int, name: str) -> Bounds | str:
    """Return a step of the median rate, or why there is none.

    Parameters
    ----------
    stage : {"median0", "median1"}
    seed : int
    name : str
        Of the analysis, so that every one has draws of its own.
    """
    rates = _rates(panel, _STEPS[stage])
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = _step(rates)
        own = int.from_bytes(hashlib.sha256(f"{seed}\0{name}".encode()).digest(), "big")
        rng = np.random.default_rng(own)
        drawn = rng.integers(len(rates), size=(DRAWS, len(rates)))
        steps = np.array([_step(rates[units]) for units in drawn])
    if not np.isfinite(observed) or not np.isfinite(steps).all():
        return f"no median rate above zero in both periods of {stage}"
    low, low90, high90, high = np.quantile(steps, [0.025, 0.05, 0.95, 0.975])
    return Bounds(float(observed), float(low), float(high), float(low90), float(high90))


def _rates(panel: Panel, periods: tuple[int, int]) -> FloatArray:
    """Rates at two periods, shape (units, 2); NaN where a unit has none."""
    rate = panel.frame[panel.response] / panel.frame["exposure"]
    t = panel.t
    held = t.isin(periods)
    table = (
        rate[held]
        .groupby([panel.frame["unit"][held], t[held]])
        .first()
        .unstack()
        .reindex(columns=list(periods))
    )
    return table.to_numpy(dtype=np.float64)


def _step(rates: FloatArray) -> float:
    before, after = (
        np.median(column[~np.isnan(column)]) if (~np.isnan(column)).any() else np.nan
        for column in rates.T
    )
    return float(np.log(after) - np.log(before))
