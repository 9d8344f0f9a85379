"""Command ``new``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.lists import listed
from harness.cli.options import examples
from harness.cli.terminal import say, say_json

EXAMPLES = examples(
    "harness new wards.csv",
    "harness new wards.csv --count falls,injuries --exposure bed_days --out falls.yaml",
    "harness new wards.csv --force --json",
)


def new(
    data: Annotated[
        Path,
        typer.Argument(help="A CSV file with one row a unit and period.", show_default=False),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The study file; DATA with the ending .yaml by default.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Column of units.")] = None,
    period: Annotated[str | None, typer.Option(help="Column of periods, whole numbers.")] = None,
    count: Annotated[str | None, typer.Option(help="Columns of counts, with commas.")] = None,
    exposure: Annotated[str | None, typer.Option(help="Column of what counts are out of.")] = None,
    event: Annotated[str | None, typer.Option(help="Column of the event's period.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the proposal as JSON; the file is written too.")
    ] = False,
) -> None:
    """Propose a study of a table: its columns and why, the panel, a commented study file.

    What the columns are is read from their values, then from their names; where neither settles
    it, nothing is written, and one line says which option does. Exit codes: 0 written, 2 bad input.
    """
    counts = tuple(listed("count", count) or ())
    from harness.proposal.choice import Asked
    from harness.proposal.propose import propose
    from harness.proposal.study_text import study_text
    from harness.proposal.tell import as_data, told
    from harness.proposal.write import check_target, write_text_whole

    target = data.with_suffix(".yaml") if out is None else out
    check_target(target, force=force)
    found = propose(data, Asked(unit, period, event, exposure, counts))
    write_text_whole(target, study_text(found, target, _engines()))
    if as_json:
        say_json({**as_data(found), "study": str(target)})
        return
    for line in told(found):
        say(line)
    shown = _typed(target)
    say(f"\nWritten: {target}\nNext: harness check {shown}, then harness run {shown}")


def _engines() -> list[str]:
    """The engines of a first study that can run here."""
    from harness.engines import engine

    return [name for name in ("lme4", "glmmtmb", "laplace") if engine(name).missing() is None]


def _typed(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))
