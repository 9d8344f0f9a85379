"""Run a study: read, fit, compare."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from harness.certifying import certified_task, received, with_own_objectives
from harness.concordance.compare import compare_pair
from harness.concordance.pair import Pair
from harness.concordance.partners import beside_each_other
from harness.concordance.register import (
    Difference,
    Register,
    difference_of,
    load_register,
    registered,
)
from harness.concordance.verdict import Verdict, reaches
from harness.design import Design
from harness.engines import FitOptions, require
from harness.engines.base import POINTS, Transport
from harness.engines.environment import Environment, current_environment
from harness.engines.workers import Call, Task, in_workers
from harness.errors import FitFailure
from harness.result import FitResult
from harness.simulation.dispersion_null import DispersionNull, dispersion_null
from harness.study.config import BASE, Study
from harness.study.panels import StudyData, read_study
from harness.study.plan import Cell, PlannedFit, PlannedPair, fits_of, pairs_of

# Seconds; a call of lme4 or glmmTMB on a panel of this kind takes a few, statsmodels' variational
# Bayes up to half a minute.
TIME_LIMIT = 600.0
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a study is run, beyond what its file says."""

    base: Path
    transport: Transport = "auto"
    jobs: int = 1
    seed: int = 20260101
    time_limit: float = TIME_LIMIT
    command: str = ""  # that was typed, for the report


@dataclass(frozen=True, eq=False)
class StudyRun:
    """What a run of a study found.

    Attributes
    ----------
    fits : mapping of PlannedFit to FitResult
    pairs : mapping of PlannedPair to Pair
    nulls : mapping of Cell to DispersionNull
        For the base cells of a Poisson study; one that was lost says why.
    register : Register
        Of known differences.
    """

    study: Study
    data: StudyData
    fits: Mapping[PlannedFit, FitResult]
    pairs: Mapping[PlannedPair, Pair]
    nulls: Mapping[Cell, DispersionNull]
    environment: Environment
    options: RunOptions
    register: Register = field(default_factory=load_register)

    @property
    def pairs_expected(self) -> int:
        """Like-for-like pairs that the study file asks for."""
        return sum(pair.like_for_like for pair in self.pairs)

    def at_level(self, level: Verdict) -> list[PlannedPair]:
        """Like-for-like pairs whose fits converged and whose verdict reaches the level."""
        return [
            planned
            for planned, pair in self.pairs.items()
            if planned.like_for_like
            and pair.a.converged
            and pair.b.converged
            and reaches(pair.verdict, level)
        ]

    @cached_property
    def differences(self) -> dict[PlannedPair, Difference]:
        """Pairs that are not identical, as the register sees them."""
        found = {
            planned: difference_of(
                pair,
                study=self.study.study,
                indicator=planned.a.cell.indicator,
                stratum=planned.a.cell.stratum,
                variant=planned.a.cell.variant,
            )
            for planned, pair in self.pairs.items()
        }
        return {planned: difference for planned, difference in found.items() if difference}

    def known(self, planned: PlannedPair) -> str | None:
        """Entry of the register that a pair's difference is known by."""
        difference = self.differences.get(planned)
        return None if difference is None else registered(self.register, difference)

    def registered(self, level: Verdict) -> list[PlannedPair]:
        """Like-for-like pairs short of the level whose difference is known."""
        reached = set(self.at_level(level))
        return [p for p in self.pairs if p.like_for_like and p not in reached and self.known(p)]


def run_study(study: Study, options: RunOptions, progress: Progress) -> StudyRun:
    """Run a whole study.

    Parameters
    ----------
    progress : callable
        Called with (done, expected, what was done).

    Raises
    ------
    HarnessError
        For bad input or a missing engine, before anything is fitted.
    """
    require(sorted({*study.engines, *(name for v in study.variants for name in v.engines)}))
    data = read_study(study, options.base)
    planned = [fit for cell in data.designs for fit in fits_of(study, cell)]
    wanted = _null_cells(study, data)
    fits, nulls = _work(study, data, options, planned, wanted, progress)
    by_cell: dict[Cell, list[PlannedFit]] = {}
    for fit in planned:
        by_cell.setdefault(fit.cell, []).append(fit)
    together = [beside_each_other([fits[fit] for fit in group]) for group in by_cell.values()]
    told = with_own_objectives(together, options.transport, options.jobs, options.time_limit)
    for group, found in zip(by_cell.values(), told, strict=True):
        fits |= zip(group, found, strict=True)
    pairs = {
        pair: compare_pair(fits[pair.a], fits[pair.b])
        for group in by_cell.values()
        for pair in pairs_of(group)
    }
    return StudyRun(study, data, fits, pairs, nulls, current_environment(), options)


def _null_cells(study: Study, data: StudyData) -> list[Cell]:
    if study.model.family != "poisson" or not study.dispersion_replicates:
        return []
    return [cell for cell in data.designs if cell.variant == BASE]


def _work(
    study: Study,
    data: StudyData,
    options: RunOptions,
    planned: list[PlannedFit],
    wanted: list[Cell],
    progress: Progress,
) -> tuple[dict[PlannedFit, FitResult], dict[Cell, DispersionNull]]:
    """Do every fit and every dispersion null in one pool of workers."""
    fit_tasks = [
        Task(data.designs[p.cell], p.engine, _fit_options(study, options, p)) for p in planned
    ]
    # The longest first, so that no worker ends on one alone.
    order = sorted(range(len(planned)), key=lambda k: _COST.get(planned[k].engine, 1), reverse=True)
    calls: list[Call] = [(certified_task, (fit_tasks[k],)) for k in order] + [
        (_null, (data.designs[cell], study.dispersion_replicates, _null_seed(options.seed, cell)))
        for cell in wanted
    ]
    names = [planned[k].id for k in order] + [
        f"{cell.indicator}/{cell.stratum}/dispersion" for cell in wanted
    ]
    fits: dict[PlannedFit, FitResult] = {}
    nulls: dict[Cell, DispersionNull] = {}
    outcomes = in_workers(calls, options.jobs, options.time_limit)
    for done, (place, outcome) in enumerate(outcomes, start=1):
        if place < len(order):
            fit = planned[order[place]]
            fits[fit] = received(outcome, fit_tasks[order[place]])
        else:
            lost = DispersionNull.lost(outcome.reason) if outcome.reason else None
            nulls[wanted[place - len(order)]] = lost or outcome.value
        progress(done, len(calls), names[place])
    return {p: fits[p] for p in planned}, {c: nulls[c] for c in wanted}


_COST = {"statsmodels-vb": 3, "glmmtmb": 2, "lme4": 2}


def _fit_options(study: Study, options: RunOptions, planned: PlannedFit) -> FitOptions:
    points = {v.name: v.n_quadrature for v in study.variants}.get(planned.cell.variant)
    return FitOptions(
        settings=planned.settings,
        transport=options.transport,
        seed=options.seed,
        n_quadrature=points or POINTS,
    )


def _null_seed(seed: int, cell: Cell) -> int:
    """Return a seed of the cell's own: what else the study holds changes none of its draws."""
    name = f"{seed}\0{cell.indicator}\0{cell.stratum}".encode()
    return int.from_bytes(hashlib.sha256(name).digest(), "big")


def _null(design: Design, replicates: int, seed: int) -> DispersionNull:
    try:
        return dispersion_null(design, replicates, seed)
    except FitFailure as error:
        return DispersionNull.lost(str(error))
    except Exception as error:  # noqa: BLE001 - one null's defect must not end the run
        return DispersionNull.lost(f"{type(error).__name__}: {error}")
