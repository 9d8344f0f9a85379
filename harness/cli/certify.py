"""Command ``certify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.known import complete_cases
from harness.cli.lists import listed, listed_settings
from harness.cli.options import (
    AsJson,
    Engines,
    Jobs,
    Out,
    SettingsList,
    Transported,
    examples,
)
from harness.cli.terminal import progress, say
from harness.cores import cores

SHORT_OF_DIGITS = 1
EXAMPLES = examples(
    "harness certify",
    "harness certify --cases ships,mmec --engines laplace,lme4",
    "harness certify --engines laplace --json",
)


def certify(
    cases: Annotated[
        str | None,
        typer.Option(help="Some cases only, with commas.", autocompletion=complete_cases),
    ] = None,
    engines: Engines = None,
    settings: SettingsList = "tight",
    out: Out = Path("reports"),
    transport: Transported = "auto",
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Count the digits that each engine shares with the certified reference values.

    Without --engines all that can run here take part. Exit codes: 0 Python's own engine has nine
    digits of every estimate and seven of every standard error, 1 it has not, 2 bad input,
    3 an engine asked for is missing.
    """
    named, at, some = listed("engines", engines), listed_settings(settings), listed("cases", cases)
    from harness.certified.cases import case_names, read_case
    from harness.certified.run import certify, digits_frame, write_digits

    chosen = _engines(named)
    read = [read_case(name) for name in some or case_names()]
    with progress("fitting", quiet=as_json) as report:
        found = certify(
            read, chosen, at or [], transport=transport, jobs=jobs or cores(), progress=report
        )
    page = write_digits(found, out / "certified")
    if as_json:
        say(str(digits_frame(found).to_json(orient="records")))
    else:
        say(page.read_text(encoding="utf-8"))
        say(f"Table: {page}")
    if not all(row.enough for row in found if row.engine == "laplace"):
        raise typer.Exit(SHORT_OF_DIGITS)


def _engines(names: list[str] | None) -> list[str]:
    """The engines asked for, or all with a certified method that can run here."""
    from harness.certified.cases import CERTIFIED_BY_METHOD
    from harness.engines import engines, require

    if names is None:
        every = engines().values()
        return [e.name for e in every if e.method in CERTIFIED_BY_METHOD and not e.missing()]
    require(names)
    return names
