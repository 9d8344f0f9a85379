"""Certificate of statsmodels' ``fit_vb``: a maximum of its evidence lower bound."""

from __future__ import annotations

import numpy as np

from harness.certificate import Certificate
from harness.concordance.arrow import State, arrow_step
from harness.concordance.arrow_certificate import arrow_certificate, still_to_gain
from harness.concordance.evidence_bound import evidence_bound, mean_field_errors
from harness.concordance.standard_units import StandardUnits
from harness.result import FitResult


def bound_certificate(fit: FitResult) -> Certificate:
    """Judge a fit by the evidence lower bound at its means and standard deviations.

    Steps are in standard deviations of the approximation, which are conditional and so shorter
    than those of the posterior.
    """
    units = StandardUnits.of(fit)
    state = _state(units, np.asarray(fit.details["posterior_sd"]))
    point = evidence_bound(units, *state)
    newton = arrow_step(point)
    gap = still_to_gain(state, lambda a, b: evidence_bound(units, a, b), point, newton)
    best = mean_field_errors(units, *state)
    p, q, T = len(units.fixed), len(units.log_sd), units.transform
    log_sd = slice(2 * p, 2 * p + q)
    return arrow_certificate(
        fit, units, "evidence lower bound", point, newton, gap,
        bse=np.sqrt(np.diag(T @ np.diag(best**2) @ T.T)),
        log_sd_step=newton.step[log_sd], log_sd_se=np.exp(state[0][2 * p + q :]),
    )  # fmt: skip


def _state(units: StandardUnits, sd: np.ndarray) -> State:
    """Means as reported, standard deviations as kept (in statsmodels' order: terms, then units)."""
    p, q = len(units.fixed), len(units.log_sd)
    log_sd = np.log(sd)
    shared = [units.fixed, log_sd[:p], units.log_sd, log_sd[p : p + q]]
    own = [units.effects, log_sd[p + q :].reshape(q, -1).T]
    return np.concatenate(shared), np.hstack(own)
