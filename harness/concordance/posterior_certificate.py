"""Certificate of statsmodels' ``fit_map``: a mode of the joint posterior, priors included."""

from __future__ import annotations

import numpy as np

from harness.certificate import Certificate
from harness.concordance.arrow import arrow_step, climb
from harness.concordance.exact import in_standard_errors
from harness.concordance.joint_posterior import joint_posterior
from harness.concordance.judgement import Findings, judged
from harness.concordance.metrics import reported_errors
from harness.concordance.reference import QUADRATIC
from harness.concordance.standard_units import StandardUnits
from harness.result import FitResult


def posterior_certificate(fit: FitResult) -> Certificate:
    """Judge a fit by the log joint posterior at its estimates and its random effects."""
    units = StandardUnits.of(fit)
    state = (np.concatenate([units.fixed, units.log_sd]), units.effects)
    with np.errstate(all="ignore"):
        point = joint_posterior(units, *state)
        newton = arrow_step(point)
        gap = 0.5 * newton.decrement**2
        if not (newton.definite and newton.decrement <= QUADRATIC):
            top = climb(state, lambda a, b: joint_posterior(units, a, b))
            gap = max(top - point.value, gap if newton.definite else 0.0)
    p, T = len(units.fixed), units.transform
    bse = np.sqrt(np.maximum(np.diag(T @ newton.covariance[:p, :p] @ T.T), 0.0))
    spread = np.sqrt(np.maximum(np.diag(newton.covariance)[p:], 0.0))
    names = tuple(f"log sd({name})" for name in fit.design.exog_re_names)
    return judged(
        Findings(
            objective="log joint posterior",
            value=point.value,
            newton_decrement=newton.decrement,
            steps_se={
                **in_standard_errors(fit.design.exog_names, T @ newton.step[:p], bse),
                **in_standard_errors(names, newton.step[p:], spread),
            },
            llf_gap=gap,
            definite=newton.definite,
            se_errors=reported_errors(fit.bse, bse),
            no_se=tuple(map(str, fit.bse.index[~(fit.bse > 0.0)])),
            llf_error=float(fit.details["objective_value"]) - point.value,
        )
    )
