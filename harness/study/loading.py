"""Read a study file; every error names the file, the line and the mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.resources import folder
from harness.sources.names import suggestion
from harness.study.config import Study, StudyFile
from harness.yaml_file import one_line, read_validated, top_level

SHAPE = "a study file is a list of 'key: value' entries"


def built_in_studies() -> dict[str, Path]:
    """Return the study files that come with the package, by name."""
    return {path.stem: path for path in sorted(folder("studies").glob("*.yaml"))}


def find_study(name: str) -> Path:
    """Return the file of a built-in study, or the path itself.

    Raises
    ------
    ConfigError
        If there is neither.
    """
    known = built_in_studies()
    if name in known:
        return known[name]
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix in (".yaml", ".yml") or "/" in name:
        raise ConfigError(f"{name}: there is no such file")
    raise ConfigError(f"there is no study {name!r}: {suggestion(name, list(known))}")


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
