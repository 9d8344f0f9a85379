"""Tables -> a folder of CSV files, whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from harness.errors import ConfigError


def check_free(out: Path) -> None:
    """Check that a folder can be made, or replaced, before long work begins.

    Raises
    ------
    ConfigError
        If ``out`` is a file, or a folder with files that the importer does not write.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out}: there is a file of this name: choose another folder")
    foreign = sorted(path.name for path in out.glob("*") if path.name not in NAMES)
    if foreign:
        raise ConfigError(
            f"{out}: the folder holds {foreign[0]!r}, which the importer does not write: choose an"
            " empty or a new folder"
        )


def write_folder(tables: Mapping[str, pd.DataFrame], out: Path) -> None:
    """Write each table as ``<name>.csv`` into ``out``, replacing what an earlier run wrote.

    Raises
    ------
    ConfigError
        If the folder cannot be written.
    """
    check_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as made:
            folder = Path(made) / "whole"
            folder.mkdir()
            for name, table in tables.items():
                table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
            if out.exists():  # moved aside first: were it deleted, a failure would leave nothing
                out.rename(Path(made) / "before")
            folder.rename(out)
    except OSError as error:
        raise ConfigError(f"{out}: the folder cannot be written: {error.strerror}") from None


NAMES = frozenset(
    f"{name}.csv"
    for name in (
        "panel", "workforce", "gdp_deflator", "expenditure", "inspections", "notes", "differences",
    )
)  # fmt: skip
