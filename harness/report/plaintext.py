"""Text of a study made harmless to read: no control characters, none that turn the line round."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
KEPT = "\n\t"
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _hidden(character: str) -> bool:
    return character in BIDIRECTIONAL or (
        unicodedata.category(character) in ("Cc", "Cs") and character not in KEPT
    )


def visible(text: str) -> str:
    """Return text with every control and bidirectional control character replaced by U+FFFD.

    Letters that run from right to left stay; only the characters that reorder their neighbours,
    and could make a label or a line of code read as another, are taken out.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(REPLACEMENT if _hidden(character) else character for character in text)
