"""The minimiser of the tight settings, in coordinates that are one posterior deviation each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.optimize

from harness.design import FloatArray

# Converged in tight settings: no whitened coordinate (one posterior standard deviation each) has
# a steeper slope, so no estimate lies further from the mode, in its standard deviations.
GRADIENT_TOLERANCE = 1e-6
# A line search may give up early on a flat stretch; a fresh start there goes on.
DESCENTS = 10
# L-BFGS-B stops where the objective's own rounding hides any gain; the gradient still sees some.
POLISH_STEPS = 50

Objective = Callable[[FloatArray], float]
Gradient = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """Whitened coordinates u of a search: x = origin + root @ u.

    Attributes
    ----------
    origin : ndarray, shape (N,)
    root : ndarray, shape (N, N)
        Positive diagonal; a bounded coordinate shares its row and column with no other.
    lower : ndarray, shape (N,)
        Bounds on x; -inf where there is none.
    """

    origin: FloatArray
    root: FloatArray
    lower: FloatArray

    def minimise(self, fun: Objective, jac: Gradient) -> Any:
        """Minimise to ``GRADIENT_TOLERANCE``: L-BFGS-B, then Newton-Krylov on the gradient."""

        def at(u: FloatArray) -> FloatArray:
            return self.origin + self.root @ u

        def height(u: FloatArray) -> float:
            return float(fun(at(u)))

        def slope(u: FloatArray) -> FloatArray:
            return self.root.T @ jac(at(u))

        low = (self.lower - self.origin) / np.diag(self.root)
        found = _descended(height, slope, low)
        u = _polished(slope, found.x, free=found.x > low)
        left = np.abs(slope(u)[u > low]).max()
        found.update(
            x=at(u),
            fun=height(u),
            jac=jac(at(u)),
            success=bool(left <= GRADIENT_TOLERANCE),
            message=f"largest slope {left:.1e} in posterior standard deviations; {found.message}",
        )
        return found


def _descended(height: Objective, slope: Gradient, low: FloatArray) -> Any:
    """Run L-BFGS-B from zero, and afresh from where it stops, until it is done or stands still."""
    options: Any = {"ftol": 0.0, "gtol": GRADIENT_TOLERANCE, "maxcor": 50, "maxiter": 5000}
    bounds = scipy.optimize.Bounds(low)
    u, before, steps = np.zeros(len(low)), np.inf, 0
    for _ in range(DESCENTS):
        found: Any = scipy.optimize.minimize(
            height, u, jac=slope, method="L-BFGS-B", bounds=bounds, options=options
        )
        u, steps = found.x, steps + found.nit
        if np.abs(slope(u)[u > low]).max() <= GRADIENT_TOLERANCE or found.fun >= before:
            break
        before = found.fun
    found.nit = steps
    return found


def _polished(slope: Gradient, u: FloatArray, free: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the root of the free part of a gradient near u, or u where there is none downhill.

    Downhill by the gradient alone: the objective's rounding hides differences this small.
    """
    here = slope(u)[free]
    if np.abs(here).max() <= GRADIENT_TOLERANCE:
        return u

    def part(v: FloatArray) -> FloatArray:
        return slope(_put(u, free, v))[free]

    options: Any = {"fatol": GRADIENT_TOLERANCE, "maxiter": POLISH_STEPS}
    try:
        there = scipy.optimize.root(part, u[free], method="krylov", options=options).x
    except ValueError:  # the inner solver met a direction without curvature
        return u
    nearer = np.abs(part(there)).max() < np.abs(here).max()
    return _put(u, free, there) if nearer and here @ (there - u[free]) < 0 else u


def _put(u: FloatArray, free: npt.NDArray[np.bool_], values: FloatArray) -> FloatArray:
    u = u.copy()
    u[free] = values
    return u
