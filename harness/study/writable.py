"""Numbers as JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.design import FloatArray


def number(value: float | None) -> float | None:
    """A finite float, or None: JSON has no infinity and no NaN."""
    return None if value is None or not math.isfinite(value) else float(value)


def matrix(values: FloatArray) -> list[list[float | None]] | None:
    """Rows of a matrix; None where it holds nothing finite."""
    if not np.isfinite(values).any():
        return None
    return [[number(float(value)) for value in row] for row in values]


def plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record whose floats are finite or null, mappings inside it too."""
    return {
        name: plain(value)
        if isinstance(value, Mapping)
        else number(value)
        if isinstance(value, float)
        else value
        for name, value in record.items()
    }
