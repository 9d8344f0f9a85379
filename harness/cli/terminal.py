"""What every command shows by, and works with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

Progress = Callable[[int, int, str], None]


def say(text: str = "", *, bold: bool = False) -> None:
    """Print lines as they are: no markup is read in them, and none is cut."""
    typer.secho(text, bold=bold)


def say_json(found: Any) -> None:
    """Print data as one line of JSON."""
    typer.echo(json.dumps(found, allow_nan=False, ensure_ascii=False))


@contextmanager
def progress(doing: str, *, quiet: bool) -> Iterator[Progress]:
    """A bar on a terminal; in a log a plain line every tenth of the work, none where quiet."""
    if sys.stderr.isatty():
        with _bar(doing) as report:
            yield report
    elif quiet:
        yield lambda done, expected, what: None
    else:
        yield _log


@contextmanager
def _bar(doing: str) -> Iterator[Progress]:
    """On the error output: what is printed for a pipe stays free of it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, expected, what: bar.update(task, total=expected, completed=done)


def _log(done: int, expected: int, what: str) -> None:
    step = max(1, expected // 10)
    if done % step == 0 or done == expected:
        print(f"{done} of {expected} done ({what})", flush=True)  # noqa: T201


@contextmanager
def steps(doing: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Work of steps that nobody has counted: their lines, under a moving bar on a terminal."""
    if not sys.stderr.isatty():
        yield (lambda line: None) if quiet else say
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)
    with Progress(*columns, console=console, transient=True) as bar:
        bar.add_task(doing, total=None)
        yield (lambda line: None) if quiet else bar.console.print
