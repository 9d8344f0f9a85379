"""Numbers as JSON can hold them."""

from __future__ import annotations

import math

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
