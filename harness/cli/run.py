"""Command ``run``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.choices import SEED, TIME_LIMIT, Verdict
from harness.cli.lists import listed, listed_settings
from harness.cli.options import (
    Data,
    Engines,
    Fresh,
    Jobs,
    Limit,
    Out,
    ResultsJson,
    Seed,
    SettingsList,
    StudyArgument,
    Transported,
    examples,
)
from harness.cores import cores
from harness.study.built_in import find_study

SHORT_OF_LEVEL = 1
EXAMPLES = examples(
    "harness run us-traffic",
    "harness run my.yaml --engines lme4,laplace --settings tight --out out",
    "harness run ofsted --data england-panel",
    "harness run us-traffic --json > results.json",
)


def run(
    study: StudyArgument,
    out: Out = Path("reports"),
    data: Data = None,
    engines: Engines = None,
    settings: SettingsList = None,
    transport: Transported = "auto",
    jobs: Jobs = None,
    seed: Seed = SEED,
    level: Annotated[
        Verdict | None, typer.Option(help="Verdict that like-for-like pairs must reach.")
    ] = None,
    time_limit: Limit = TIME_LIMIT,
    fresh: Fresh = False,
    as_json: ResultsJson = False,
) -> None:
    """Run a study and write its report.

    Exit codes: 0 every like-for-like pair reaches the level, 1 one does not, 2 bad input,
    3 an engine is missing.
    """
    file = find_study(study)
    chosen, at = listed("engines", engines), listed_settings(settings)
    from harness.cli.changes import Changes, changed
    from harness.cli.redo import redo
    from harness.cli.running import run_and_say
    from harness.study.loading import load_study
    from harness.study.prepared import RunOptions

    command = redo(
        "run", study, data=data, engines=engines, settings=settings, transport=transport,
        seed=seed, level=level, time_limit=time_limit,
    )  # fmt: skip
    options = RunOptions(
        base=data or file.parent, transport=transport, jobs=jobs or cores(), seed=seed,
        time_limit=time_limit, command=command,
    )  # fmt: skip
    asked = changed(load_study(file), Changes(chosen, at, level))
    if not run_and_say(asked, options, out, fresh=fresh, as_json=as_json):
        raise typer.Exit(SHORT_OF_LEVEL)
