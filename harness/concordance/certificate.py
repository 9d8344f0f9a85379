"""The certificate of a fit, by the objective that its engine claims to maximise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.certificate import Certificate
from harness.concordance.bound_certificate import bound_certificate
from harness.concordance.exact import has_exact_objective, remember, remembered
from harness.concordance.likelihood_certificate import likelihood_certificate
from harness.concordance.posterior_certificate import posterior_certificate
from harness.errors import HarnessError
from harness.glmm.groups import Q
from harness.result import FitResult


def certified(fit: FitResult) -> FitResult:
    """Return the fit with its certificate, or with the reason why it has none.

    Never raises for what a fit may hold: a certificate that cannot be computed costs no answer.
    """
    if fit.failure is not None:
        return fit
    try:
        # What is not finite is looked for at the end, and said in words.
        with np.errstate(all="ignore"):
            found, reason = _certificate(fit)
    except (HarnessError, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        found, reason = None, f"the objective has no derivatives at its answer: {error}"
    return remember(replace(fit, certificate=found, certificate_reason=reason), remembered(fit))


def _certificate(fit: FitResult) -> tuple[Certificate | None, str | None]:
    if fit.method == "map":
        found = posterior_certificate(fit)
    elif fit.method == "vb":
        found = bound_certificate(fit)
    elif has_exact_objective(fit):
        found = likelihood_certificate(fit)
    elif fit.design.exog_re.shape[1] > Q:
        return None, f"no exact objective is known for more than {Q} random effects per unit"
    else:
        return None, f"no exact objective is known for the method {fit.method!r}"
    numbers = [found.value, found.newton_decrement, found.llf_gap, *found.steps_se.values()]
    if not np.isfinite(numbers).all():
        return None, "the objective has no finite value or derivatives at the reported estimates"
    return found, found.reason
