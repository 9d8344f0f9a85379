"""Why two fits differ, decided by computation; every cause carries the number that proved it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.concordance.data_difference import what_differs
from harness.concordance.defect import defects, strange_modes
from harness.concordance.exact import (
    LLF_SLACK,
    SAME_LLF,
    exact_point,
    has_exact_objective,
    laplace_llf,
    llf_of_another,
)
from harness.concordance.explanation import Explanation
from harness.concordance.metrics import PairMetrics
from harness.concordance.own_objective import objective_differs
from harness.concordance.prior_terms import posterior_gain
from harness.concordance.steps_and_errors import standard_errors_or_optimiser
from harness.concordance.swaps import (
    AT_MAXIMUM,
    approximation,
    other_approximation,
)
from harness.concordance.verdict import CONCORDANT
from harness.design import WIDER
from harness.glmm.boundary import CONE_TOLERANCE, SINGULAR_TOLERANCE
from harness.glmm.groups import Q
from harness.glmm.separation import unbounded_terms
from harness.result import FitResult

# Variance parameters of a family below this are zero to every other program.
SAME_VARIANCE = 1e-6
MAXIMISES = "maximum likelihood"


def explain_failure(a: FitResult, b: FitResult) -> Explanation:
    """Explain a pair of which at least one has no answer."""
    reasons = [f"{fit.engine}: {fit.failure}" for fit in (a, b) if fit.failure]
    return Explanation("failure", "; ".join(reasons))


def explain(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation:
    """Return the first cause whose test holds; ``unexplained`` only where none does."""
    for test in _TESTS:
        found = test(a, b, metrics)
        if found is not None:
            return found
    return Explanation("unexplained", defects(a, b, metrics))


def _data(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    if a.design.sha256 == b.design.sha256:
        return None
    return Explanation("data", what_differs(a.design, b.design))


def _estimator(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    if a.estimator == b.estimator:
        return None
    gap = _likelihood_gap(a, b)
    kinds = f"{a.engine} is {a.estimator}, {b.engine} {b.estimator}"
    return Explanation(
        "estimator", "; ".join(filter(None, (kinds, gap, posterior_gain(a, b), _stopped(a, b))))
    )


def _likelihood_gap(a: FitResult, b: FitResult) -> str | None:
    if a.design.exog_re.shape[1] > Q:
        return None
    at_a, at_b = laplace_llf(a), laplace_llf(b)
    low, high = (a, b) if at_a < at_b else (b, a)
    return (
        f"the Laplace log-likelihood at {low.engine}'s answer is {abs(at_a - at_b):.3g}"
        f" below that at {high.engine}'s"
    )


def _no_maximum(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    terms = unbounded_terms(a.design)
    if not terms or a.estimator != MAXIMISES or b.estimator != MAXIMISES:
        return None
    return Explanation(
        "failure",
        f"no finite estimate exists for {', '.join(terms)}: the likelihood rises for ever, and each"
        " engine stopped somewhere on the way",
    )


def _not_converged(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    stopped = _stopped(a, b)
    if stopped is None:
        return None
    for test in (_boundary, standard_errors_or_optimiser, _own_objective):
        proven = test(a, b, metrics)
        if proven is not None and proven.cause == "optimiser":
            return proven
    return Explanation("failure", stopped)


def _stopped(a: FitResult, b: FitResult) -> str | None:
    names = [f"{fit.engine} ({fit.settings})" for fit in (a, b) if not fit.converged]
    return f"{' and '.join(names)} did not converge" if names else None


def _approximation(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    if (a.method, a.n_quadrature) == (b.method, b.n_quadrature):
        return None
    kinds = f"{a.engine} by {_how(a)}, {b.engine} by {_how(b)}"
    if not (has_exact_objective(a) and has_exact_objective(b)):
        return Explanation("approximation", kinds)
    finer, other = (a, b) if (a.n_quadrature or 1) > (b.n_quadrature or 1) else (b, a)
    lost = exact_point(finer).llf - llf_of_another(finer, other)
    return Explanation(
        "approximation",
        f"{kinds}; by {_how(finer)} the log-likelihood at {other.engine}'s answer is {lost:.2g}"
        f" below that at {finer.engine}'s",
    )


def _another_approximation(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    """One of the two maximised another approximation than it says.

    Its log-likelihood and its place say so; where only the former does, it is a defect.
    """
    if not (metrics.same_objective and has_exact_objective(a) and has_exact_objective(b)):
        return None
    for fit in (a, b):
        if abs(fit.llf - exact_point(fit).llf) <= LLF_SLACK:
            continue
        swapped = other_approximation(fit)
        if swapped is not None and swapped.decrement <= AT_MAXIMUM:
            return Explanation(
                "approximation",
                f"{fit.engine} ({fit.settings}) says {approximation(fit.n_quadrature or 1)} and"
                f" maximised {swapped.name}: its log-likelihood at its own estimates is that one's,"
                f" to {abs(swapped.error):.1g}, and so is its maximum, to {swapped.decrement:.1g}"
                " standard errors",
                fit,
            )
    return None


def _how(fit: FitResult) -> str:
    return fit.method if fit.n_quadrature is None else f"{fit.method}, {fit.n_quadrature} points"


def _boundary(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    """Decide whether a singular fit beside one that is not has a right to be."""
    if a.singular == b.singular or not (has_exact_objective(a) and has_exact_objective(b)):
        return None
    singular, other = (a, b) if a.singular else (b, a)
    here, there = exact_point(singular), exact_point(other)
    gap = there.llf - here.llf
    if abs(singular.llf - here.llf) > max(LLF_SLACK, gap):
        # It reports the value of another function: where this one ends says nothing about it.
        return None
    sizes = f"smallest SD {here.smallest_sd:.2g} beside {there.smallest_sd:.2g}"
    if here.cone > CONE_TOLERANCE and gap > SAME_LLF:
        return Explanation(
            "optimiser",
            f"{singular.engine} ({singular.settings}) is falsely singular ({sizes}): the"
            f" log-likelihood still rises by {here.cone:.2g} per unit of variance, and lies"
            f" {gap:.3g} below that of {other.engine}",
            singular,
        )
    if gap > CONCORDANT.llf:
        return Explanation(
            "optimiser",
            f"{singular.engine} ({singular.settings}) ended in a lower maximum on the boundary"
            f" ({sizes}), {gap:.3g} below that of {other.engine}",
            singular,
        )
    return Explanation(
        "boundary",
        f"{singular.engine} is singular, {other.engine} is not ({sizes}), log-likelihoods"
        f" {abs(gap):.2g} apart",
    )


def _no_excess(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    """Nothing exceeds the Poisson variance: the family's own parameter lies on its boundary.

    There a likelihood written as a difference of gamma functions loses its digits; how many, the
    exact one at the same point tells.
    """
    if a.family not in WIDER or not (has_exact_objective(a) and has_exact_objective(b)):
        return None
    variances = [fit.variance_parameter for fit in (a, b)]
    if min(variances) > SINGULAR_TOLERANCE**2 or max(variances) > SAME_VARIANCE:
        return None
    errors = [abs(fit.llf - exact_point(fit).llf) for fit in (a, b)]
    worst = (a, b)[int(np.argmax(errors))]
    return Explanation(
        "boundary",
        f"nothing exceeds the Poisson variance (its parameter is {variances[0]:.2g} and"
        f" {variances[1]:.2g}); {worst.engine}'s log-likelihood there is off by"
        f" {max(errors):.2g} from the exact one at the same point",
    )


def _another_objective(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    """An own objective with another value at the same point: where it stopped is not the cause."""
    differs = objective_differs(a, b) if metrics.same_objective else None
    return None if differs is None else Explanation("unexplained", differs)


def _other_modes(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    """Random effects that are not those of the fit's own estimates."""
    if metrics.re_diff <= CONCORDANT.re:
        return None
    known = [fit for fit in (a, b) if has_exact_objective(fit)]
    wrong = any(strange_modes(fit, CONCORDANT.re) for fit in known)
    return Explanation("unexplained", defects(a, b, metrics)) if wrong else None


def _own_objective(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    """For estimators whose objective PoissonGLMM does not know: which of the two got higher."""
    values = [fit.details.get("objective_value") for fit in (a, b)]
    if a.method != b.method or None in values:
        return None
    at_a, at_b = (float(str(value)) for value in values)
    if at_a == at_b:
        return None
    low, high = (a, b) if at_a < at_b else (b, a)
    return Explanation(
        "optimiser",
        f"{low.engine} ({low.settings}) stopped {abs(at_a - at_b):.2g} below {high.engine}"
        f" ({high.settings}) in {a.details['objective']}",
        low,
    )


_TESTS: tuple[Callable[[FitResult, FitResult, PairMetrics], Explanation | None], ...] = (
    _data, _estimator, _no_maximum, _not_converged, _approximation, _another_approximation,
    _boundary, _no_excess, _another_objective, _other_modes, standard_errors_or_optimiser,
    _own_objective,
)  # fmt: skip
