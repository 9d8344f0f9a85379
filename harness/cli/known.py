"""Names that the shell completes, read without importing what they name."""

from __future__ import annotations

import ast
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args

from harness.certified.names import case_names
from harness.choices import ENGINE_GROUP, Settings
from harness.study.built_in import built_in_studies

ENGINES = Path(__file__).resolve().parents[1] / "engines"


@cache
def engine_names() -> list[str]:
    """Return the names of all engines, from the line ``ENGINE = Engine(name=...)`` of each.

    Those of other packages have the names of their entry points.
    """
    files = (file for file in ENGINES.glob("*.py") if not file.name.startswith("_"))
    own = [name for file in files if (name := _engine_of(file)) is not None]
    return sorted([*own, *(entry.name for entry in entry_points(group=ENGINE_GROUP))])


def _engine_of(file: Path) -> str | None:
    for line in ast.parse(file.read_text(encoding="utf-8")).body:
        match line:
            case ast.Assign(targets=[ast.Name(id="ENGINE")], value=ast.Call(keywords=given)):
                named = {part.arg: part.value for part in given}.get("name")
                return str(named.value) if isinstance(named, ast.Constant) else None
    return None


def complete_study(incomplete: str) -> list[str]:
    """Built-in studies; where none begins so, the shell completes files."""
    return [name for name in built_in_studies() if name.startswith(incomplete)]


def complete_engines(incomplete: str) -> list[str]:
    """Engines, the last of a list with commas."""
    return _in_list(incomplete, engine_names())


def complete_cases(incomplete: str) -> list[str]:
    """Certified cases, the last of a list with commas."""
    return _in_list(incomplete, case_names())


def complete_settings(incomplete: str) -> list[str]:
    """Settings, the last of a list with commas."""
    return _in_list(incomplete, list(get_args(Settings)))


def _in_list(incomplete: str, known: list[str]) -> list[str]:
    before, comma, last = incomplete.rpartition(",")
    named = before.split(",")
    return [
        f"{before}{comma}{name}" for name in known if name.startswith(last) and name not in named
    ]
