"""Panels whose units, periods and log rates are set one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd

import harness

ROLES = {"unit": "area", "period": "year", "event": "law", "count": "cases", "exposure": "people"}
PEOPLE = 1e6


def panel_of(
    log_rates: np.ndarray,
    events: np.ndarray,
    first_year: int = 2000,
    rng: np.random.Generator | None = None,
    strata: list[str] | None = None,
) -> harness.Panel:
    """Return the panel of log rates by unit and year, shape (J, T).

    Counts are Poisson draws, or the rounded means where no generator is given.
    """
    mu = PEOPLE * np.exp(log_rates)
    counts = np.round(mu) if rng is None else rng.poisson(mu)
    units, years = log_rates.shape
    table = pd.DataFrame(
        {
            "area": np.repeat([f"a{k:03d}" for k in range(units)], years),
            "year": np.tile(first_year + np.arange(years), units),
            "law": np.repeat(events, years),
            "cases": counts.ravel(),
            "people": PEOPLE,
        }
    )
    if strata is not None:
        table["region"] = np.repeat(strata, years)
        return harness.Panel.from_frame(table, **ROLES, stratum="region")
    return harness.Panel.from_frame(table, **ROLES)


def calendar_panel(seed: int, effect: float = 0.0, units: int = 16, sd: float = 0.05):
    """Return a panel of years 2000 to 2009 with curved growth, and slopes of the units.

    Events lie in 2003 to 2006, drawn whatever the counts; ``effect`` is the step that each brings,
    and ``sd`` that of a noise beyond Poisson.
    """
    rng = np.random.default_rng(seed)
    events = rng.integers(2003, 2007, units)
    years = 2000 + np.arange(10)
    growth = 0.02 * (years - 2000) + 0.10 * (years >= 2005)
    log_rates = (
        -8.0 + rng.normal(0, 0.2, (units, 1)) + growth + rng.normal(0, sd, (units, 10))
        + rng.normal(0, 0.05, (units, 1)) * (years - 2004) + effect * (years >= events[:, None])
    )  # fmt: skip
    return panel_of(log_rates, events, rng=rng)
