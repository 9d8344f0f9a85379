"""Certificate of statsmodels' ``fit_map``: a mode of the joint posterior, priors included."""

from __future__ import annotations

import numpy as np

from harness.certificate import Certificate
from harness.concordance.arrow import arrow_step
from harness.concordance.arrow_certificate import arrow_certificate, still_to_gain
from harness.concordance.joint_posterior import joint_posterior
from harness.concordance.standard_units import StandardUnits
from harness.result import FitResult


def posterior_certificate(fit: FitResult) -> Certificate:
    """Judge a fit by the log joint posterior at its estimates and its random effects."""
    units = StandardUnits.of(fit)
    state = (np.concatenate([units.fixed, units.log_sd]), units.effects)
    point = joint_posterior(units, *state)
    newton = arrow_step(point)
    gap = still_to_gain(state, lambda a, b: joint_posterior(units, a, b), point, newton)
    p, T = len(units.fixed), units.transform
    variances = np.maximum(np.diag(newton.covariance), 0.0)
    covariance = T @ newton.covariance[:p, :p] @ T.T
    return arrow_certificate(
        fit, units, "log joint posterior", point, newton, gap,
        bse=np.sqrt(np.maximum(np.diag(covariance), 0.0)),
        log_sd_step=newton.step[p:], log_sd_se=np.sqrt(variances[p:]),
    )  # fmt: skip
