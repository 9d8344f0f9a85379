"""Studies by name; nothing of what they ask for is imported to find one."""

from __future__ import annotations

from pathlib import Path

from harness.errors import ConfigError
from harness.names import suggestion
from harness.resources import folder


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
    if path.suffix.casefold() in (".csv", ".tsv"):
        raise ConfigError(f"{name}: a table is no study file: harness new {name} writes one")
    if path.is_file():
        return path
    if path.suffix in (".yaml", ".yml") or "/" in name:
        raise ConfigError(f"{name}: there is no such file")
    raise ConfigError(f"there is no study {name!r}: {suggestion(name, list(known))}")
