"""Text that YAML reads back as the same text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

PLAIN = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
# Words that some reader of YAML takes for a truth value or for nothing.
TAKEN = frozenset(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"]
)


def scalar(text: str) -> str:
    """Return a text as YAML: plain where that is safe, else in double quotes."""
    if PLAIN.fullmatch(text) and text.casefold() not in TAKEN:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def flow(entries: Iterable[tuple[str, str]]) -> str:
    """Return a mapping on one line; the values are YAML already."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in entries) + "}"
