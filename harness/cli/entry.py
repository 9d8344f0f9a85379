"""Every way a command can end, as exit code and one line."""

from __future__ import annotations

import io
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import typer

from harness.cli.app import app
from harness.cli.interrupt import INTERRUPTED, LINE
from harness.errors import Defect, HarnessError
from harness.names import suggestion

# The errors of a command line used wrongly, which typer keeps to itself but for this child.
_USAGE_ERROR: Any = typer.BadParameter.__base__
WRONG_USAGE = 2
# Variable of the environment: show the traceback of a defect.
TRACEBACK = "HARNESS_TRACEBACK"


def run() -> None:
    """Run the command that was typed, and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name may have letters that a terminal or a log of another encoding has not.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(prog_name="harness", standalone_mode=False)
    except HarnessError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except _USAGE_ERROR as error:
        _say(_usage(error))
        sys.exit(WRONG_USAGE)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except MemoryError:
        _say("memory ran out: close other programs, use fewer --jobs, or take a smaller panel")
        sys.exit(HarnessError.exit_code)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        _say(str(_defect(error)))
        sys.exit(Defect.exit_code)
    if code == INTERRUPTED:
        print(LINE, file=sys.stderr)  # noqa: T201
    sys.exit(code or 0)


def _say(text: str) -> None:
    print(f"harness: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201


def _defect(error: Exception) -> Defect:
    """What nobody foresaw, where it was met, and how to see the way there."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    reason = f"{type(error).__name__}: {error} ({TRACEBACK}=1 shows more)"
    return Defect.of(f"{Path(last.filename).name}, line {last.lineno}", reason)


def _usage(error: Any) -> str:
    """What is wrong with the words typed, and where help is."""
    where = error.ctx.command_path if error.ctx else "harness"
    return f"{_near(error) or _plain(error.format_message())} (see {where} --help)"


def _near(error: Any) -> str | None:
    """An option or a command that there is not, with the nearest; typer words it by version."""
    command = error.ctx.command if error.ctx else None
    option = getattr(error, "option_name", None)
    if option is not None and "No such" in error.message:
        known = [name for part in command.params for name in part.opts] if command else []
        return f"there is no option {option!r}: {suggestion(option, known)}"
    missing = re.match(r"No such command '(.*?)'", error.message)
    if missing and command is not None:
        return f"there is no command {missing[1]!r}: {suggestion(missing[1], command.commands)}"
    return None


def _plain(text: str) -> str:
    """A message without the class of error by which pydantic begins its own."""
    text = text.strip().removesuffix(".").replace("Value error, ", "")
    return f"{text[:1].lower()}{text[1:]}"
