"""Lists with commas."""

from __future__ import annotations

from typing import cast, get_args

from harness.choices import Settings
from harness.errors import ConfigError
from harness.names import suggestion


def listed(what: str, text: str | None) -> list[str] | None:
    """Return the names of a list with commas, None where none was given.

    Raises
    ------
    ConfigError
        If it names none, or one twice.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ConfigError(f"--{what} names none: give one or more, with commas")
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        raise ConfigError(f"--{what} names {twice!r} twice: name it once")
    return names


def listed_settings(text: str | None) -> list[Settings] | None:
    """Return the settings of a list with commas, None where none was given.

    Raises
    ------
    ConfigError
        If one is not known, or as ``listed`` does.
    """
    names, known = listed("settings", text), get_args(Settings)
    for name in names or ():
        if name not in known:
            raise ConfigError(f"settings {name!r} are not known: {suggestion(name, known)}")
    return cast("list[Settings] | None", names)
