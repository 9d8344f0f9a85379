"""The command line that makes a report once more."""

from __future__ import annotations

import shlex
from dataclasses import fields

from harness.study.prepared import RunOptions

USUAL = {option.name: option.default for option in fields(RunOptions)}


def redo(command: str, study: str, **options: object) -> str:
    """Return the command; options that say what is usual are left out.

    Where a report is written, and on how many cores or which cluster, changes nothing in it; nor
    does the road to R, except that a run says which it was.
    """
    changed = {k: v for k, v in options.items() if v is not None and v != USUAL.get(k)}
    parts = [part for k, v in changed.items() for part in (f"--{k.replace('_', '-')}", str(v))]
    # What begins with a dash is an option to whoever is not told otherwise.
    words = [study, *parts] if not study.startswith("-") else [*parts, "--", study]
    said = shlex.join(["harness", command, *words])
    # The name of a file may be no text.
    return said.encode("utf-8", "backslashreplace").decode("utf-8")
