"""Run a simulation study: draw, fit, measure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.engines import engine, require
from harness.engines.base import Transport
from harness.errors import ConfigError, HarnessError
from harness.simulation.agreement import DrawAgreement, agreement
from harness.simulation.estimates import Estimates
from harness.simulation.methods import Method
from harness.simulation.performance import Performance, performance
from harness.study.answers import Bench
from harness.study.cluster import connected
from harness.study.config import StudyFile
from harness.study.hall import carry_out
from harness.study.observed import process_of, window_of
from harness.study.pieces import BATCH
from harness.study.prepared import RunOptions
from harness.study.replication import Replication
from harness.study.runner import Progress
from harness.study.seeds import seed_of
from harness.study.simulation_parts import Simulate
from harness.study.store import ResultStore


@dataclass(frozen=True, slots=True)
class SimulationOptions(RunOptions):
    """How a simulation is run, beyond what its file says."""

    dask: str | None = None

    @property
    def road_to_r(self) -> Transport:
        """How values reach R: on a cluster beside the worker, since R has to own its process.

        Raises
        ------
        ConfigError
            If rpy2 is asked for on a cluster.
        """
        if self.dask is None:
            return self.transport
        if self.transport == "rpy2":
            raise ConfigError("--transport rpy2 does not go with --dask: leave it out")
        return "rscript"


@dataclass(frozen=True, eq=False)
class SimulationRun:
    """What a simulation study found.

    Attributes
    ----------
    performance : mapping of (process, method) to Performance
    agreement : mapping of (process, method, method) to DrawAgreement
        Of methods that fit the same model.
    """

    file: StudyFile
    options: SimulationOptions
    replications: tuple[Replication, ...]
    performance: dict[tuple[str, str], Performance]
    agreement: dict[tuple[str, str, str], DrawAgreement]

    @property
    def simulate(self) -> Simulate:
        """The entry of the study file."""
        return simulate_of(self.file)


def simulate_of(file: StudyFile) -> Simulate:
    """Return the entry ``simulate``.

    Raises
    ------
    ConfigError
        If the file has none.
    """
    if file.simulate is None:
        raise ConfigError(f"study {file.study!r} has no entry simulate: add processes and methods")
    return file.simulate


def replications_of(file: StudyFile, options: SimulationOptions) -> tuple[Replication, ...]:
    """Return every method asked of every process, checked before anything is drawn.

    Raises
    ------
    HarnessError
        For an engine that is missing, or a model that cannot be built on a process.
    """
    asked = simulate_of(file)
    require(sorted({part.engine for part in asked.methods}))
    found, window = [], window_of(file, asked.methods)
    for k, part in enumerate(asked.processes):
        seed = seed_of(options.seed, file.study, part.name)
        try:
            process = process_of(file, part, options.base, seed, window)
        except HarnessError as error:
            raise type(error)(f"simulate.processes.{k}: {error}") from None
        for m, method in enumerate(asked.methods):
            try:
                built = method.method(file.model, tuple(asked.contrasts), options.road_to_r)
                replication = Replication(process, built, seed)
                replication.check()
                _check_contrasts(asked.contrasts, replication.whole.exog_names)
            except HarnessError as error:
                raise type(error)(
                    f"simulate.methods.{m} on process {part.name!r}: {error}"
                ) from None
            found.append(replication)
    return tuple(found)


def _check_contrasts(contrasts: Sequence[str], terms: Sequence[str]) -> None:
    for text in contrasts:
        if text in terms:
            raise HarnessError(f"contrast {text!r} is a term, estimated anyway: remove it")


def run_simulation(
    file: StudyFile, options: SimulationOptions, progress: Progress, store: ResultStore
) -> SimulationRun:
    """Draw and fit what is not in the store, and measure.

    Raises
    ------
    HarnessError
        For bad input or a missing engine, before anything is drawn.
    """
    replications = replications_of(file, options)
    numbers, done = range(simulate_of(file).replicates), itertools.count(1)
    asked = [one.estimated for one in replications]
    pieces = sum(one.count(len(numbers)) for one in asked)
    bench = Bench(
        store, options.jobs, options.time_limit,
        lambda what: progress(next(done), pieces, what),
    )  # fmt: skip
    with connected(options.dask) as cluster:
        carry_out((work for one in asked for work in one.works(numbers)), bench, cluster)
    measured = {
        (one.process.name, one.method.name): performance(
            lambda one=one: one.estimated.found(store, numbers),  # type: ignore[misc]
            one.truth,
        )
        for one in replications
    }
    agreed = {
        (a.process.name, a.method.name, b.method.name): agreement(
            _pairs(a, b, store, numbers), same_objective(a.method, b.method)
        )
        for a, b in itertools.combinations(replications, 2)
        if a.process is b.process and comparable(a.method, b.method)
    }
    return SimulationRun(file, options, replications, measured, agreed)


def comparable(a: Method, b: Method) -> bool:
    """Whether two methods claim to answer the same question in the same way."""
    return a.model == b.model and a.small_sample == b.small_sample


def same_objective(a: Method, b: Method) -> bool:
    """Whether two methods claim to maximise the same function."""
    one, other = engine(a.engine), engine(b.engine)
    alike = (one.estimator, one.method) == (other.estimator, other.method)
    return alike and one.estimator == "maximum likelihood" and a.points == b.points


def _pairs(
    a: Replication, b: Replication, store: ResultStore, numbers: range
) -> Iterator[tuple[np.ndarray, Estimates, Estimates]]:
    found = (one.estimated.found(store, numbers) for one in (a, b))
    for at, (one, other) in enumerate(zip(*found, strict=True)):
        yield at * BATCH + np.arange(len(one)), one, other
