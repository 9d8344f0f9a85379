"""Run a power analysis: a curve, the smallest design, the smallest effect, and the audit."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.engines import require
from harness.errors import ConfigError, HarnessError
from harness.simulation.power.audit import Audit, audited
from harness.simulation.power.decisions import Question, Test, Tested
from harness.simulation.power.rates import Rates, power_of
from harness.simulation.power.search import Answer, Evaluation, scale_of, search
from harness.study.answers import Bench
from harness.study.cluster import Cluster, connected
from harness.study.config import StudyFile
from harness.study.hall import carry_out
from harness.study.observed import process_of, window_of
from harness.study.pieces import BATCH
from harness.study.power_parts import AuditPart, Power, SearchPart
from harness.study.replication import Replication
from harness.study.runner import Progress
from harness.study.seeds import seed_of
from harness.study.simulate import SimulationOptions, same_objective
from harness.study.store import ResultStore


@dataclass(frozen=True, slots=True, eq=False)
class PointFound:
    """Power at one point of a curve.

    Attributes
    ----------
    at : mapping of axis to float
    replication : Replication
    truth : float or None
        Of the contrast.
    numbers : range
        Replicates that were drawn.
    asked : int
        Replicates that might have been.
    """

    at: Mapping[str, float]
    replication: Replication
    truth: float | None
    rates: Rates
    numbers: range
    asked: int


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """An answer, and the points that were evaluated for it, in the same order."""

    answer: Answer
    points: tuple[PointFound, ...]


@dataclass(frozen=True, eq=False)
class PowerRun:
    """What a power analysis found."""

    file: StudyFile
    options: SimulationOptions
    base: Replication  # of the process as the file has it
    points: tuple[PointFound, ...]
    searched: Searched | None
    detectable: Searched | None
    audit: Audit | None

    @property
    def power(self) -> Power:
        """The entry of the study file."""
        return power_entry(self.file)


def power_entry(file: StudyFile) -> Power:
    """Return the entry ``power``.

    Raises
    ------
    ConfigError
        If the file has none.
    """
    if file.power is None:
        raise ConfigError(f"study {file.study!r} has no entry power: add a process and a contrast")
    return file.power


@dataclass(frozen=True, slots=True, eq=False)
class _Analyst:
    """Who answers for the power at a point."""

    file: StudyFile
    options: SimulationOptions
    bench: Bench
    cluster: Cluster | None

    def at(self, point: Mapping[str, float]) -> PointFound:
        """Return the power at a point."""
        asked = power_entry(self.file)
        one = self.replication(point)
        truth = one.truth.get(asked.contrast)
        pieces, last, rates = one.tested(self.question), asked.replicates, Rates()
        # Sequential stopping looks after every batch, and never before the first.
        step = last if asked.half_width is None else BATCH
        for first in range(0, last, step):
            numbers = range(first, min(first + step, last))
            carry_out(pieces.works(numbers), self.bench, self.cluster)
            found = pieces.found(self.bench.store, numbers)
            rates = power_of(found, asked.contrast, truth or 0.0, asked.alpha, rates)
            if asked.half_width is not None and rates.half_width <= asked.half_width:
                break
        return PointFound(point, one, truth, rates, range(rates.replicates), last)

    @property
    def question(self) -> Question:
        """What is asked of the replicates of every point."""
        asked = power_entry(self.file)
        method = asked.method.method(self.file.model, (asked.contrast,), self.options.road_to_r)
        return Question(method, asked.test)

    def replication(self, point: Mapping[str, float]) -> Replication:
        """Return the replicates of a point."""
        asked = power_entry(self.file)
        part = asked.at(dict(point))
        where = ", ".join(f"{axis}={value:g}" for axis, value in sorted(point.items()))
        seed = seed_of(self.options.seed, self.file.study, "power", where)
        # The layout is the same at every point as far as its size is.
        layout = seed_of(self.options.seed, self.file.study, "layout")
        window = window_of(self.file, [asked.method])
        process = process_of(self.file, part, self.options.base, layout, window)
        process = replace(process, name=where or part.name)
        return Replication(process, self.question.asked, seed)

    def evaluation(self, over: str, value: float) -> tuple[PointFound, Evaluation]:
        """Return the power at one value of what is searched over."""
        found = self.at({over: value})
        return found, Evaluation(value, found.rates.tested, found.rates.rejected)


def check_power(file: StudyFile, options: SimulationOptions) -> None:
    """Check what can be known before anything is drawn.

    Raises
    ------
    HarnessError
        For bad input or a missing engine.
    """
    asked = power_entry(file)
    auditor = _auditor(file, asked)
    require([asked.method.engine, *([auditor] if auditor else [])])
    nobody = Bench(ResultStore(None), 1, options.time_limit, lambda what: None)
    _check(_Analyst(file, options, nobody, None), _grid(asked))


def _grid(asked: Power) -> list[Mapping[str, float]]:
    """Points of the curve."""
    return [
        dict(zip(asked.vary, values, strict=True))
        for values in itertools.product(*asked.vary.values())
    ]


def run_power(
    file: StudyFile, options: SimulationOptions, progress: Progress, store: ResultStore
) -> PowerRun:
    """Draw and test what is not in the store.

    Raises
    ------
    HarnessError
        For bad input or a missing engine, before anything is drawn.
    """
    check_power(file, options)
    asked, done = power_entry(file), itertools.count(1)
    grid = _grid(asked)
    bench = Bench(
        store, options.jobs, options.time_limit,
        lambda what: progress(at := next(done), max(steps, at), what),
    )  # fmt: skip
    checker = _Analyst(file, options, bench, None)
    pieces = checker.replication(grid[0]).tested(checker.question)
    steps = len(grid) * pieces.count(asked.replicates)
    with connected(options.dask) as cluster:
        return _answered(replace(checker, cluster=cluster), grid, _auditor(file, asked))


def _answered(
    analyst: _Analyst, grid: Sequence[Mapping[str, float]], auditor: str | None
) -> PowerRun:
    file, asked = analyst.file, power_entry(analyst.file)
    points = tuple(analyst.at(point) for point in grid)
    searched = _searched(analyst, asked.search, asked.target)
    detectable = _searched(analyst, asked.detectable, asked.target)
    checked = None
    if auditor is not None and asked.audit is not None:
        checked = _audit(analyst, points, auditor, asked.audit)
    base = analyst.replication({})
    return PowerRun(file, analyst.options, base, points, searched, detectable, checked)


def _check(analyst: _Analyst, grid: Sequence[Mapping[str, float]]) -> None:
    for point in (grid[0], grid[-1]):
        try:
            analyst.replication(point).check()
        except HarnessError as error:
            raise type(error)(f"power: {error}") from None


def _searched(analyst: _Analyst, part: SearchPart | None, target: float) -> Searched | None:
    if part is None:
        return None
    made: list[PointFound] = []

    def evaluate(value: float) -> Evaluation:
        found, evaluation = analyst.evaluation(part.over, value)
        made.append(found)
        return evaluation

    scale = scale_of(part.over, part.between)
    answer = search(evaluate, scale, part.between, target, part.evaluations)
    return Searched(answer, tuple(made))


def _auditor(file: StudyFile, asked: Power) -> str | None:
    """The engine that audits: that of the file, or the first of R that fits the model."""
    if asked.audit is None:
        return None
    given = asked.audit.engine
    reasons = {
        name: _refusal(name, file, asked) for name in ([given] if given else ["lme4", "glmmtmb"])
    }
    fit = next((name for name, reason in reasons.items() if reason is None), None)
    if fit is None:
        raise ConfigError(f"power.audit: {'; '.join(map(str, reasons.values()))}: say audit: null")
    return fit


def _refusal(name: str, file: StudyFile, asked: Power) -> str | None:
    try:
        part = asked.method.model_copy(update={"engine": name})
        part.method(file.model, ())
    except HarnessError as error:
        return str(error)
    return None


def _audit(
    analyst: _Analyst, points: tuple[PointFound, ...], auditor: str, part: AuditPart
) -> Audit:
    """Refit a random share of the replicates of all points, tight, and compare."""
    asked, chosen = power_entry(analyst.file), _chosen(points, part, analyst.options.seed)
    question = analyst.question
    # A bootstrap in R would cost what the audit is to save.
    test: Test = "lr" if question.test == "bootstrap" else question.test
    ours = Question(question.method, test)
    theirs = Question(replace(question.method, name=auditor, engine=auditor), test)

    asked_of = [
        [(replace(points[k].replication, method=by.asked).tested(by), n) for k, n in chosen]
        for by in (ours, theirs)
    ]
    # All at once: what is chosen of one point keeps no second core busy.
    works = (work for side in asked_of for pieces, n in side for work in pieces.works(n))
    carry_out(works, analyst.bench, analyst.cluster)
    fast, slow = (
        [Tested.joined(pieces.found(analyst.bench.store, n)) for pieces, n in side]
        for side in asked_of
    )
    alike = same_objective(ours.method, theirs.method)
    return audited(auditor, chosen, fast, slow, asked.contrast, asked.alpha, alike)


def _chosen(
    points: tuple[PointFound, ...], part: AuditPart, seed: int
) -> list[tuple[int, list[int]]]:
    """Numbers of the replicates that are refitted, by point: a share of all, at random."""
    ends = np.cumsum([len(point.numbers) for point in points])
    size = max(1, min(part.most, round(part.share * int(ends[-1]))))
    rng = np.random.default_rng(seed_of(seed, "audit"))
    picked = np.sort(rng.choice(int(ends[-1]), size=size, replace=False))
    point_of = np.searchsorted(ends, picked, side="right")
    return [
        (k, [points[k].numbers[at - int(ends[k])] for at in picked[point_of == k].tolist()])
        for k in np.unique(point_of).tolist()
    ]
