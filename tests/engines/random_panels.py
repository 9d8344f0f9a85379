"""Three hundred random panels in six regimes, every one drawn from its seed alone.

=============  ===================================================================================
regime         truth
=============  ===================================================================================
regular        30 to 60 units x 7 periods, counts about 50, random intercept and slope
small counts   30 to 60 units, counts about 1, one in three of them zero
no slope       30 to 60 units, true slope SD zero: the maximum often lies on the boundary
few units      4 to 9 units
late starters  30 to 60 units, most of which enter in a later period; one row in ten missing
overdispersed  30 to 60 units, counts of variance mu + mu^2 / 10 or so, fitted as Poisson
=============  ===================================================================================
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd

import harness
from harness.certifying import certified_task, received
from harness.concordance.partners import beside_each_other
from harness.concordance.verdict import reaches
from harness.engines import FitOptions
from harness.engines.workers import Task, in_workers
from harness.testing.strategies import ROLES, four_stage_frame

SEEDS = range(50)
LIKELIHOOD = ("lme4", "glmmtmb", "laplace")
TIME_LIMIT = 600.0
# At a correlation of one TMB's own log-likelihood is rounded, up to 1.7e-6 above the exact one at
# the same point; the rest is what the issue asks of tight fits.
LLF_BELOW = 1e-5
# lme4's deviance is differenced: it stopped up to 1.9e-5 standard errors from the maximum, with
# standard errors up to 7e-6 off and standard deviations up to 2e-5. Five times that.
LME4_DIFF_SE = 1e-4
LME4_REL_SE = 4e-5
LME4_SD = 1e-4


@dataclass(frozen=True)
class Regime:
    """Truth of a regime; what varies between its panels is drawn from the panel's seed.

    Attributes
    ----------
    units : (int, int)
        Fewest and most.
    baseline : float
        Typical count; a panel's own lies within a factor of two.
    sd : (float, float)
        Standard deviations of random intercept and slope, each up to half as much again or less.
    late : float
        Share of the units that enter in a period of -2 to 2.
    theta : float or None
        Negative-binomial size of further variation.
    """

    units: tuple[int, int] = (30, 60)
    baseline: float = 50.0
    sd: tuple[float, float] = (0.3, 0.08)
    late: float = 0.0
    missing: float = 0.0
    theta: float | None = None


REGIMES = {
    "regular": Regime(),
    "small counts": Regime(baseline=1.0, sd=(0.6, 0.15)),
    "no slope": Regime(baseline=20.0, sd=(0.3, 0.0)),
    "few units": Regime(units=(4, 9), baseline=20.0),
    "late starters": Regime(late=0.7, missing=0.1),
    "overdispersed": Regime(theta=10.0),
}


def random_design(regime: str, seed: int) -> harness.Design:
    """Return a panel of a regime as the design of the two-step model."""
    frame = _frame(REGIMES[regime], np.random.default_rng([list(REGIMES).index(regime), seed]))
    return harness.SegmentedPoisson().design(harness.Panel.from_frame(frame, **ROLES))


def _frame(regime: Regime, rng: np.random.Generator) -> pd.DataFrame:
    sd = np.array(regime.sd) * rng.uniform(0.5, 1.5, 2)
    frame = four_stage_frame(
        [f"u{k:02d}" for k in range(rng.integers(*regime.units, endpoint=True))],
        before=3, after=3,
        baseline=regime.baseline * 2.0 ** rng.uniform(-1.0, 1.0),
        stages=rng.normal(0.0, [0.03, 0.1, 0.05, 0.03]),
        sd=(sd[0], sd[1]), corr=rng.uniform(-0.8, 0.8),
        missing=regime.missing, spread=rng.uniform(0.0, 1.0), seed=int(rng.integers(2**31)),
    )  # fmt: skip
    if regime.theta is not None:
        noise = rng.gamma(regime.theta, 1.0 / regime.theta, len(frame))
        frame["count"] = rng.poisson(frame["count"] * noise)
    if regime.late:
        names = frame["unit"].unique()
        first = np.where(rng.random(len(names)) < regime.late, rng.integers(-2, 3, len(names)), -3)
        # As everywhere the first unit keeps its rows, so that every stage can be told apart.
        first[0] = -3
        enters = frame["unit"].map(dict(zip(names, first, strict=True)))
        frame = frame[frame["period"] - frame["event"] >= enters]
    return frame


@functools.cache
def fits_of(regime: str) -> list[list[harness.FitResult]]:
    """Fits of all panels of a regime: one worker, which starts R once."""
    tasks = [
        Task(random_design(regime, seed), name, FitOptions())
        for seed in SEEDS
        for name in LIKELIHOOD
    ]
    outcomes = in_workers([(certified_task, (task,)) for task in tasks], 1, TIME_LIMIT)
    done = {place: received(outcome, tasks[place]) for place, outcome in outcomes}
    each = len(LIKELIHOOD)
    return [
        beside_each_other([done[first + k] for k in range(each)])
        for first in range(0, len(tasks), each)
    ]


def fits(regime: str, seed: int) -> list[harness.FitResult]:
    return fits_of(regime)[SEEDS.index(seed)]


def check(regime: str, seed: int) -> None:
    """Three programs, one maximum: by verdict, by cause, by height."""
    lme4, glmmtmb, laplace = found = fits(regime, seed)
    assert not [fit.failure for fit in found if fit.failure]
    assert all(fit.converged for fit in found)
    table = harness.compare(found)
    assert table.pairs["like_for_like"].all()
    assert len(table.pairs) == 3
    assert reaches(table.verdict, "concordant"), table.explain()
    assert "unexplained" not in set(table.pairs["cause"])
    assert laplace.llf >= max(lme4.llf, glmmtmb.llf) - LLF_BELOW
    (pair,) = (p for p in table.comparisons if (p.a, p.b) == (lme4, laplace))
    assert lme4.singular == laplace.singular or pair.explanation.cause == "boundary"
    assert pair.metrics.max_diff_se < LME4_DIFF_SE
    assert pair.metrics.max_rel_se < LME4_REL_SE
    assert pair.metrics.sd_re_diff < LME4_SD
