"""Randomisation inference: the observed steps against those of placebo events.

The event periods are permuted among the units and the model is refitted. Each unit keeps its own
counts, and with them calendar growth and its own level; only the tie between counts and event is
broken. Under the sharp null hypothesis that the event does nothing to anybody, and that its timing
is exchangeable between units, the observed estimate is one more draw from this distribution, so
that p = (1 + #{|placebo| >= |observed|}) / (1 + R) is exact whatever the dispersion and the
autocorrelation (Fisher 1935; Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39; for staggered
events MacKinnon & Webb 2020, J Econom 218:435).

Two cautions. Growth common to all units gives placebo steps that are not centred at zero; beside
the p-value of the size stands that of the distance from the centre, the mean over the placebo
estimates and the observed one, in which all R + 1 enter alike. Placebo events lie at most a few
periods from the true ones, so that a true effect leaks into the placebo windows: the test is the
weaker for it, never the less valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.design import FloatArray
from harness.errors import ConfigError, DesignError, FitFailure
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.scrutiny.refit import refit

TERMS = ("step0", "step1")
# Two orders of one sum; an estimate as large as the observed one is no smaller than it.
TIES = 1e-9
BELONGING_TO_THE_EVENT = ("event", "share")


@dataclass(frozen=True, slots=True)
class TermPlacebo:
    """One term against its placebo distribution.

    Attributes
    ----------
    low, median, high : float
        2.5 %, 50 % and 97.5 % points of the placebo estimates.
    p_value : float
        Of the size of the estimate.
    p_centred : float
        Of its distance from the centre of the placebo estimates.
    """

    term: str
    observed: float
    low: float
    median: float
    high: float
    p_value: float
    p_centred: float


@dataclass(frozen=True, slots=True)
class Placebo:
    """All terms, with the replicates fitted and those that could not be."""

    terms: tuple[TermPlacebo, ...]
    replicates: int
    failures: int


def placebo(
    panel: Panel,
    model: SegmentedPoisson,
    replicates: int,
    seed: int,
    terms: Sequence[str] = TERMS,
) -> Placebo:
    """Permute the events among the units of a panel, refit, and compare.

    Parameters
    ----------
    panel : Panel
        Of one stratum: events are permuted among its units.
    replicates : int
        R; each has its own stream, spawned from ``seed``.
    terms : sequence of str
        Those that the model has are compared.

    Raises
    ------
    ConfigError
        If ``replicates`` is not positive.
    DesignError
        If all units have their event in one period: every permutation is the panel itself.
    FitFailure
        If the panel itself cannot be fitted, or no replicate.
    """
    if replicates < 1:
        raise ConfigError(f"replicates is {replicates}: ask for one at least")
    if panel.frame["event"].nunique() < 2:
        raise DesignError(
            f"{panel.source}: every event lies in one period, so permuting them changes nothing"
        )
    observed = refit(model.design(panel))
    there = [term for term in terms if term in observed.names]
    streams = np.random.SeedSequence(seed).spawn(replicates)
    drawn = [_replicate(panel, model, there, np.random.default_rng(s)) for s in streams]
    kept = np.array([values for values in drawn if values is not None])
    if not kept.size:
        raise FitFailure("no placebo event could be fitted")
    compared = tuple(
        _compared(term, observed.of(term)[0], kept[:, k]) for k, term in enumerate(there)
    )
    return Placebo(compared, len(kept), replicates - len(kept))


def with_permuted_events(panel: Panel, rng: np.random.Generator) -> Panel:
    """Return the panel in which each unit has the event of another, every event used once."""
    frame = panel.frame
    codes, first = _unit_codes(panel)
    donors = rng.permutation(len(first))
    own = [name for name in BELONGING_TO_THE_EVENT if name in frame]
    moved = {name: frame[name].to_numpy()[first][donors][codes] for name in own}
    return Panel(frame.assign(**moved), panel.source, panel.dropped, panel.columns)


def _unit_codes(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's unit as a code, shape (n,), and each unit's first row, shape (J,)."""
    units = panel.frame["unit"].to_numpy()
    new = np.r_[True, units[1:] != units[:-1]]
    return np.cumsum(new) - 1, np.flatnonzero(new)


def _replicate(
    panel: Panel, model: SegmentedPoisson, terms: Sequence[str], rng: np.random.Generator
) -> list[float] | None:
    try:
        found = refit(model.design(with_permuted_events(panel, rng)))
    except (DesignError, FitFailure):
        return None
    return [found.of(term)[0] for term in terms]


def _compared(term: str, observed: float, drawn: FloatArray) -> TermPlacebo:
    low, median, high = np.quantile(drawn, [0.025, 0.5, 0.975])
    centre = np.append(drawn, observed).mean()
    return TermPlacebo(
        term, observed, float(low), float(median), float(high),
        p_value=_p_value(abs(observed), np.abs(drawn)),
        p_centred=_p_value(abs(observed - centre), np.abs(drawn - centre)),
    )  # fmt: skip


def _p_value(observed: float, drawn: FloatArray) -> float:
    reached = np.sum(drawn >= observed * (1.0 - TIES))
    return float((1 + reached) / (1 + drawn.size))
