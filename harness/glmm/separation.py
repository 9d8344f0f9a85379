"""Whether the maximum exists: counts of zero may leave an estimate without bound."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from scipy.optimize import linprog

from harness.design import Design

# Columns have unit length and the direction at most unit entries, so that what is smaller than
# this is rounding.
ZERO = 1e-9


def unbounded_terms(design: Design) -> tuple[str, ...]:
    """Return the terms that have no finite estimate, in the order of the columns.

    The likelihood rises for ever along a direction d with x'd = 0 wherever something was counted
    and x'd <= 0, not all 0, wherever the count is zero; without one the maximum exists (Correia,
    Guimaraes and Zylkin 2019, arXiv:1903.01633). Random effects, being bounded by their normal
    density, change nothing about it. Of binomial rows those without a failure count like those
    without a success, the other way round.
    """
    full = np.zeros(design.nobs, bool) if design.trials is None else design.endog == design.trials
    counted = (design.endog > 0) & ~full
    if counted.all():
        return ()
    x = design.exog / np.linalg.norm(design.exog, axis=0)
    # Of the triangular factor: the same directions, without a basis for every row.
    free = scipy.linalg.null_space(np.linalg.qr(x[counted], mode="r"))
    if free.shape[1] == 0:
        return ()
    falls = np.where(full, -1.0, 1.0)[~counted, None] * (x[~counted] @ free)
    found = linprog(falls.sum(axis=0), A_ub=falls, b_ub=np.zeros(len(falls)), bounds=(-1.0, 1.0))
    if found.fun is None or found.fun >= -ZERO:
        return ()
    along = np.abs(free @ found.x) > ZERO
    return tuple(name for name, moves in zip(design.exog_names, along, strict=True) if moves)
