"""Read a study file; every error names the file, the line and the mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.study.built_in import built_in_studies, find_study
from harness.study.config import Study, StudyFile
from harness.yaml_file import one_line, read_validated, top_level

__all__ = ["built_in_studies", "find_study", "load_plan", "load_study", "message"]

SHAPE = "a study file is a list of 'key: value' entries"


def load_study(path: Path) -> Study:
    """Read and validate a study file.

    Raises
    ------
    ConfigError
        In one line that names file, line, key and mend.
    """
    there = top_level(path, SHAPE)
    other = next((key for key in ("simulate", "power") if key in there), None)
    if other is not None and "source" not in there:
        raise ConfigError(
            f"{path}: has no source, so there is nothing to run: harness {other} {path.stem}, or"
            " add source, indicators and engines"
        )
    return read_validated(path, Study, SHAPE)


def load_plan(path: Path) -> StudyFile:
    """Read and validate a study file for what it simulates; it may do without data.

    Raises
    ------
    ConfigError
        In one line that names file, line, key and mend.
    """
    root = Study if "source" in top_level(path, SHAPE) else StudyFile
    return read_validated(path, root, SHAPE)


def message(error: Any) -> str:
    """Return one of pydantic's errors in one line that names the key."""
    return one_line(error, Study)
