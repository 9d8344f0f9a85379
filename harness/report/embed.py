"""SVG figures as data URIs that follow the reader's light or dark page."""

from __future__ import annotations

import base64
import re

from harness.report.figures.style import DARK


def themed(svg: bytes) -> str:
    """Return the SVG with every house colour as a CSS variable that a dark page changes."""
    text = svg.decode("utf-8")
    text = text[text.index("<svg") :]
    names = {colour: f"--c{k}" for k, colour in enumerate(DARK)}
    pattern = re.compile("|".join(re.escape(colour) for colour in DARK))
    text = pattern.sub(lambda found: f"var({names[found[0]]}, {found[0]})", text)
    dark = ";".join(f"{names[colour]}:{other}" for colour, other in DARK.items())
    rule = f"<style>@media (prefers-color-scheme: dark){{:root{{{dark}}}}}</style>"
    end = text.index(">") + 1
    return text[:end] + rule + text[end:]


def data_uri(svg: bytes) -> str:
    """Return the themed SVG as a data URI."""
    return "data:image/svg+xml;base64," + base64.b64encode(themed(svg).encode()).decode("ascii")
