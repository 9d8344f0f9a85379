"""Run a study: read, fit, compare."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

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
from harness.engines.environment import Environment, current_environment
from harness.errors import FitFailure
from harness.result import FitResult
from harness.simulation.dispersion_null import DispersionNull, dispersion_null
from harness.study.answers import (
    Bench,
    Group,
    Request,
    answers,
    compared,
    design_key,
    fits_of_tasks,
)
from harness.study.config import Study
from harness.study.panels import StudyData
from harness.study.plan import Cell, PlannedFit, PlannedPair, pairs_of
from harness.study.prepared import Prepared, RunOptions, prepare_study
from harness.study.scrutiny import Answer, Question, answer_questions, questions_of
from harness.study.seeds import seed_of
from harness.study.store import ResultStore, digest, fitting_code

Progress = Callable[[int, int, str], None]


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
    scrutiny : mapping of Question to Answer
        What the study's ``scrutiny`` asks for beyond its fits.
    """

    study: Study
    data: StudyData
    fits: Mapping[PlannedFit, FitResult]
    pairs: Mapping[PlannedPair, Pair]
    nulls: Mapping[Cell, DispersionNull]
    environment: Environment
    options: RunOptions
    register: Register = field(default_factory=load_register)
    scrutiny: Mapping[Question, Answer] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every fit, null distribution and question of scrutiny gave an answer."""
        lost = [fit.failure for fit in self.fits.values()] + [
            n.failure for n in self.nulls.values()
        ]
        return not any(lost) and not any(answer.lost for answer in self.scrutiny.values())

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
    questions = questions_of(prepared)
    steps = sum(map(len, (prepared.planned, prepared.nulls, prepared.by_cell, questions)))
    bench = Bench(
        store, options.jobs, options.time_limit, lambda what: progress(next(done), steps, what)
    )
    fits = _fits(prepared, bench)
    nulls = _nulls(prepared, bench)
    answered = answer_questions(prepared, questions, bench)
    told, pairs = _pairs(prepared, fits, bench)
    return StudyRun(
        prepared.study, prepared.data, told, pairs, nulls, current_environment(), options,
        scrutiny=answered,
    )  # fmt: skip


def _fits(prepared: Prepared, bench: Bench) -> list[FitResult]:
    """Return every fit, the longest first in the queue, so that no worker ends on one alone."""
    planned = prepared.planned
    order = sorted(range(len(planned)), key=lambda k: _COST.get(planned[k].engine, 1), reverse=True)
    tasks, names = [prepared.tasks[k] for k in order], [planned[k].id for k in order]
    found = dict(zip(order, fits_of_tasks(tasks, names, bench), strict=True))
    return [found[k] for k in range(len(planned))]


_COST = {"statsmodels-vb": 3, "glmmtmb": 2, "lme4": 2}


def _nulls(prepared: Prepared, bench: Bench) -> dict[Cell, DispersionNull]:
    outcomes = answers([_null_request(prepared, cell) for cell in prepared.nulls], bench)
    return {
        cell: DispersionNull.lost(outcome.reason) if outcome.reason else outcome.value
        for cell, outcome in zip(prepared.nulls, outcomes, strict=True)
    }


def _null_request(prepared: Prepared, cell: Cell) -> Request:
    design, replicates = prepared.data.designs[cell], prepared.study.dispersion_replicates
    seed = _null_seed(prepared.options.seed, cell)
    key = digest("null", fitting_code(), design_key(design), replicates, seed)
    return Request(
        (_null, (design, replicates, seed)), key, f"{cell.indicator}/{cell.stratum}/dispersion"
    )


def _pairs(
    prepared: Prepared, fits: list[FitResult], bench: Bench
) -> tuple[dict[PlannedFit, FitResult], dict[PlannedPair, Pair]]:
    """Return the fits, told of one another, and every pair."""
    told, pairs = dict[PlannedFit, FitResult](), dict[PlannedPair, Pair]()
    wanted = {cell: pairs_of(_planned(prepared, cell)) for cell in prepared.by_cell}
    groups = [_group(prepared, cell, fits, wanted[cell]) for cell in prepared.by_cell]
    done = compared(groups, prepared.options.transport, bench)
    for cell, (own, answered) in zip(prepared.by_cell, done, strict=True):
        told |= zip(_planned(prepared, cell), own, strict=True)
        pairs |= zip(wanted[cell], answered, strict=True)
    return {planned: told[planned] for planned in prepared.planned}, pairs


def _planned(prepared: Prepared, cell: Cell) -> list[PlannedFit]:
    return [prepared.planned[k] for k in prepared.by_cell[cell]]


def _group(
    prepared: Prepared, cell: Cell, fits: list[FitResult], pairs: list[PlannedPair]
) -> Group:
    places = prepared.by_cell[cell]
    at = {planned: place for place, planned in enumerate(_planned(prepared, cell))}
    return Group(
        name=f"{cell.indicator}/{cell.stratum}/{cell.variant}/pairs",
        tasks=tuple(prepared.tasks[k] for k in places),
        fits=tuple(fits[k] for k in places),
        pairs=tuple((at[pair.a], at[pair.b]) for pair in pairs),
    )


def _null_seed(seed: int, cell: Cell) -> int:
    return seed_of(seed, cell.indicator, cell.stratum)


def _null(design: Design, replicates: int, seed: int) -> DispersionNull:
    try:
        return dispersion_null(design, replicates, seed)
    except FitFailure as error:
        return DispersionNull.lost(str(error))
    except Exception as error:  # noqa: BLE001 - one null's defect must not end the run
        return DispersionNull.lost(f"{type(error).__name__}: {error}")
