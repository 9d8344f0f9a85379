"""Why two fits differ, decided by computation; every cause carries the number that proved it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.concordance.exact import exact_point, has_exact_objective
from harness.concordance.metrics import PairMetrics, relative_difference
from harness.concordance.verdict import IDENTICAL
from harness.glmm.separation import unbounded_terms
from harness.result import FitResult

Cause = Literal[
    "optimiser", "standard-error method", "approximation", "estimator", "boundary", "data",
    "failure", "unexplained",
]  # fmt: skip
# Distances add up along the likelihood's own metric; the quadratic model that measures them is
# good to a few per cent at these distances.
MODEL_SLACK = 1.1
# A log-likelihood further than this from the exact one at the same point is that of another
# objective; lme4's inner iterations leave up to 8e-4 at their default tolerance.
LLF_SLACK = 1e-3
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
    return Explanation(
        "unexplained",
        f"no test holds at {metrics.max_diff_se:.2g} SE, {metrics.max_rel_se:.2g} relative SE",
    )


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
    if not (has_exact_objective(a) and has_exact_objective(b)):
        return None
    at_a, at_b = exact_point(a).llf, exact_point(b).llf
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
    proven = _optimiser(a, b, metrics) or _own_objective(a, b, metrics)
    return proven or Explanation("failure", stopped)


def _stopped(a: FitResult, b: FitResult) -> str | None:
    names = [f"{fit.engine} ({fit.settings})" for fit in (a, b) if not fit.converged]
    return f"{' and '.join(names)} did not converge" if names else None


def _approximation(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    if (a.method, a.n_quadrature) == (b.method, b.n_quadrature):
        return None
    return Explanation("approximation", f"{a.engine} by {a.method}, {b.engine} by {b.method}")


def _boundary(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    if a.singular == b.singular:
        return None
    singular, other = (a, b) if a.singular else (b, a)
    return Explanation(
        "boundary",
        f"{singular.engine} is singular (smallest SD {singular.sd_re.min():.2g}), {other.engine}"
        f" is not (smallest SD {other.sd_re.min():.2g}, log-likelihood"
        f" {other.llf - singular.llf:+.3g})",
    )


def _standard_errors(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    if metrics.max_diff_se > IDENTICAL.diff_se or metrics.max_rel_se <= IDENTICAL.rel_se:
        return None
    if a.se_method != b.se_method:
        return Explanation(
            "standard-error method", f"{a.engine} {a.se_method}, {b.engine} {b.se_method}"
        )
    if not (has_exact_objective(a) and has_exact_objective(b)):
        return None
    errors = {fit.engine: _se_error(fit) for fit in (a, b)}
    if not metrics.max_rel_se <= MODEL_SLACK * sum(errors.values()) < np.inf:
        return None
    worst = max(errors, key=lambda name: errors[name])
    return Explanation(
        "standard-error method",
        f"{worst}'s standard errors are off by {errors[worst]:.2g} (relative) from the exact"
        " Hessian at its own estimates",
    )


def _se_error(fit: FitResult) -> float:
    reported = np.asarray(fit.bse, dtype=np.float64)
    return float(np.max(np.abs(relative_difference(reported, exact_point(fit).bse))))


def _optimiser(a: FitResult, b: FitResult, metrics: PairMetrics) -> Explanation | None:
    if metrics.llf_diff is None or not (has_exact_objective(a) and has_exact_objective(b)):
        return None
    if metrics.max_rel_se == np.inf:  # no distance from the maximum makes a standard error vanish
        return None
    here, there = exact_point(a), exact_point(b)
    if max(abs(a.llf - here.llf), abs(b.llf - there.llf)) > LLF_SLACK:
        return None
    if metrics.max_diff_se > MODEL_SLACK * (here.decrement + there.decrement):
        return None
    worst, point = (a, here) if here.decrement > there.decrement else (b, there)
    gain = abs(here.llf - there.llf)
    return Explanation(
        "optimiser",
        f"{worst.engine} ({worst.settings}) stopped {point.decrement:.2g} standard errors from"
        f" the maximum of the same likelihood ({gain:.2g} log-likelihood units apart)",
    )


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
    _data, _estimator, _no_maximum, _not_converged, _approximation, _boundary, _standard_errors,
    _optimiser, _own_objective,
)  # fmt: skip
