"""Certificate of statsmodels' ``fit_vb``: a maximum of its evidence lower bound."""

from __future__ import annotations

import numpy as np

from harness.certificate import Certificate
from harness.concordance.arrow import State, arrow_step, climb
from harness.concordance.evidence_bound import evidence_bound, mean_field_errors
from harness.concordance.exact import in_standard_errors
from harness.concordance.judgement import Findings, judged
from harness.concordance.metrics import reported_errors
from harness.concordance.reference import QUADRATIC
from harness.concordance.standard_units import StandardUnits
from harness.result import FitResult


def bound_certificate(fit: FitResult) -> Certificate:
    """Judge a fit by the evidence lower bound at its means and standard deviations.

    Steps are in standard deviations of the approximation, which are conditional and so shorter
    than those of the posterior.
    """
    units = StandardUnits.of(fit)
    state = _state(units, np.asarray(fit.details["posterior_sd"]))
    with np.errstate(all="ignore"):
        point = evidence_bound(units, *state)
        newton = arrow_step(point)
        gap = 0.5 * newton.decrement**2
        if not (newton.definite and newton.decrement <= QUADRATIC):
            top = climb(state, lambda a, b: evidence_bound(units, a, b))
            gap = max(top - point.value, gap if newton.definite else 0.0)
        best = mean_field_errors(units, *state)
    p, q, T = len(units.fixed), len(units.log_sd), units.transform
    bse = np.sqrt(np.diag(T @ np.diag(best**2) @ T.T))
    spread = np.exp(state[0][2 * p + q :])
    names = tuple(f"log sd({name})" for name in fit.design.exog_re_names)
    return judged(
        Findings(
            objective="evidence lower bound",
            value=point.value,
            newton_decrement=newton.decrement,
            steps_se={
                **in_standard_errors(fit.design.exog_names, T @ newton.step[:p], bse),
                **in_standard_errors(names, newton.step[2 * p : 2 * p + q], spread),
            },
            llf_gap=gap,
            definite=newton.definite,
            se_errors=reported_errors(fit.bse, bse),
            no_se=tuple(map(str, fit.bse.index[~(fit.bse > 0.0)])),
            llf_error=float(fit.details["objective_value"]) - point.value,
        )
    )


def _state(units: StandardUnits, sd: np.ndarray) -> State:
    """Means as reported, standard deviations as kept (in statsmodels' order: terms, then units)."""
    p, q = len(units.fixed), len(units.log_sd)
    log_sd = np.log(sd)
    shared = [units.fixed, log_sd[:p], units.log_sd, log_sd[p : p + q]]
    own = [units.effects, log_sd[p + q :].reshape(q, -1).T]
    return np.concatenate(shared), np.hstack(own)
