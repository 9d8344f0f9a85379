"""The nearest existing name to one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# A message stays one readable line.
MOST_NAMES_SHOWN = 12


def nearest(name: object, known: Iterable[object]) -> str | None:
    """Return the known name closest to ``name``, case and outer spaces aside, or None."""
    plain: dict[str, str] = {}
    for known_name in map(str, known):
        plain.setdefault(known_name.strip().casefold(), known_name)
    close = difflib.get_close_matches(str(name).strip().casefold(), plain, n=1)
    return plain[close[0]] if close else None


def suggestion(name: object, known: Iterable[object]) -> str:
    """Return what to write instead of ``name``: the nearest name, or the names there are."""
    names = [str(known_name) for known_name in known]
    close = nearest(name, names)
    if close is not None:
        return f"did you mean {close!r}?"
    shown = ", ".join(repr(known_name) for known_name in names[:MOST_NAMES_SHOWN])
    more = len(names) - MOST_NAMES_SHOWN
    return f"choose one of {shown}" + (f" and {more} more" if more > 0 else "")
