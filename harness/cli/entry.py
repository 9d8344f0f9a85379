"""Every way a command can end, as exit code and one line."""

from __future__ import annotations

import io
import sys
from typing import Any

import typer

from harness.cli.app import app
from harness.cli.interrupt import INTERRUPTED, LINE
from harness.errors import HarnessError

# The errors of a command line used wrongly, which typer keeps to itself but for this child.
_USAGE_ERROR: Any = typer.BadParameter.__base__
WRONG_USAGE = 2


def run() -> None:
    """Run the command that was typed, and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name may have letters that a terminal or a log of another encoding has not.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(standalone_mode=False)
    except HarnessError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except _USAGE_ERROR as error:
        _say(_usage(error))
        sys.exit(WRONG_USAGE)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        print(LINE, file=sys.stderr)  # noqa: T201
    sys.exit(code or 0)


def _say(text: str) -> None:
    print(f"harness: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201


def _usage(error: Any) -> str:
    """What is wrong with the words typed, and where help is."""
    near = getattr(error, "possibilities", None)  # of an option that there is not
    text = error.message if near else error.format_message()
    # What validates the value names its own class of error.
    text = text.strip().removesuffix(".").replace("Value error, ", "")
    text += f": did you mean {' or '.join(map(repr, sorted(near)))}?" if near else ""
    where = error.ctx.command_path if error.ctx else "harness"
    return f"{text[:1].lower()}{text[1:]} (see {where} --help)"
