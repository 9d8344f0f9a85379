"""Commands ``simulate`` and ``power``."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli_redo import redo
from harness.engines.base import Transport
from harness.report import write_power_report, write_simulation_report
from harness.study.config import StudyFile
from harness.study.loading import find_study, load_plan
from harness.study.power import run_power
from harness.study.power_results import power_results
from harness.study.prepared import TIME_LIMIT
from harness.study.replay import replay
from harness.study.runner import Progress
from harness.study.second_opinion import (
    MOST_ROWS,
    SecondOpinion,
    rows_of,
    second_opinion,
    write_replicates,
)
from harness.study.simulate import SimulationOptions, replications_of, run_simulation
from harness.study.simulation_results import simulation_results
from harness.study.store import FILE, ResultStore
from harness.study.writing import REPLICATES, check_writable, write_json, write_whole

SIMULATION, POWER = "-simulation", "-power"
StudyArgument = Annotated[str, typer.Argument(help="A built-in study or the path of a study file.")]
Out = Annotated[Path, typer.Option(help="Folder for reports, one folder a study.")]
Data = Annotated[Path | None, typer.Option(help="Folder that the study's data paths start from.")]
Replicates = Annotated[
    int | None, typer.Option(min=1, help="Replicates instead of the study's own number.")
]
Dask = Annotated[
    str | None, typer.Option(help="Scheduler of a Dask cluster, such as tcp://host:8786.")
]
Transported = Annotated[Transport, typer.Option(help="How values reach R.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Cores to use; all by default.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything drawn.")]
Limit = Annotated[float, typer.Option(min=1.0, help="Seconds after which a call is given up.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Draw and fit everything anew.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print results.json as well.")]


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the command line lends to its commands."""

    say: Callable[[str], None]
    progress: Callable[[bool], AbstractContextManager[Progress]]
    cores: Callable[[], int]


def register(app: typer.Typer, terminal: Terminal) -> None:
    """Add the commands to the command line."""

    @app.command()
    def simulate(
        study: StudyArgument, out: Out = Path("reports"), data: Data = None,
        replicates: Replicates = None, dask: Dask = None, transport: Transported = "auto",
        jobs: Jobs = None, seed: Seed = 20260101, time_limit: Limit = TIME_LIMIT,
        fresh: Fresh = False, as_json: AsJson = False,
        replayed: Annotated[
            str | None, typer.Option("--replay", help="Look at one replicate, PROCESS:NUMBER.")
        ] = None,
    ) -> None:  # fmt: skip
        """Run a simulation study: bias, coverage, type I error and power, with their errors.

        Exit codes: 0 done, 2 bad input, 3 an engine is missing.

        Examples:  harness simulate small-counts   |   harness simulate my.yaml --replay nb2:17
        """
        file = _with_replicates(load_plan(find_study(study)), "simulate", replicates)
        command = redo(
            "simulate", study, data=data, replicates=replicates, seed=seed, time_limit=time_limit
        )
        options = SimulationOptions(
            base=data or find_study(study).parent, transport=transport,
            jobs=jobs or terminal.cores(), seed=seed, time_limit=time_limit, dask=dask,
            command=command,
        )  # fmt: skip
        if replayed is not None:
            found = replay(replications_of(file, options), replayed)
            terminal.say(found.data.to_csv(index=False))
            terminal.say(found.answers.to_string(index=False))
            return
        _reported(file, options, out, terminal, fresh, as_json, _simulated)

    @app.command()
    def power(
        study: StudyArgument, out: Out = Path("reports"), data: Data = None,
        replicates: Replicates = None, dask: Dask = None, transport: Transported = "auto",
        jobs: Jobs = None, seed: Seed = 20260101, time_limit: Limit = TIME_LIMIT,
        fresh: Fresh = False, as_json: AsJson = False,
    ) -> None:  # fmt: skip
        """Say how often a test of a contrast of stages rejects, and which design is large enough.

        Exit codes: 0 done, 2 bad input, 3 an engine is missing.

        Examples:  harness power hospitals   |   harness power my.yaml --replicates 5000
        """
        file = _with_replicates(load_plan(find_study(study)), "power", replicates)
        options = SimulationOptions(
            base=data or find_study(study).parent, transport=transport,
            jobs=jobs or terminal.cores(), seed=seed, time_limit=time_limit, dask=dask,
            command=redo(
                "power", study, data=data, replicates=replicates, seed=seed, time_limit=time_limit
            ),
        )  # fmt: skip
        _reported(file, options, out, terminal, fresh, as_json, _powered)


def _reported(
    file: StudyFile, options: SimulationOptions, out: Path, terminal: Terminal, fresh: bool,
    as_json: bool, run: Callable[..., tuple[Path, dict[str, Any]]],
) -> None:  # fmt: skip
    store = ResultStore(out / FILE, fresh=fresh)
    try:
        with terminal.progress(as_json) as progress:
            page, results = run(file, options, out, progress, store)
    finally:
        store.close()
    if as_json:
        terminal.say(json.dumps(results, allow_nan=False))
    else:
        terminal.say(_sentence(results))
        terminal.say(f"Report: {page}")


def _simulated(
    file: StudyFile, options: SimulationOptions, out: Path, progress: Progress, store: ResultStore
) -> tuple[Path, dict[str, Any]]:
    target = out / f"{file.study}{SIMULATION}"
    check_writable(target)
    done = run_simulation(file, options, progress, store)
    written: dict[str, Any] = {}

    def fill(folder: Path) -> None:
        second = SecondOpinion(reason=f"more than {MOST_ROWS} rows of replicates")
        if rows_of(done.replications, done.simulate.replicates) <= MOST_ROWS:
            path = folder / REPLICATES
            write_replicates(path, done.replications, store, done.simulate.replicates)
            second = second_opinion(path, done.performance)
        written.update(simulation_results(done, second))
        write_json(folder / "results.json", written)
        write_simulation_report(written, folder)

    return write_whole(target, fill), written


def _powered(
    file: StudyFile, options: SimulationOptions, out: Path, progress: Progress, store: ResultStore
) -> tuple[Path, dict[str, Any]]:
    target = out / f"{file.study}{POWER}"
    check_writable(target)
    results = power_results(run_power(file, options, progress, store))

    def fill(folder: Path) -> None:
        write_json(folder / "results.json", results)
        write_power_report(results, folder)

    return write_whole(target, fill), results


def _with_replicates(file: StudyFile, entry: str, replicates: int | None) -> StudyFile:
    part = getattr(file, entry)
    if replicates is None or part is None:
        return file
    return file.model_copy(update={entry: part.model_copy(update={"replicates": replicates})})


def _sentence(results: dict[str, Any]) -> str:
    if results["kind"] == "power":
        return str(results["paragraph"])
    rows = [row for row in results["performance"] if row["measure"] == "coverage"]
    return "\n".join(
        f"{row['process']}, {row['method']}, {row['term']}: coverage"
        + (f" {100 * row['value']:.1f} % (Monte Carlo error {100 * row['mcse']:.1f})"
           if row["value"] is not None else f" unknown: {row['reason']}")
        for row in rows if row["term"] != "intercept"
    )  # fmt: skip
