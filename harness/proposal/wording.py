"""Words by which columns are often called, and short lists of names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType

# A name decides only between columns whose values allow the role.
WORDS = MappingProxyType(
    {
        "unit": "unit id code area ward hospital state authority school site clinic district"
        " country county centre center cluster firm practice trust municipality city la gp",
        "period": "period year yr month quarter week day time wave t date season",
        "event": "event law start started intervention treated treatment policy adoption adopted"
        " reform inspection inspected onset switch implementation implemented introduced begin"
        " began golive",
        "exposure": "exposure population pop people persons residents inhabitants personyears py"
        " denominator denom atrisk days hours miles km households trials",
        "rate": "rate rates percent pct share proportion ratio index score mean average",
    }
)
MOST_SHOWN = 4


def called(role: str, name: str) -> bool:
    """Whether a column's name holds a word that the role is often called by."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    parts = [part for part in re.split(r"[\W_\d]+", spaced.casefold()) if part]
    words = WORDS[role].split()
    joined = "".join(parts)
    endings = tuple(word for word in words if len(word) > 2)
    return any(part in words for part in parts) or joined.endswith(endings)


def either(names: Iterable[str], option: str) -> str:
    """Return how to choose among columns: ``--option a or --option b``."""
    found = list(names)
    shown = " or ".join(f"{option} {quoted(name)}" for name in found[:MOST_SHOWN])
    more = len(found) - MOST_SHOWN
    return shown + (f" (or {more} more)" if more > 0 else "")


def quoted(name: str) -> str:
    """Return a name as it is typed in a shell."""
    return name if re.fullmatch(r"[\w.-]+", name) else f'"{name}"'


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
