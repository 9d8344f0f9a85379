"""A cause and its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "optimiser", "standard-error method", "approximation", "estimator", "boundary", "data",
    "failure", "unexplained",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explanation:
    """A cause and its proof in one line."""

    cause: Cause
    evidence: str
