"""Options that several commands share, each with its help and its completion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.choices import Transport
from harness.cli.known import complete_engines, complete_settings, complete_study
from harness.cores import check_jobs


def _borne(jobs: int | None) -> int | None:
    if jobs is not None:
        check_jobs(jobs)
    return jobs


StudyArgument = Annotated[
    str,
    typer.Argument(
        help="A built-in study or the path of a study file.",
        autocompletion=complete_study,
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option(help="Folder for reports, one folder a study.")]
Data = Annotated[Path | None, typer.Option(help="Folder that the study's data paths start from.")]
Engines = Annotated[
    str | None,
    typer.Option(
        help="Engines instead of the study's own, with commas.", autocompletion=complete_engines
    ),
]
SettingsList = Annotated[
    str | None,
    typer.Option(help="default, tight or default,tight.", autocompletion=complete_settings),
]
Transported = Annotated[Transport, typer.Option(help="How values reach R.")]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, help="Cores to use; all by default.", callback=_borne),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything drawn.")]
Limit = Annotated[float, typer.Option(min=1.0, help="Seconds after which a fit is given up.")]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Do everything anew, whatever was done before.")
]
ResultsJson = Annotated[
    bool, typer.Option("--json", help="Print results.json instead of sentences.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Replicates = Annotated[
    int | None, typer.Option(min=1, help="Replicates instead of the study's own number.")
]
Dask = Annotated[
    str | None, typer.Option(help="Scheduler of a Dask cluster, such as tcp://host:8786.")
]


def examples(*lines: str) -> str:
    """Return the end of a command's help, one example a line."""
    # \b keeps click from joining the lines.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
