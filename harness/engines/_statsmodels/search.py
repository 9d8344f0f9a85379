"""The tight settings, as methods that ``fit_map`` and ``fit_vb`` hand to scipy's ``minimize``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg

from harness.design import FloatArray
from harness.engines._statsmodels.chart import Chart, Gradient, Objective
from harness.engines._statsmodels.offset_model import OffsetPoissonBayesMixedGLM
from harness.engines._statsmodels.pilot import Pilot, first_pilot, pilot

# On the bound, rounding apart.
BOUND_SLACK = 1e-6
# exp(-2 log tau) must stay finite.
SMALLEST_LOG_SD = -300.0


@dataclass(frozen=True, slots=True, eq=False)
class ModeSearch:
    """A method for ``fit_map`` that finds the mode of the joint posterior away from zero.

    The joint posterior of (beta, b, log tau) has a mode at tau = exp(-J vcp_p^2), b = 0 whatever
    the data: the density of J effects that shrink with tau grows as tau^-J. The mode that means
    something is the local one away from zero, so starts are not compared by their height. With
    b_j ~ N(bhat_j, v_j) from the data alone the stationary points in tau solve
    mean_j(bhat_j^2 tau^2 / (tau^2 + v_j)^2) = 1, whose left side can only fall, as a maximum
    requires, where tau^2 exceeds the smallest v_j; with v_j all equal one exists only if the
    bhat_j vary at least four times as much as their sampling errors. The search is therefore
    bounded below by half the smallest sampling standard deviation, and a term that reaches the
    bound is put at its mode near zero, where it stays: that fit is singular.
    """

    model: OffsetPoissonBayesMixedGLM

    def __call__(self, fun: Objective, x0: FloatArray, *, jac: Gradient, **_: Any) -> Any:
        """Minimise; the signature is that of scipy's custom methods. ``x0`` is not used."""
        model = self.model
        sds = _log_sds(model)
        near = first_pilot(model)
        floor, zero = near.floor, _log_sd_at_zero(model)
        collapsed = np.zeros(model.k_vcp, dtype=bool)
        while True:
            origin, root = _whitened(model, near)
            lower = np.full(len(origin), -np.inf)
            lower[sds] = np.where(collapsed, zero, floor)
            found = Chart(origin, root, lower).minimise(fun, jac)
            stuck = ~collapsed & (found.x[sds] < floor + BOUND_SLACK)
            if not stuck.any():
                return found
            # One at a time: what one term gives up, another may take.
            collapsed[np.argmax(np.where(stuck, found.jac[sds], -np.inf))] = True
            near = pilot(model, np.where(collapsed, zero, near.log_sd))


@dataclass(frozen=True, slots=True, eq=False)
class BoundSearch:
    """A method for ``fit_vb`` that maximises the evidence lower bound from the pilot.

    Coordinates are the means, whitened by the curvature at the pilot, and the log standard
    deviations. It also keeps out of ``fit_vb``'s own start, whose standard deviations of 0.6 and
    more overflow where counts are large.
    """

    model: OffsetPoissonBayesMixedGLM

    def __call__(self, fun: Objective, x0: FloatArray, *, jac: Gradient, **_: Any) -> Any:
        """Minimise; the signature is that of scipy's custom methods. ``x0`` is not used."""
        means, root = _whitened(self.model, first_pilot(self.model))
        # Mean-field standard deviations are conditional: one over the root of the curvature's
        # diagonal, which is that of (R^-1)' R^-1.
        log_sds = -0.5 * np.log((np.linalg.inv(root) ** 2).sum(axis=0))
        # The curvature in a log standard deviation is 2 at the optimum, whatever the data.
        both = scipy.linalg.block_diag(root, np.sqrt(0.5) * np.eye(len(means)))
        origin = np.concatenate([means, log_sds])
        return Chart(origin, both, np.full(len(origin), -np.inf)).minimise(fun, jac)


def _whitened(model: OffsetPoissonBayesMixedGLM, near: Pilot) -> tuple[FloatArray, FloatArray]:
    """Origin and root of a chart of statsmodels' parameters; each log standard deviation apart."""
    size = model.k_fep + model.k_vcp + model.k_vc
    sds = _log_sds(model)
    rest = np.delete(np.arange(size), sds)
    origin, root = np.zeros(size), np.zeros((size, size))
    origin[rest], origin[sds] = near.coefficients, near.log_sd
    root[np.ix_(rest, rest)] = near.root
    root[sds, sds] = np.diag(1.0 / np.sqrt(2.0 * np.bincount(model.ident)))
    return origin, root


def _log_sds(model: OffsetPoissonBayesMixedGLM) -> slice:
    """Place of log tau among statsmodels' parameters (beta, log tau, b)."""
    return slice(model.k_fep, model.k_fep + model.k_vcp)


def _log_sd_at_zero(model: OffsetPoissonBayesMixedGLM) -> FloatArray:
    """Log standard deviations at the mode that every joint posterior has near zero, (q,)."""
    return np.maximum(-np.bincount(model.ident) * model.vcp_p**2, SMALLEST_LOG_SD)
