"""Command ``simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.choices import SEED, TIME_LIMIT
from harness.cli.options import (
    Dask,
    Data,
    Fresh,
    Jobs,
    Limit,
    Out,
    Replicates,
    ResultsJson,
    Seed,
    StudyArgument,
    Transported,
    examples,
)
from harness.cores import cores
from harness.study.built_in import find_study

EXAMPLES = examples(
    "harness simulate small-counts",
    "harness simulate my.yaml --replicates 200 --jobs 2",
    "harness simulate my.yaml --replay nb2:17",
)


def simulate(
    study: StudyArgument,
    out: Out = Path("reports"),
    data: Data = None,
    replicates: Replicates = None,
    dask: Dask = None,
    transport: Transported = "auto",
    jobs: Jobs = None,
    seed: Seed = SEED,
    time_limit: Limit = TIME_LIMIT,
    fresh: Fresh = False,
    as_json: ResultsJson = False,
    replayed: Annotated[
        str | None, typer.Option("--replay", help="Look at one replicate, PROCESS:NUMBER.")
    ] = None,
) -> None:
    """Run a simulation study: bias, coverage, type I error and power, with their errors.

    Exit codes: 0 done, 2 bad input, 3 an engine is missing.
    """
    found = find_study(study)
    from harness.cli.redo import redo
    from harness.cli.simulating import plan_of, report_and_say, say_replay, simulated
    from harness.study.simulate import SimulationOptions, replications_of

    file = plan_of(found, "simulate", replicates)
    command = redo(
        "simulate", study, data=data, replicates=replicates, seed=seed, time_limit=time_limit
    )
    options = SimulationOptions(
        base=data or found.parent, transport=transport, jobs=jobs or cores(), seed=seed,
        time_limit=time_limit, dask=dask, command=command,
    )  # fmt: skip
    if replayed is not None:
        say_replay(file, options, replayed, as_json=as_json)
        return
    report_and_say(replications_of, simulated, file, options, out, fresh=fresh, as_json=as_json)
