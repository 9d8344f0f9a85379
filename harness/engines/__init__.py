"""Engines by name: modules of this package that define ``ENGINE``, and those of other packages."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from harness.engines.base import Engine, FitOptions
from harness.engines.installed import installed_engines
from harness.errors import ConfigError, EngineUnavailable
from harness.sources.names import suggestion

__all__ = ["Engine", "FitOptions", "engine", "engines", "require"]


@cache
def engines() -> dict[str, Engine]:
    """Return every engine by name, in alphabetical order.

    Raises
    ------
    ConfigError
        If an engine of another package is not what it should be.
    """
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        candidate = getattr(importlib.import_module(f"{__name__}.{module.name}"), "ENGINE", None)
        if isinstance(candidate, Engine):
            found[candidate.name] = candidate
    outside = installed_engines()
    taken = sorted(found.keys() & outside)
    if taken:
        raise ConfigError(f"engine {taken[0]!r} of another package has the name of one of ours")
    return dict(sorted({**found, **outside}.items()))


def engine(name: str) -> Engine:
    """Return the engine of that name.

    Raises
    ------
    ConfigError
        If there is none, with the nearest name.
    """
    known = engines()
    if name not in known:
        raise ConfigError(f"engine {name!r} is not known: {suggestion(name, known)}")
    return known[name]


def require(names: list[str]) -> None:
    """Check that every engine named can run here.

    Raises
    ------
    EngineUnavailable
        With what to install.
    """
    for name in names:
        reason = engine(name).missing()
        if reason is not None:
            raise EngineUnavailable(f"engine {name!r} cannot run: {reason}")
