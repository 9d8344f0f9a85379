"""Engines of other installed packages, by their entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from harness.choices import ENGINE_GROUP
from harness.engines.base import Engine
from harness.errors import ConfigError


def installed_engines() -> dict[str, Engine]:
    """Return by name what installed packages offer in the group ``harness.engines``.

    Raises
    ------
    ConfigError
        If one cannot be loaded, is no engine, has another name than its entry point, or if two
        have the same.
    """
    found: dict[str, Engine] = {}
    for entry in entry_points(group=ENGINE_GROUP):
        if entry.name in found:
            raise ConfigError(f"{_whose(entry)} has the name of an engine of another package")
        found[entry.name] = _loaded(entry)
    return found


def packages_with_engines() -> tuple[str, ...]:
    """Return the names of the packages that offer engines."""
    names = {entry.dist.name for entry in entry_points(group=ENGINE_GROUP) if entry.dist}
    return tuple(sorted(names))


def _loaded(entry: EntryPoint) -> Engine:
    try:
        engine = entry.load()
    except Exception as error:  # noqa: BLE001 - whatever somebody else's module raises
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"{_whose(entry)} cannot be loaded ({said}): mend or remove it") from None
    if not isinstance(engine, Engine):
        raise ConfigError(f"{_whose(entry)} is no harness.engines.Engine: {entry.value}")
    if engine.name != entry.name:
        raise ConfigError(f"{_whose(entry)} calls itself {engine.name!r}: give both one name")
    return engine


def _whose(entry: EntryPoint) -> str:
    package = entry.dist.name if entry.dist else "unknown"
    return f"engine {entry.name!r} of the installed package {package!r}"
