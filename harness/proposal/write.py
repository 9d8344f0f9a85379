"""A file written whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from harness.errors import HarnessError


def check_target(target: Path, *, force: bool) -> None:
    """Check that a study file may be written, before anything is read.

    Raises
    ------
    HarnessError
        If it is there already, or its folder cannot be written.
    """
    if target.is_dir():
        raise HarnessError(f"{target}: is a folder: name a file by --out")
    if target.suffix not in (".yaml", ".yml"):
        raise HarnessError(f"{target}: a study file ends in .yaml: name one by --out")
    if target.exists() and not force:
        raise HarnessError(
            f"{target}: is there already: name another by --out, or replace it by --force"
        )
    if not target.parent.is_dir():
        raise HarnessError(f"{target.parent}: there is no such folder: make it, or use --out")
    if not os.access(target.parent, os.W_OK):
        raise HarnessError(f"{target.parent}: cannot be written: name another place by --out")


def write_text_whole(target: Path, text: str) -> None:
    """Write a text beside its place, then put it there; ``check_target`` comes before.

    Raises
    ------
    HarnessError
        If it cannot be written; nothing stays behind then.
    """
    fresh: Path | None = None
    try:
        number, name = tempfile.mkstemp(prefix=".harness-new-", dir=target.parent)
        fresh = Path(name)
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        fresh.chmod(0o644)
        fresh.replace(target)
    except OSError as error:
        raise HarnessError(f"{target}: cannot be written ({error.strerror or error})") from None
    finally:
        if fresh is not None:
            fresh.unlink(missing_ok=True)
