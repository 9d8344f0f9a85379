"""Climb on from a fit's answer, and see whether it leads to the other."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from harness.concordance.exact import exact_bse, objective_of, psi_of
from harness.concordance.verdict import IDENTICAL
from harness.design import FloatArray
from harness.glmm.optimise import maximise
from harness.result import FitResult

_ENDS: WeakKeyDictionary[FitResult, tuple[FloatArray, float] | None] = WeakKeyDictionary()


def climbed(fit: FitResult) -> tuple[FloatArray, float] | None:
    """Return the maximum above a fit's answer, its parameters and value; None where there is none.

    PoissonGLMM's Newton steps on the likelihood of the fit's own method.
    """
    if fit not in _ENDS:
        objective = objective_of(fit)
        try:
            found = maximise(psi_of(objective, fit), objective.smooth())
            _ENDS[fit] = (found.x, found.value) if np.isfinite(found.value) else None
        except (ArithmeticError, ValueError):
            _ENDS[fit] = None
    return _ENDS[fit]


def leads_to(fit: FitResult, other: FitResult) -> str | None:
    """Return in words where the climb from one answer ends, seen from the other."""
    end = climbed(fit)
    if end is None:
        return None
    params = np.asarray(other.params, dtype=np.float64)
    apart = float(np.max(np.abs(end[0][: len(params)] - params) / exact_bse(other)))
    return (
        f"Newton steps from its answer end {apart:.1g} standard errors and"
        f" {abs(end[1] - other.llf):.1g} log-likelihood units from {other.engine}'s"
        f" ({other.settings})"
    )


def one_maximum(a: FitResult, b: FitResult, distance: float) -> bool:
    """Whether climbs from both answers end at one maximum, and make up a distance between them.

    Parameters
    ----------
    distance : float
        In standard errors at the higher of the two, as ``PairMetrics.max_diff_se``.
    """
    from_a, from_b = climbed(a), climbed(b)
    if from_a is None or from_b is None:
        return False
    se = exact_bse(b if b.llf > a.llf else a)
    p = len(se)

    def apart(x: FloatArray, y: FloatArray) -> float:
        return float(np.max(np.abs(x[:p] - y[:p]) / se))

    ways = apart(np.asarray(a.params), from_a[0]) + apart(np.asarray(b.params), from_b[0])
    return apart(from_a[0], from_b[0]) <= IDENTICAL.diff_se and distance <= ways + IDENTICAL.diff_se
