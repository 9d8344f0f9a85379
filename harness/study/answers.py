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
from harness.engines.workers import Call, Outcome, Task, called, failed, in_workers
from harness.errors import Defect
from harness.result import FitResult
from harness.study.store import ResultStore, digest, fitting_code

Tick = Callable[[str], None]


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
class Request:
    """A call to make, the key of its answer, and what it is called."""

    call: Call
    key: str
    name: str


def answers(
    requests: Sequence[Request], bench: Bench, keep: Callable[[Any], bool] = lambda value: True
) -> list[Outcome]:
    """Return what every call comes to; what is to be kept is stored as soon as it is there."""
    found: dict[int, Outcome] = {}
    for k, asked in enumerate(requests):
        held = bench.store.get(asked.key)
        if held is not None:
            found[k] = Outcome(value=held)
            bench.tick(asked.name)
    missing = [k for k in range(len(requests)) if k not in found]
    if missing:
        calls = [requests[k].call for k in missing]
        for place, outcome in in_workers(calls, bench.jobs, bench.time_limit):
            asked = requests[missing[place]]
            found[missing[place]] = outcome
            if outcome.reason is None and keep(outcome.value):
                bench.store.put(asked.key, outcome.value)
            bench.tick(asked.name)
    return [found[k] for k in range(len(requests))]


def design_key(design: Design) -> str:
    """Return a digest of a design, names included."""
    names = (design.exog_names, design.exog_re_names, design.group_labels, design.random)
    return digest(design.sha256, names)


def fit_key(task: Task) -> str:
    """Return the key of a fit."""
    return digest("fit", fitting_code(), design_key(task.design), task.engine, asdict(task.options))


def fits_of_tasks(tasks: Sequence[Task], names: Sequence[str], bench: Bench) -> list[FitResult]:
    """Return every fit; a failed one is done anew the next time."""
    requests = [
        Request((_fit, (task,)), fit_key(task), name)
        for task, name in zip(tasks, names, strict=True)
    ]
    outcomes = answers(requests, bench, keep=lambda held: held[0].failure is None)
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


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The fits of one cell, and which of them are compared.

    Attributes
    ----------
    tasks : tuple of Task
        One a fit.
    pairs : tuple of (int, int)
        Places of two fits.
    """

    name: str
    tasks: tuple[Task, ...]
    fits: tuple[FitResult, ...]
    pairs: tuple[tuple[int, int], ...]

    def request(self, transport: Transport) -> Request:
        """Return the call that sets the fits beside one another."""
        certified = [(fit, remembered(fit)) for fit in self.fits]
        key = digest("told", [fit_key(task) for task in self.tasks], self.pairs)
        return Request((_tell, (certified, self.pairs, transport)), key, self.name)


def compared(
    groups: Sequence[Group], transport: Transport, bench: Bench
) -> list[tuple[list[FitResult], list[Pair]]]:
    """Return the fits of each cell, told of one another, and their pairs."""
    requests = [group.request(transport) for group in groups]
    outcomes = answers(
        requests, bench, keep=lambda told: all(fit.failure is None for fit, _ in told.fits)
    )
    return [
        _put_together(_told_here(group) if outcome.reason else outcome.value, group)
        for group, outcome in zip(groups, outcomes, strict=True)
    ]


def _tell(
    certified: list[Certified], pairs: Sequence[tuple[int, int]], transport: Transport
) -> Told:
    """Set the fits of one cell beside one another, in a worker, where R may be asked."""
    fits = [remember(fit, point) for fit, point in certified]
    return _told(own_of(beside_each_other(fits), transport), pairs)


def _told_here(group: Group) -> Told:
    """Do without the engines' own objectives, where asking them cost the worker its life.

    Raises
    ------
    Defect
        Where not even that can be done.
    """
    outcome = called(lambda: _told(beside_each_other(group.fits), group.pairs))
    if outcome.reason is not None:
        raise Defect.of(group.name, outcome.reason)
    told: Told = outcome.value
    return told


def _told(fits: list[FitResult], places: Sequence[tuple[int, int]]) -> Told:
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
    design = group.tasks[0].design
    fits = [_restored(held, design) for held in told.fits]
    pairs = []
    for bare, about, (a, b) in zip(told.pairs, told.about, group.pairs, strict=True):
        fit = None if about is None else (fits[a], fits[b])[about]
        why = _of(bare.explanation, fit)
        pairs.append(replace(bare, a=fits[a], b=fits[b], explanation=why))
    return fits, pairs
