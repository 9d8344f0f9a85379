"""Command ``import-england``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, examples
from harness.cli.terminal import say, say_json, steps

if TYPE_CHECKING:
    from harness.sources.england_import.run import Imported

EXAMPLES = examples(
    "harness import-england england/raw england-panel",
    "harness run ofsted --data england-panel",
)


def import_england(
    raw: Annotated[
        Path,
        typer.Argument(help="Folder of the official releases, or its parent.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Argument(help="Folder to write; replaced whole.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Read the official releases on children's social care in England into one tidy panel.

    docs/england-sources.md names the publications. Exit codes: 0 written, 2 a file is missing or
    not what its name says.
    """
    from harness.sources.england_import.run import import_england

    with steps("reading", quiet=as_json) as told:
        done = import_england(raw, out, told)
    if as_json:
        say_json({**asdict(done), "folder": str(out)})
        return
    for line in _lines(done):
        say(line)
    say(f"Written: {out}")


def _lines(done: Imported) -> list[str]:
    lines = [
        f"Authorities: {done.authorities}",
        f"Series: {done.series}",
        f"Cells: {done.cells}",
        f"Flagged cells: {done.flagged}",
    ]
    if done.differences is not None:
        lines.append(f"Differences to the panel.csv beside the releases: {done.differences}")
    return lines
