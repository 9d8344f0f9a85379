"""Simulated panels with staggered events, shared by tests of engines, studies and the command line.

Everything is drawn from the seed alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import harness

ROLES = {"unit": "area", "period": "year", "event": "law", "count": "cases", "exposure": "people"}


def frame(
    units: int = 10,
    seed: int = 1,
    mean: float = 20.0,
    sd: tuple[float, float] = (0.3, 0.05),
    theta: float | None = None,
) -> pd.DataFrame:
    """Return a long table: ``units`` areas over t = -4..4 around events in 2005 to 2007.

    Parameters
    ----------
    mean : float
        Count at the event of an area of average size.
    sd : (float, float)
        Standard deviations of the random intercept and the random slope in t.
    theta : float, optional
        Negative-binomial size; Poisson where left out.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(-4, 5)
    parts = []
    for unit in range(units):
        law = 2005 + int(rng.integers(0, 3))
        intercept, slope = rng.normal(0.0, sd)
        people = round(float(rng.uniform(500.0, 5000.0)))
        log_rate = intercept + (0.05 + slope) * t - 0.10 * (t >= 0) - 0.05 * (t >= 1)
        mu = people / 2750.0 * mean * np.exp(log_rate)
        heterogeneity = 1.0 if theta is None else rng.gamma(theta, 1.0 / theta, len(t))
        cases = rng.poisson(mu * heterogeneity)
        columns = {"area": f"a{unit:02d}", "year": law + t, "law": law, "cases": cases}
        parts.append(
            pd.DataFrame({**columns, "people": people, "region": "ns"[unit % 2]}),
        )
    return pd.concat(parts, ignore_index=True)


def panel(**how: Any) -> harness.Panel:
    """Return the panel of a simulated table."""
    return harness.Panel.from_frame(frame(**how), **ROLES)


def design(panel_of: harness.Panel | None = None, **model: Any) -> harness.Design:
    """Return the design of a model on a panel; the default panel where none is given."""
    return harness.SegmentedPoisson(**model).design(panel() if panel_of is None else panel_of)


def pseudo(counts: harness.Design) -> harness.Design:
    """The same design of values that are not whole: counts in units of 3.7."""
    return harness.Design(
        counts.endog / 3.7, counts.exog, counts.groups, offset=counts.offset,
        exog_re=counts.exog_re if counts.exog_re_names else None, random=counts.random,
        covariance=counts.covariance, exog_names=counts.exog_names,
        exog_re_names=counts.exog_re_names or None, response="pseudo",
    )  # fmt: skip


def shares(counts: harness.Design, trials: int = 40, **change: Any) -> harness.Design:
    """The same columns with successes out of about so many trials, drawn from the seed alone."""
    rng = np.random.default_rng(7)
    n = rng.integers(trials // 2, 2 * trials, counts.nobs).astype(float)
    unit = rng.normal(0.0, 0.6, counts.n_groups)[counts.groups]
    slope = rng.normal(0.0, 0.1, counts.n_groups)[counts.groups] * counts.exog_re[:, -1]
    eta = -0.4 + 0.3 * counts.exog[:, 2] + unit + slope
    return harness.Design(
        rng.binomial(n.astype(int), 1.0 / (1.0 + np.exp(-eta))), counts.exog, counts.groups,
        exog_names=counts.exog_names, family="binomial", trials=n,
        **{"exog_re": counts.exog_re, "exog_re_names": counts.exog_re_names} | change,
    )  # fmt: skip
