"""Readers: a place where data lie -> a wide Table. Each file here may add one to ``READERS``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.errors import ConfigError
from harness.sources.base import READERS, Reader, Table, reader
from harness.sources.names import suggestion

__all__ = ["READERS", "Reader", "Table", "check_options", "read", "reader"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def read(name: str, base: Path | None = None, **options: object) -> Table:
    """Read a table by the reader called ``name``.

    Parameters
    ----------
    name : str
        A key of ``READERS``.
    base : Path, optional
        Folder that relative paths start from; the working directory by default.
    **options
        The reader's own, as in the ``source`` entry of a study file.

    Raises
    ------
    ConfigError
        If there is no such reader, or an option is unknown, missing or of another type.
    PanelError
        If the data cannot be read.
    """
    check_options(name, options)
    return READERS[name](base=base or Path(), **options)


def check_options(name: str, options: Mapping[str, object]) -> None:
    """Check the options of a reader by the types of its parameters, before anything is read.

    Raises
    ------
    ConfigError
        If there is no such reader, or an option is unknown, missing or of another type.
    """
    if name not in READERS:
        raise ConfigError(f"there is no reader {name!r}: {suggestion(name, sorted(READERS))}")
    parameters = inspect.signature(READERS[name]).parameters
    types = typing.get_type_hints(READERS[name])
    allowed = [key for key in parameters if key != "base"]
    for key, value in options.items():
        if key not in allowed:
            raise ConfigError(f"reader {name!r} has no option {key!r}: {suggestion(key, allowed)}")
        try:
            TypeAdapter(types[key]).validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, (key, *first["loc"])))
            raise ConfigError(
                f"reader {name!r}, option {place!r}: {first['msg']} (found {first['input']!r})"
            ) from None
    for key in allowed:
        if key not in options and parameters[key].default is inspect.Parameter.empty:
            raise ConfigError(f"reader {name!r} needs the option {key!r}: add it")
