"""How much suppressed cells could move an estimate.

A suppressed cell holds a small count that is not published. The panel is fitted with every such
cell at the smallest and at the largest count it may hold. These are bounds of the estimates over
fillings that are alike in every cell; a filling chosen to move one term, high before the event and
low after it, could go further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.result import FitResult
from harness.scrutiny.contrasts import linear_contrast
from harness.scrutiny.multiplicity import ALPHA


@dataclass(frozen=True, slots=True)
class TermBounds:
    """A term as published and over the fillings.

    Attributes
    ----------
    lowest, highest : float
        Over the base fit and the fits of every filling.
    states : tuple of int
        -1 falls, 0 no clear change, 1 rises, at 5 %: of the base fit, then of each filling.
    """

    term: str
    estimate: float
    se: float
    lowest: float
    highest: float
    states: tuple[int, ...]

    @property
    def range_se(self) -> float:
        """Width of the range, in standard errors of the base fit."""
        return (self.highest - self.lowest) / self.se

    @property
    def conclusion_changes(self) -> bool:
        """Whether a filling leads to another sentence than the base fit."""
        return len(set(self.states)) > 1


def suppression_bounds(
    base: FitResult, fillings: Mapping[str, FitResult]
) -> tuple[TermBounds, ...]:
    """Return the bounds of every term but the intercept.

    Parameters
    ----------
    base : FitResult
        Suppressed cells left out.
    fillings : mapping of name to FitResult
        By the same engine, each with numbers.
    """
    fits = (base, *fillings.values())
    return tuple(
        _bounds(term, fits)
        for term in base.params.index
        if term != "intercept" and all(term in fit.params.index for fit in fits)
    )


def _bounds(term: str, fits: tuple[FitResult, ...]) -> TermBounds:
    values = [float(fit.params[term]) for fit in fits]
    states = tuple(_state(fit, term) for fit in fits)
    base = fits[0]
    return TermBounds(term, values[0], float(base.bse[term]), min(values), max(values), states)


def _state(fit: FitResult, term: str) -> int:
    found = linear_contrast(fit, {term: 1.0})
    return int(np.sign(found.estimate)) if found.p_value < ALPHA else 0
