"""Command ``power``."""

from __future__ import annotations

from pathlib import Path

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
    "harness power hospitals",
    "harness power my.yaml --replicates 5000",
    "harness power my.yaml --dask tcp://scheduler:8786 --json",
)


def power(
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
) -> None:
    """Say how often a test of a contrast of stages rejects, and which design is large enough.

    Exit codes: 0 done, 2 bad input, 3 an engine is missing.
    """
    found = find_study(study)
    from harness.cli.redo import redo
    from harness.cli.simulating import plan_of, powered, report_and_say
    from harness.study.power import check_power
    from harness.study.simulate import SimulationOptions

    file = plan_of(found, "power", replicates)
    command = redo(
        "power", study, data=data, replicates=replicates, seed=seed, time_limit=time_limit
    )
    options = SimulationOptions(
        base=data or found.parent, transport=transport, jobs=jobs or cores(), seed=seed,
        time_limit=time_limit, dask=dask, command=command,
    )  # fmt: skip
    report_and_say(check_power, powered, file, options, out, fresh=fresh, as_json=as_json)
