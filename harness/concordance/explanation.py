"""A cause and its proof."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.result import FitResult

Cause = Literal[
    "optimiser", "standard-error method", "approximation", "estimator", "boundary", "data",
    "failure", "unexplained",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explanation:
    """A cause and its proof in one line.

    Attributes
    ----------
    about : FitResult or None
        The one of the two whose numbers are off, where it is one of them.
    """

    cause: Cause
    evidence: str
    about: FitResult | None = field(default=None, compare=False, repr=False)
