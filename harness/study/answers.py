"""Fits and comparisons of a study: from the store where they are there, else from workers.

What is stored and sent back leaves the design out, which is the larger part and is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.certifying import Certified, certified_task, own_of
from harness.concordance.compare import compare_pair
from harness.concordance.exact import remember, remembered
from harness.concordance.explanation import Explanation
from harness.concordance.pair import Pair
from harness.concordance.partners import beside_each_other
from harness.design import Design
from harness.engines.base import Transport
from harness.engines.workers import Call, Outcome, Task, failed, in_workers
from harness.result import FitResult
from harness.study.store import ResultStore, digest, fitting_code

Tick = Callable[[str], None]
# The fits of one cell, and its pairs: the places of two fits.
Group = tuple[list[FitResult], list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where answers come from: the store, or so many workers, each for so long on one call.

    ``tick`` is called with the name of whatever was done.
    """

    store: ResultStore
    jobs: int
    time_limit: float
    tick: Tick


@dataclass(frozen=True, slots=True)
class Job:
    """A call to make, the key of its answer, and what it is called."""

    call: Call
    key: str
    name: str


def answers(
    jobs: Sequence[Job], bench: Bench, keep: Callable[[Any], bool] = lambda value: True
) -> list[Outcome]:
    """Return what every call comes to; what is to be kept is stored as soon as it is there."""
    found: dict[int, Outcome] = {}
    for k, job in enumerate(jobs):
        held = bench.store.get(job.key)
        if held is not None:
            found[k] = Outcome(value=held)
            bench.tick(job.name)
    missing = [k for k in range(len(jobs)) if k not in found]
    if missing:
        calls = [jobs[k].call for k in missing]
        for place, outcome in in_workers(calls, bench.jobs, bench.time_limit):
            job = jobs[missing[place]]
            found[missing[place]] = outcome
            if outcome.reason is None and keep(outcome.value):
                bench.store.put(job.key, outcome.value)
            bench.tick(job.name)
    return [found[k] for k in range(len(jobs))]


def design_key(design: Design) -> str:
    """Return a digest of a design, names included."""
    names = (design.exog_names, design.exog_re_names, design.group_labels, design.random)
    return digest(design.sha256, names)


def fit_key(task: Task) -> str:
    """Return the key of a fit."""
    return digest("fit", fitting_code(), design_key(task.design), task.engine, asdict(task.options))


def fits_of_tasks(tasks: Sequence[Task], names: Sequence[str], bench: Bench) -> list[FitResult]:
    """Return every fit; a failed one is done anew the next time."""
    jobs = [
        Job((_fit, (task,)), fit_key(task), name) for task, name in zip(tasks, names, strict=True)
    ]
    outcomes = answers(jobs, bench, keep=lambda held: held[0].failure is None)
    return [
        failed(task, outcome.reason) if outcome.reason else _restored(outcome.value, task.design)
        for task, outcome in zip(tasks, outcomes, strict=True)
    ]


def _fit(task: Task) -> Certified:
    return _bare(certified_task(task)[0])


def _bare(fit: FitResult) -> Certified:
    nothing: Any = None
    return replace(fit, design=nothing), remembered(fit)


def _restored(held: Certified, design: Design) -> FitResult:
    fit, point = held
    return remember(replace(fit, design=design), point)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The fits of one cell beside one another, without the design that they share.

    Attributes
    ----------
    fits : tuple of Certified
        With what the others and the engines' own objectives add to their certificates.
    pairs : tuple of Pair
        Without their fits.
    about : tuple of int or None
        Which of its two fits the explanation of each pair is about.
    """

    fits: tuple[Certified, ...]
    pairs: tuple[Pair, ...]
    about: tuple[int | None, ...]


def compared(
    groups: Sequence[Group],
    keys: Sequence[str],
    names: Sequence[str],
    transport: Transport,
    bench: Bench,
) -> list[tuple[list[FitResult], list[Pair]]]:
    """Return the fits of each cell, told of one another, and their pairs."""
    jobs = [
        Job((_tell, ([(fit, remembered(fit)) for fit in fits], pairs, transport)), key, name)
        for (fits, pairs), key, name in zip(groups, keys, names, strict=True)
    ]
    outcomes = answers(jobs, bench, keep=lambda told: all(f.failure is None for f, _ in told.fits))
    return [
        _put_together(_told_here(group) if outcome.reason else outcome.value, group)
        for group, outcome in zip(groups, outcomes, strict=True)
    ]


def told_key(tasks: Sequence[Task], pairs: Sequence[tuple[int, int]]) -> str:
    """Return the key of what is said of the fits of one cell beside one another."""
    return digest("told", [fit_key(task) for task in tasks], pairs)


def _tell(certified: list[Certified], pairs: list[tuple[int, int]], transport: Transport) -> Told:
    """Set the fits of one cell beside one another, in a worker, where R may be asked."""
    fits = [remember(fit, point) for fit, point in certified]
    return _told(own_of(beside_each_other(fits), transport), pairs)


def _told_here(group: Group) -> Told:
    """Do without the engines' own objectives, where asking them cost the worker its life."""
    fits, places = group
    return _told(beside_each_other(fits), places)


def _told(fits: list[FitResult], places: list[tuple[int, int]]) -> Told:
    pairs = [compare_pair(fits[a], fits[b]) for a, b in places]
    return Told(
        tuple(map(_bare, fits)), tuple(map(_without_fits, pairs)), tuple(map(_about, pairs))
    )


def _without_fits(pair: Pair) -> Pair:
    nobody: Any = None
    return replace(pair, a=nobody, b=nobody, explanation=_of(pair.explanation, None))


def _of(found: Explanation | None, fit: FitResult | None) -> Explanation | None:
    return None if found is None else replace(found, about=fit)


def _about(pair: Pair) -> int | None:
    about = pair.explanation.about if pair.explanation else None
    return next((k for k, fit in enumerate((pair.a, pair.b)) if fit is about), None)


def _put_together(told: Told, group: Group) -> tuple[list[FitResult], list[Pair]]:
    design = group[0][0].design
    fits = [_restored(held, design) for held in told.fits]
    pairs = []
    for bare, about, (a, b) in zip(told.pairs, told.about, group[1], strict=True):
        fit = None if about is None else (fits[a], fits[b])[about]
        why = _of(bare.explanation, fit)
        pairs.append(replace(bare, a=fits[a], b=fits[b], explanation=why))
    return fits, pairs
