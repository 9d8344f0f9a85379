"""Command ``import-england``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.sources.england_import.run import Imported, import_england


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("import-england")(run_import)


def run_import(
    raw: Annotated[Path, typer.Argument(help="Folder of the official releases, or its parent.")],
    out: Annotated[Path, typer.Argument(help="Folder to write; replaced whole.")],
) -> None:
    """Read the official releases on children's social care in England into one tidy panel.

    docs/england-sources.md names the publications. Exit codes: 0 written, 2 a file is missing or
    not what its name says.

    Examples:  harness import-england england/raw england-panel
    """
    done = import_england(raw, out, typer.echo)
    for line in _lines(done):
        typer.echo(line)
    typer.echo(f"Written: {out}")


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
