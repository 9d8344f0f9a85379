"""The page of the command line, written by typer from the commands themselves."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from typing import Any

from mkdocs.structure.files import File, Files

PAGE = "command-line.md"
HEAD = """# Command line

`harness COMMAND --help` prints the same. Exit codes: 0 all is well, 1 a pair does not reach its
level, 2 bad input (one line names place and mend), 3 an engine that was asked for is missing.
"""


def on_files(files: Files, config: Any) -> Files:
    """Add the page."""
    files.append(File.generated(config, PAGE, content=HEAD + _commands()))
    return files


def _commands() -> str:
    command = [
        sys.executable,
        "-m",
        "typer",
        "harness.cli.app",
        "utils",
        "docs",
        "--name",
        "harness",
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    _, title, rest = done.stdout.partition("# `harness`\n")
    if not title:
        raise ValueError(f"typer writes its page otherwise than it did: {done.stdout[:200]!r}")
    # A \b keeps the lines of the examples apart in a terminal.
    return re.sub(r"\x08\nExamples:\n((?: {2}.*\n)+)", _examples, rest)


def _examples(found: re.Match[str]) -> str:
    return f"**Examples**:\n\n```console\n{textwrap.dedent(found[1])}```\n"
