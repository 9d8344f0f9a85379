"""Formulas as MathML when the site is built, so that a page needs no script to show them."""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert

# What pymdownx.arithmatex leaves, in its generic mode.
INLINE = re.compile(r'<span class="arithmatex">\\\((.+?)\\\)</span>', re.DOTALL)
# The name of a function stands apart from what it is taken of, unless that begins with a bracket.
FUNCTION = re.compile(r"(?<!<msub>)<mi>(log|exp|det)</mi>(?!<mo[^>]*>(?:\(|&#x00028;))")
BLOCK = re.compile(r'<div class="arithmatex">\\\[(.+?)\\\]</div>', re.DOTALL)


def on_page_content(content: str, **_: Any) -> str:
    """Replace every formula of a page."""
    content = BLOCK.sub(lambda found: _mathml(found[1], "block"), content)
    return INLINE.sub(lambda found: _mathml(found[1], "inline"), content)


def _mathml(latex: str, display: str) -> str:
    latex = html.unescape(latex).strip()
    shown = convert(latex, display=display)
    if "\\" in shown:
        raise ValueError(f"latex2mathml does not know a command in {latex!r}: write it otherwise")
    # latex2mathml writes the sign of the keyboard, which browsers do not set as a relation.
    shown = shown.replace("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>")
    return FUNCTION.sub(r'<mi>\1</mi><mspace width="0.17em"/>', shown)
