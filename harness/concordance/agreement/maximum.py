"""How far each fit of one analysis lies from the exact maximum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.concordance.cause import MAXIMISES
from harness.concordance.exact import SAME_LLF, exact_point, has_exact_objective
from harness.concordance.metrics import log_relative_error, relative_difference
from harness.glmm.separation import unbounded_terms
from harness.result import FitResult


@dataclass(frozen=True, slots=True)
class Distance:
    """A fit's largest distance from the reference over all terms.

    Attributes
    ----------
    diff_se : float
        Largest difference of the estimates, in the reference's exact standard errors.
    rel_se : float
        Largest relative difference of the standard errors.
    digits : float
        Fewest digits of the estimates.
    """

    diff_se: float
    rel_se: float
    digits: float


def reference_fit(fits: Sequence[FitResult]) -> FitResult | None:
    """Return the fit that stands for the exact maximum.

    Among the maximum-likelihood fits by the method that most of them share: of those with the
    highest exact log-likelihood, to the limit of ``identical``, the one with the least Newton
    decrement, which is the distance that it may itself still be off by.

    Returns
    -------
    FitResult or None
        None where no fit has an exact likelihood, or the likelihood has no maximum.
    """
    found = [fit for fit in fits if _may_stand(fit)]
    if not found:
        return None
    methods = Counter((fit.method, fit.n_quadrature) for fit in found)
    method = methods.most_common(1)[0][0]
    alike = [fit for fit in found if (fit.method, fit.n_quadrature) == method]
    highest = max(exact_point(fit).llf for fit in alike)
    top = [fit for fit in alike if exact_point(fit).llf >= highest - SAME_LLF]
    return min(top, key=lambda fit: exact_point(fit).decrement)


def _may_stand(fit: FitResult) -> bool:
    return (
        fit.estimator == MAXIMISES
        and has_exact_objective(fit)
        and bool(np.isfinite(fit.params).all() and np.isfinite(fit.cov_re).all())
        and not unbounded_terms(fit.design)
        and bool(np.isfinite(exact_point(fit).llf))
    )


def distance(fit: FitResult, reference: FitResult) -> Distance | None:
    """Return how far a fit lies from the reference; None where it has no answer or other terms."""
    if fit.failure or not fit.params.index.equals(reference.params.index):
        return None
    exact = exact_point(reference).bse
    x, c, bse = (np.asarray(v, dtype=np.float64) for v in (fit.params, reference.params, fit.bse))
    return Distance(
        diff_se=float(np.max(np.abs(x - c) / exact)),
        rel_se=float(np.max(np.abs(relative_difference(bse, exact)))),
        digits=float(np.min(log_relative_error(x, c, exact))),
    )
