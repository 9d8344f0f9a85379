"""What fits of one design know about each other: the highest is where the others should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.certificate import Certificate
from harness.concordance.exact import SAME_LLF, exact_bse, in_standard_errors, remember, remembered
from harness.concordance.metrics import same_objective
from harness.concordance.verdict import CONCORDANT
from harness.result import FitResult


def beside_each_other(fits: Sequence[FitResult]) -> list[FitResult]:
    """Return the fits, those below another of the same objective no longer certified.

    Not for a joint mode: the log joint posterior rises without bound towards standard deviations
    of zero, so that a fit which ran there is higher and no better.
    """
    return [_beside(fit, fits) for fit in fits]


def _beside(fit: FitResult, fits: Sequence[FitResult]) -> FitResult:
    if fit.certificate is None or fit.method == "map":
        return fit
    others = [(o, o.certificate) for o in fits if o.certificate and same_objective(fit, o)]
    best, top = max(others, key=lambda pair: pair[1].value)
    gap = top.value - fit.certificate.value
    if gap <= max(fit.certificate.llf_gap, SAME_LLF):
        return fit
    lowered = _lowered(fit, fit.certificate, best, gap)
    changed = replace(fit, certificate=lowered, certificate_reason=lowered.reason)
    return remember(changed, remembered(fit))


def _lowered(fit: FitResult, own: Certificate, best: FitResult, gap: float) -> Certificate:
    terms = fit.design.exog_names
    way = np.asarray(best.params, dtype=float) - np.asarray(fit.params, dtype=float)
    steps = {**own.steps_se, **in_standard_errors(terms, way, exact_bse(best))}
    reason = own.reason
    if reason is None and gap > CONCORDANT.llf:
        reason = f"{best.engine} ({best.settings}) is {gap:.3g} higher in the {own.objective}"
    return replace(
        own,
        steps_se=steps,
        max_step_se=max(abs(step) for step in steps.values()),
        llf_gap=gap,
        certified=reason is None,
        reason=reason,
    )
