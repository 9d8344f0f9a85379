"""Why two fits differ, decided by computation; every cause carries the number that proved it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.concordance.defect import defects, strange_modes
from harness.concordance.exact import (
    LLF_SLACK,
    SAME_LLF,
    exact_point,
    has_exact_objective,
    laplace_llf,
    llf_of_another,
)
from harness.concordance.metrics import PairMetrics, relative_difference
from harness.concordance.own_objective import objective_differs, same_objective_shown
from harness.concordance.verdict import CONCORDANT, IDENTICAL
from harness.glmm.fitting import CONE_TOLERANCE, SINGULAR_TOLERANCE
from harness.glmm.groups import Q
from harness.glmm.separation import unbounded_terms
from harness.result import FitResult

Cause = Literal[
    "optimiser", "standard-error method", "approximation", "estimator", "boundary", "data",
    "failure", "unexplained",
]  # fmt: skip
# Distances add up along the likelihood's own metric; the quadratic model that measures them is
# good to a few per cent at these distances.
MODEL_SLACK = 1.1
# Variance parameters of a family below this are zero to every other program.
SAME_VARIANCE = 1e-6
MAXIMISES = "maximum likelihood"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A cause and its proof in one line."""

    cause: Cause
    evidence: str


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
    return Explanation(
        "data", f"designs differ: sha256 {a.design.sha256[:12]} and {b.design.sha256[:12]}"
    )


def _estimator(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    if a.estimator == b.estimator:
        return None
    gap = _likelihood_gap(a, b)
    kinds = f"{a.engine} is {a.estimator}, {b.engine} {b.estimator}"
    return Explanation("estimator", "; ".join(filter(None, (kinds, gap, _stopped(a, b)))))


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
    for test in (_boundary, _standard_errors_or_optimiser, _own_objective):
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
        )
    if gap > CONCORDANT.llf:
        return Explanation(
            "optimiser",
            f"{singular.engine} ({singular.settings}) ended in a lower maximum on the boundary"
            f" ({sizes}), {gap:.3g} below that of {other.engine}",
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
    if a.family == "poisson" or not (has_exact_objective(a) and has_exact_objective(b)):
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


def _standard_errors_or_optimiser(
    a: FitResult, b: FitResult, metrics: PairMetrics
) -> Explanation | None:
    """Whether steps still to go and errors of the standard errors make up the whole difference.

    The cause is what weighs most against the limits of ``identical``.
    """
    if metrics.llf_diff is None or not (has_exact_objective(a) and has_exact_objective(b)):
        return None
    here, there = exact_point(a), exact_point(b)
    values = [a.llf - here.llf, b.llf - there.llf]
    if max(map(abs, values)) > LLF_SLACK:
        return None
    steps = here.decrement + there.decrement
    if metrics.max_diff_se > max(MODEL_SLACK * steps, IDENTICAL.diff_se):
        return None
    errors = [_se_error(fit) for fit in (a, b)]
    # What the standard errors differ by between the two points, without anybody's error.
    moved = float(np.max(np.abs(relative_difference(there.bse, here.bse))))
    known = MODEL_SLACK * (moved + sum(errors))
    other_method = a.se_method != b.se_method
    if not (other_method or metrics.max_rel_se <= max(known, IDENTICAL.rel_se)):
        return None
    if not np.isfinite(metrics.max_rel_se):
        return None
    by_errors = (metrics.max_rel_se if other_method else max(errors)) / IDENTICAL.rel_se
    by_steps = metrics.max_diff_se / IDENTICAL.diff_se
    if max(map(abs, values)) / IDENTICAL.llf > max(by_errors, by_steps):
        return _by_values(a, b, values)
    if by_errors > by_steps:
        return _by_standard_errors(a, b, metrics, errors)
    worst, point = (a, here) if here.decrement > there.decrement else (b, there)
    stopped = (
        f"{worst.engine} ({worst.settings}) stopped {point.decrement:.2g} standard errors from"
        f" the maximum of the same likelihood ({abs(here.llf - there.llf):.2g} log-likelihood"
        " units apart)"
    )
    shown = same_objective_shown(a, b)
    return Explanation("optimiser", "; ".join(filter(None, (stopped, shown))))


def _by_values(a: FitResult, b: FitResult, errors: list[float]) -> Explanation:
    worst = int(np.argmax(np.abs(errors)))
    fit = (a, b)[worst]
    return Explanation(
        "optimiser",
        f"the log-likelihood that {fit.engine} ({fit.settings}) reports is off by"
        f" {errors[worst]:+.2g} from the exact one at its own estimates, as inner iterations leave"
        " it that stop early",
    )


def _by_standard_errors(
    a: FitResult, b: FitResult, metrics: PairMetrics, errors: list[float]
) -> Explanation:
    if a.se_method != b.se_method:
        return Explanation(
            "standard-error method",
            f"{a.engine} {a.se_method}, {b.engine} {b.se_method}: up to"
            f" {metrics.max_rel_se:.2g} apart (relative)",
        )
    worst = (a, b)[int(np.argmax(errors))]
    return Explanation(
        "standard-error method",
        f"{worst.engine}'s ({worst.settings}) standard errors are off by {max(errors):.2g}"
        " (relative) from the exact Hessian at its own estimates",
    )


def _se_error(fit: FitResult) -> float:
    """Relative error of reported standard errors; 0 for another method than the Hessian's."""
    if fit.se_method != "observed":
        return 0.0
    reported = np.asarray(fit.bse, dtype=np.float64)
    return float(np.max(np.abs(relative_difference(reported, exact_point(fit).bse))))


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
    )


_TESTS: tuple[Callable[[FitResult, FitResult, PairMetrics], Explanation | None], ...] = (
    _data, _estimator, _no_maximum, _not_converged, _approximation, _boundary, _no_excess,
    _another_objective, _other_modes, _standard_errors_or_optimiser, _own_objective,
)  # fmt: skip
