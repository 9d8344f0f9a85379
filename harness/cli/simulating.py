"""What ``harness simulate`` and ``harness power`` do, once it is known what was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.cli.terminal import Progress, progress, say, say_json
from harness.report import write_power_report, write_simulation_report
from harness.study.config import StudyFile
from harness.study.loading import load_plan
from harness.study.power import run_power
from harness.study.power_results import power_results
from harness.study.replay import replay
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
Written = tuple[Path, dict[str, Any]]
Work = Callable[[StudyFile, SimulationOptions, Path, Progress, ResultStore], Written]
Check = Callable[[StudyFile, SimulationOptions], object]


def plan_of(file: Path, entry: str, replicates: int | None) -> StudyFile:
    """Read a study file, with so many replicates in place of its own number."""
    plan = load_plan(file)
    part = getattr(plan, entry)
    if replicates is None or part is None:
        return plan
    return plan.model_copy(update={entry: part.model_copy(update={"replicates": replicates})})


def say_replay(file: StudyFile, options: SimulationOptions, asked: str, *, as_json: bool) -> None:
    """Show the data and the answers of one replicate, ``PROCESS:NUMBER``."""
    found = replay(replications_of(file, options), asked)
    if as_json:
        tables = {"data": found.data, "answers": found.answers}
        say_json(
            {
                name: json.loads(t.to_json(orient="records", double_precision=15))
                for name, t in tables.items()
            }
        )
        return
    say(found.data.to_csv(index=False))
    say(found.answers.to_string(index=False))


def report_and_say(
    check: Check, work: Work, file: StudyFile, options: SimulationOptions, out: Path, *,
    fresh: bool, as_json: bool,
) -> None:  # fmt: skip
    """Do the work, or take from the store what was done, write its report and say what it found."""
    check(file, options)  # before the store's file is made
    store = ResultStore(out / FILE, fresh=fresh)
    try:
        with progress("drawing and fitting", quiet=as_json) as told:
            page, results = work(file, options, out, told, store)
    finally:
        store.close()
    if as_json:
        say_json(results)
    else:
        say(_sentence(results))
        say(f"Report: {page}")


def simulated(
    file: StudyFile, options: SimulationOptions, out: Path, progress: Progress, store: ResultStore
) -> Written:
    """Run a simulation study and write its report."""
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


def powered(
    file: StudyFile, options: SimulationOptions, out: Path, progress: Progress, store: ResultStore
) -> Written:
    """Run a power analysis and write its report."""
    target = out / f"{file.study}{POWER}"
    check_writable(target)
    results = power_results(run_power(file, options, progress, store))

    def fill(folder: Path) -> None:
        write_json(folder / "results.json", results)
        write_power_report(results, folder)

    return write_whole(target, fill), results


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
