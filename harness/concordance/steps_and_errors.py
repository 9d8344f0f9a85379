"""Steps still to go, and errors of standard errors: do they make up a difference."""

from __future__ import annotations

import numpy as np

from harness.concordance.exact import LLF_SLACK, exact_point, has_exact_objective
from harness.concordance.exact_errors import EXACT_ERRORS
from harness.concordance.explanation import Explanation
from harness.concordance.metrics import PairMetrics, relative_difference
from harness.concordance.own_objective import same_objective_shown
from harness.concordance.reoptimised import leads_to, one_maximum
from harness.concordance.swaps import errors_by_method, mislabelled
from harness.concordance.verdict import IDENTICAL
from harness.result import FitResult

# Distances add up along the likelihood's own metric; the quadratic model that measures them is
# good to a few per cent at these distances.
MODEL_SLACK = 1.1


def standard_errors_or_optimiser(
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
    near = metrics.max_diff_se <= max(MODEL_SLACK * steps, IDENTICAL.diff_se)
    if not (near or one_maximum(a, b, metrics.max_diff_se)):
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
    return _by_steps(a, b)


def _by_steps(a: FitResult, b: FitResult) -> Explanation:
    here, there = exact_point(a), exact_point(b)
    worst, other, point = (a, b, here) if here.decrement > there.decrement else (b, a, there)
    stopped = (
        f"{worst.engine} ({worst.settings}) stopped {point.decrement:.2g} standard errors from"
        f" the maximum of the same likelihood ({abs(here.llf - there.llf):.2g} log-likelihood"
        " units apart)"
    )
    shown = (leads_to(worst, other), _by_tolerance(worst, other), same_objective_shown(a, b))
    return Explanation("optimiser", "; ".join(filter(None, (stopped, *shown))), worst)


def _by_tolerance(worst: FitResult, other: FitResult) -> str | None:
    """The same engine with tighter tolerances: what the looser ones cost."""
    if worst.engine != other.engine or worst.settings == other.settings:
        return None
    return (
        f"{other.engine} itself with {other.settings} tolerances stopped"
        f" {exact_point(other).decrement:.1g} standard errors from it"
    )


def _by_values(a: FitResult, b: FitResult, errors: list[float]) -> Explanation:
    worst = int(np.argmax(np.abs(errors)))
    fit = (a, b)[worst]
    return Explanation(
        "optimiser",
        f"the log-likelihood that {fit.engine} ({fit.settings}) reports is off by"
        f" {errors[worst]:+.2g} from the exact one at its own estimates, as inner iterations leave"
        " it that stop early",
        fit,
    )


def _by_standard_errors(
    a: FitResult, b: FitResult, metrics: PairMetrics, errors: list[float]
) -> Explanation:
    worst = (a, b)[int(np.argmax(errors))]
    lying = {line: fit for fit in (a, b) if (line := mislabelled(fit))}
    about = next(iter(lying.values()), None)
    if a.se_method != b.se_method:
        kinds = (
            f"{a.engine} {a.se_method}, {b.engine} {b.se_method}: up to"
            f" {metrics.max_rel_se:.2g} apart (relative)"
        )
        swapped = [*lying] or [f"each is what it says at its own estimates, to {max(errors):.1g}"]
        return Explanation("standard-error method", "; ".join([kinds, *swapped]), about)
    if lying:
        return Explanation("standard-error method", "; ".join(lying), about)
    return Explanation(
        "standard-error method",
        f"{worst.engine}'s ({worst.settings}) standard errors are off by {max(errors):.2g}"
        f" (relative) from {EXACT_ERRORS[worst.se_method]} at its own estimates",
        worst,
    )


def _se_error(fit: FitResult) -> float:
    """Relative error of reported standard errors; 0 for a method that is not known here."""
    return errors_by_method(fit).get(fit.se_method, 0.0)
