"""The page of the command line, written by typer from the commands themselves."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

from mkdocs.structure.files import File, Files

PAGE = "command-line.md"
# Set for a terminal, where a backspace keeps the lines apart.
EXAMPLES = re.compile(r"\x08?\n?Examples:\n(?P<lines>(?:  .*\n)+)")
HEAD = """# Command line

`harness COMMAND --help` prints the same. Exit codes: 0 all is well, 1 a pair does not reach its
level, 2 bad input (one line names place and mend), 3 an engine that was asked for is missing, 4 a
defect of the harness (one line to report).
"""


def on_files(files: Files, config: Any) -> Files:
    """Add the page."""
    files.append(File.generated(config, PAGE, content=HEAD + _commands()))
    return files


def _commands() -> str:
    command = [sys.executable, "-m", "typer", "--app", "app", "harness.cli.app"]
    done = subprocess.run(
        [*command, "utils", "docs", "--name", "harness"],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    _, title, rest = done.stdout.partition("# `harness`\n")
    if not title:
        raise ValueError(f"typer writes its page otherwise than it did: {done.stdout[:200]!r}")
    return EXAMPLES.sub(_block, rest)


def _block(found: re.Match[str]) -> str:
    lines = (line.strip() for line in found["lines"].splitlines())
    return "**Examples**:\n\n```sh\n" + "\n".join(lines) + "\n```\n"
