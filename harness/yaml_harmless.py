"""What a YAML file may hold: plain values, few enough, of printable text.

YAML can name classes to make, refer to itself, and say a thousand million values in ten lines. A
study file needs none of it, so it is refused before anything is made of it.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent, NodeEvent, ScalarEvent

from harness.errors import ConfigError

# Characters of a file, levels of nesting, values once aliases are written out, characters of a
# value without quotes: each many times what the largest file that comes with this package has.
MOST_TEXT = 2_000_000
MOST_LEVELS = 30
MOST_VALUES = 100_000
LONGEST_BARE = 4_000
# NUL ends a path, half a surrogate pair is no text, and no control character but tab and line
# breaks can be shown.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def check_harmless(text: str, where: str) -> None:
    """Refuse what no study file needs.

    Parameters
    ----------
    text : str
        Of the file.
    where : str
        Its name, for the error.

    Raises
    ------
    ConfigError
        With the line.
    YAMLError
        If it is not YAML.
    """
    if len(text) > MOST_TEXT:
        raise ConfigError(
            f"{where}: has {len(text):,} characters, more than {MOST_TEXT:,}: data belong into a"
            " table that the file names"
        )
    sizes = _Sizes()
    for event in YAML(typ="safe", pure=True).parse(text):
        fault = sizes.fault(event) or _fault(event)
        if fault is not None:
            raise ConfigError(f"{where}, line {event.start_mark.line + 1}: {fault}")


def line_of_unreadable(text: str) -> tuple[int, str] | None:
    """Return line and text of the first bare value that looks like a date or a number and is none.

    ``2020-13-45`` has the shape of a date.
    """
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, ScalarEvent) and event.style is None:
            try:
                YAML(typ="rt", pure=True).load(event.value)
            except ValueError:
                return event.start_mark.line + 1, event.value
    return None


def _fault(event: Any) -> str | None:
    if getattr(event, "tag", None) is not None:
        return f"the tag {str(event.tag)!r} is not read: write the plain value"
    if isinstance(event, ScalarEvent):
        bad = _UNSHOWABLE.search(event.value)
        if bad is not None:
            return f"a value holds the character U+{ord(bad[0]):04X}: leave it out"
        if event.style is None and len(event.value) > LONGEST_BARE:
            return f"a value has {len(event.value):,} characters: shorten it, or put it in quotes"
    return None


class _Sizes:
    """Values that a file comes to once its aliases are written out."""

    def __init__(self) -> None:
        self._open: list[tuple[str | None, int]] = []  # anchor, total when it began
        self._total = 0
        self._known: dict[str, int] = {}

    def fault(self, event: Any) -> str | None:
        """Count an event; say what is wrong with it."""
        if isinstance(event, AliasEvent):
            if event.anchor in {anchor for anchor, _ in self._open}:
                return f"*{event.anchor} stands within what it refers to: write it out"
            self._total += self._known.get(event.anchor, 0)
        elif isinstance(event, NodeEvent):
            begun = (event.anchor, self._total)
            self._total += 1
            if isinstance(event, ScalarEvent):
                self._close(*begun)
            else:
                self._open.append(begun)
        elif self._open:
            self._close(*self._open.pop())
        if len(self._open) > MOST_LEVELS:
            return f"is nested more than {MOST_LEVELS} levels deep: write it flat"
        if self._total > MOST_VALUES:
            return f"comes to more than {MOST_VALUES:,} values: say less in one file"
        return None

    def _close(self, anchor: str | None, begun: int) -> None:
        if anchor is not None:
            self._known[anchor] = self._total - begun
