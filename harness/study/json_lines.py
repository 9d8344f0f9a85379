"""JSON with one record a line: short, and still told apart line by line."""

from __future__ import annotations

import json
from typing import Any

# Blocks inside blocks that are opened; what lies deeper stands on one line.
DEPTH = 3


def json_lines(content: Any, depth: int = DEPTH) -> str:
    """Return JSON in which every record of a list, and every entry of a block, has a line.

    Floats are the shortest text that reads back the same: 17 significant digits at most.

    Parameters
    ----------
    content : dict, list or scalar
    depth : int
        How many blocks inside one another are opened.

    Raises
    ------
    ValueError
        For NaN or infinity, which JSON does not have.
    """
    if isinstance(content, dict) and content and depth:
        entries = [f"{_line(key)}:{json_lines(value, depth - 1)}" for key, value in content.items()]
        return "{\n" + ",\n".join(entries) + "\n}"
    if isinstance(content, list) and content and all(isinstance(x, dict) for x in content):
        return "[\n" + ",\n".join(map(_line, content)) + "\n]"
    return _line(content)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
