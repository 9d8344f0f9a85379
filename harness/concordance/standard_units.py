"""A fit of statsmodels' Bayesian model, back in the units in which its priors stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.special

from harness.design import FloatArray
from harness.engines._statsmodels.standardised import standardise
from harness.result import FitResult


@dataclass(frozen=True, slots=True, eq=False)
class StandardUnits:
    """The standardised problem and the answer of a fit in it.

    Attributes
    ----------
    y, offset : ndarray, shape (n,)
    x : ndarray, shape (n, p)
    z : ndarray, shape (n, q)
    starts : ndarray of int, shape (J,)
        First row of each unit.
    fe_p, vcp_p : float
        Standard deviations of the priors of the fixed effects and of log tau.
    transform : ndarray, shape (p, p)
        Fixed effects back to the design's own coding.
    fixed : ndarray, shape (p,)
    log_sd : ndarray, shape (q,)
        Log tau.
    effects : ndarray, shape (J, q)
    """

    y: FloatArray
    offset: FloatArray
    x: FloatArray
    z: FloatArray
    starts: npt.NDArray[np.intp]
    fe_p: float
    vcp_p: float
    transform: FloatArray
    fixed: FloatArray
    log_sd: FloatArray
    effects: FloatArray

    @classmethod
    def of(cls, fit: FitResult) -> StandardUnits:
        """Take the reported estimates, not what the engine kept, to the standardised problem."""
        design, s = fit.design, standardise(fit.design)
        moved = np.asarray(fit.params, dtype=np.float64) - s.shift
        with np.errstate(divide="ignore"):
            log_sd = np.log(fit.sd_re * s.re_scale)
        return cls(
            y=design.endog,
            offset=s.offset,
            x=s.exog,
            z=design.exog_re / s.re_scale,
            starts=np.flatnonzero(np.diff(design.groups, prepend=-1)),
            fe_p=float(fit.details["fe_p"]),
            vcp_p=float(fit.details["vcp_p"]),
            transform=s.transform,
            fixed=np.asarray(np.linalg.solve(s.transform, moved), dtype=np.float64),
            log_sd=log_sd,
            effects=fit.random_effects.to_numpy(dtype=float) * s.re_scale,
        )

    def by_unit(self, rows: FloatArray) -> FloatArray:
        """Sums over the rows of each unit, shape (J, ...)."""
        return np.asarray(np.add.reduceat(rows, self.starts, axis=0))

    def spread(self, effects: FloatArray) -> FloatArray:
        """Units' values at their rows, shape (n, q)."""
        sizes = np.diff(self.starts, append=len(self.y))
        return np.repeat(effects, sizes, axis=0)

    def log_factorials(self) -> float:
        """Sum of log y!."""
        return float(scipy.special.gammaln(self.y + 1.0).sum())


def cross_products(units: StandardUnits, a: FloatArray, w: FloatArray, b: FloatArray) -> FloatArray:
    """Sums of w a b' over the rows of each unit, shape (J, columns of a, columns of b)."""
    return units.by_unit((w[:, None] * a)[:, :, None] * b[:, None, :])
