"""Run a study: read, fit, compare."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from harness.concordance.pair import Pair
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
from harness.engines.workers import Task
from harness.errors import FitFailure
from harness.result import FitResult
from harness.simulation.dispersion_null import DispersionNull, dispersion_null
from harness.study.answers import (
    Bench,
    Job,
    answers,
    compared,
    design_key,
    fit_key,
    fits_of_tasks,
    told_key,
)
from harness.study.config import BASE, Study
from harness.study.panels import StudyData, read_study
from harness.study.plan import Cell, PlannedFit, PlannedPair, fits_of, pairs_of
from harness.study.store import ResultStore, digest, fitting_code, whole_code

# Seconds; a call of lme4 or glmmTMB on a panel of this kind takes a few, statsmodels' variational
# Bayes up to half a minute.
TIME_LIMIT = 600.0
Progress = Callable[[int, int, str], None]
# Ends the name of a table that no authority published; so does the report's, lest one is taken
# for the other.
SIMULATED = "-simulated"


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


@dataclass(frozen=True, eq=False)
class Prepared:
    """A study read and planned, nothing fitted yet.

    Attributes
    ----------
    planned : tuple of PlannedFit
    tasks : tuple of Task
        One a planned fit, in the same order.
    nulls : tuple of Cell
        Whose dispersion is held against its null distribution.
    """

    study: Study
    options: RunOptions
    data: StudyData
    planned: tuple[PlannedFit, ...]
    tasks: tuple[Task, ...]
    nulls: tuple[Cell, ...]

    @cached_property
    def by_cell(self) -> dict[Cell, list[int]]:
        """Places of the planned fits of each cell."""
        found: dict[Cell, list[int]] = {}
        for k, planned in enumerate(self.planned):
            found.setdefault(planned.cell, []).append(k)
        return found

    @cached_property
    def key(self) -> str:
        """Digest of everything that the report depends on."""
        return digest(
            "run", whole_code(), self.study.model_dump(mode="json"), self.options.command,
            self.options.seed, self.data.table.notes, [fit_key(task) for task in self.tasks],
            [str(cell) for cell in self.data.unfit],
        )  # fmt: skip


def prepare_study(study: Study, options: RunOptions) -> Prepared:
    """Read a study's data and plan its fits.

    Raises
    ------
    HarnessError
        For bad input or a missing engine, before anything is fitted.
    """
    require(sorted({*study.engines, *(name for v in study.variants for name in v.engines)}))
    data = read_study(study, options.base)
    if data.table.name.endswith(SIMULATED):
        title = f"{study.title} (simulated)"
        study = study.model_copy(update={"study": f"{study.study}{SIMULATED}", "title": title})
    planned = tuple(fit for cell in data.designs for fit in fits_of(study, cell))
    tasks = tuple(
        Task(data.designs[p.cell], p.engine, _fit_options(study, options, p)) for p in planned
    )
    return Prepared(study, options, data, planned, tasks, tuple(_null_cells(study, data)))


def run_study(study: Study, options: RunOptions, progress: Progress) -> StudyRun:
    """Run a whole study, nothing taken from any store; see ``run_prepared``.

    Raises
    ------
    HarnessError
        For bad input or a missing engine, before anything is fitted.
    """
    return run_prepared(prepare_study(study, options), progress)


def run_prepared(
    prepared: Prepared, progress: Progress, store: ResultStore | None = None
) -> StudyRun:
    """Fit and compare what is not in the store.

    Parameters
    ----------
    progress : callable
        Called with (done, expected, what was done).
    """
    store = store or ResultStore(None)
    options, done = prepared.options, itertools.count(1)
    steps = len(prepared.planned) + len(prepared.nulls) + len(prepared.by_cell)
    bench = Bench(
        store, options.jobs, options.time_limit, lambda what: progress(next(done), steps, what)
    )
    fits = _fits(prepared, bench)
    nulls = _nulls(prepared, bench)
    told, pairs = _pairs(prepared, fits, bench)
    return StudyRun(
        prepared.study, prepared.data, told, pairs, nulls, current_environment(), options
    )


def _null_cells(study: Study, data: StudyData) -> list[Cell]:
    if study.model.family != "poisson" or not study.dispersion_replicates:
        return []
    return [
        cell
        for cell, design in data.designs.items()
        if cell.variant == BASE and design.response == "count"
    ]


def _fits(prepared: Prepared, bench: Bench) -> list[FitResult]:
    """Return every fit, the longest first in the queue, so that no worker ends on one alone."""
    planned = prepared.planned
    order = sorted(range(len(planned)), key=lambda k: _COST.get(planned[k].engine, 1), reverse=True)
    tasks, names = [prepared.tasks[k] for k in order], [planned[k].id for k in order]
    found = dict(zip(order, fits_of_tasks(tasks, names, bench), strict=True))
    return [found[k] for k in range(len(planned))]


_COST = {"statsmodels-vb": 3, "glmmtmb": 2, "lme4": 2}


def _nulls(prepared: Prepared, bench: Bench) -> dict[Cell, DispersionNull]:
    outcomes = answers([_null_job(prepared, cell) for cell in prepared.nulls], bench)
    return {
        cell: DispersionNull.lost(outcome.reason) if outcome.reason else outcome.value
        for cell, outcome in zip(prepared.nulls, outcomes, strict=True)
    }


def _null_job(prepared: Prepared, cell: Cell) -> Job:
    design, replicates = prepared.data.designs[cell], prepared.study.dispersion_replicates
    seed = _null_seed(prepared.options.seed, cell)
    key = digest("null", fitting_code(), design_key(design), replicates, seed)
    return Job(
        (_null, (design, replicates, seed)), key, f"{cell.indicator}/{cell.stratum}/dispersion"
    )


def _pairs(
    prepared: Prepared, fits: list[FitResult], bench: Bench
) -> tuple[dict[PlannedFit, FitResult], dict[PlannedPair, Pair]]:
    """Return the fits, told of one another, and every pair."""
    planned, cells = prepared.planned, list(prepared.by_cell.values())
    wanted = [pairs_of([planned[k] for k in places]) for places in cells]
    ends = [_ends(prepared, places, pairs) for places, pairs in zip(cells, wanted, strict=True)]
    done = compared(
        [([fits[k] for k in places], own) for places, own in zip(cells, ends, strict=True)],
        [
            told_key([prepared.tasks[k] for k in places], own)
            for places, own in zip(cells, ends, strict=True)
        ],
        [f"{cell.indicator}/{cell.stratum}/{cell.variant}/pairs" for cell in prepared.by_cell],
        prepared.options.transport,
        bench,
    )
    told, found = dict(enumerate(fits)), dict[PlannedPair, Pair]()
    for places, pairs, (own, answered) in zip(cells, wanted, done, strict=True):
        told |= zip(places, own, strict=True)
        found |= zip(pairs, answered, strict=True)
    return {p: told[k] for k, p in enumerate(planned)}, found


def _ends(prepared: Prepared, places: list[int], pairs: list[PlannedPair]) -> list[tuple[int, int]]:
    at = {prepared.planned[k]: place for place, k in enumerate(places)}
    return [(at[pair.a], at[pair.b]) for pair in pairs]


def _fit_options(study: Study, options: RunOptions, planned: PlannedFit) -> FitOptions:
    variant = study.variant(planned.cell.variant)
    return FitOptions(
        settings=planned.settings,
        se_method="observed" if variant is None else variant.se_method,
        transport=options.transport,
        seed=options.seed,
        n_quadrature=(variant.n_quadrature if variant else None) or POINTS,
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
