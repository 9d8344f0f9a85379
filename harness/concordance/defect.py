"""What is wrong with a fit's own numbers where no cause explains a difference."""

from __future__ import annotations

import numpy as np

from harness.concordance.exact import LLF_SLACK, exact_modes, exact_point, has_exact_objective
from harness.concordance.metrics import PairMetrics
from harness.concordance.swaps import other_approximation
from harness.concordance.verdict import IDENTICAL
from harness.result import FitResult


def defects(a: FitResult, b: FitResult, metrics: PairMetrics) -> str:
    """Return in one line which fit contradicts itself, and by how much.

    Whatever an engine does, the log-likelihood and the random effects that it reports are those
    of its own estimates, or it fitted another model than it was asked for.
    """
    found = [line for fit in (a, b) if has_exact_objective(fit) for line in _contradictions(fit)]
    if found:
        return "; ".join(found)
    return f"no test holds at {metrics.max_diff_se:.2g} SE, {metrics.max_rel_se:.2g} relative SE"


def _contradictions(fit: FitResult) -> list[str]:
    found = []
    error = fit.llf - exact_point(fit).llf
    if abs(error) > LLF_SLACK:
        swapped = other_approximation(fit)
        whose = (
            f"it is that by {swapped.name}, whose maximum lies elsewhere"
            if swapped
            else "it is that of another function, of other data or another model"
        )
        found.append(
            f"the log-likelihood that {fit.engine} ({fit.settings}) reports is off by {error:+.3g}"
            f" from the exact one at its own estimates: {whose}"
        )
    strange = strange_modes(fit, IDENTICAL.re)
    return [*found, strange] if strange else found


def strange_modes(fit: FitResult, limit: float) -> str | None:
    """Return which random effect is furthest from the mode at the fit's own estimates.

    Parameters
    ----------
    limit : float
        In standard deviations of the random effects; None is returned within it.
    """
    if not fit.cov_re.size:
        return None
    sd = np.maximum(fit.sd_re, np.finfo(float).tiny)
    apart = np.abs(fit.random_effects.to_numpy() - exact_modes(fit)) / sd
    j, k = np.unravel_index(int(np.argmax(apart)), apart.shape)
    if apart[j, k] <= limit:
        return None
    return (
        f"the random effects of {fit.engine} ({fit.settings}) are not the conditional modes at its"
        f" own estimates: that of unit {fit.design.group_labels[j]!r} is off by"
        f" {apart[j, k]:.2g} standard deviations"
    )
