"""From what was found at a fit's answer to a verdict on it: certified, or the reason why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.certificate import Certificate
from harness.concordance.exact import LLF_SLACK
from harness.concordance.verdict import CONCORDANT


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """The numbers of a certificate (its attributes of the same names), before the verdict.

    Attributes
    ----------
    no_se : tuple of str
        Terms without a reported standard error.
    unbounded : tuple of str
        Terms that have no finite estimate.
    """

    objective: str
    value: float
    newton_decrement: float
    steps_se: Mapping[str, float]
    llf_gap: float
    definite: bool
    se_errors: Mapping[str, float]
    cone_gain: float | None = None
    cone_slack: float | None = None
    llf_error: float | None = None
    own_gradient_se: float | None = None
    falsely_singular: bool = False
    no_se: tuple[str, ...] = ()
    unbounded: tuple[str, ...] = ()


def judged(found: Findings) -> Certificate:
    """Return the certificate; its reason is the first limit that is not kept.

    The limits are those of ``concordant``: two certified fits of one objective differ by no more
    than twice that.
    """
    reason = next(_objections(found), None)
    return Certificate(
        objective=found.objective,
        value=found.value,
        newton_decrement=found.newton_decrement,
        steps_se=dict(found.steps_se),
        max_step_se=max((abs(step) for step in found.steps_se.values()), default=0.0),
        llf_gap=found.llf_gap,
        definite=found.definite,
        cone_gain=found.cone_gain,
        cone_slack=found.cone_slack,
        se_errors=dict(found.se_errors),
        llf_error=found.llf_error,
        own_gradient_se=found.own_gradient_se,
        falsely_singular=found.falsely_singular,
        certified=reason is None,
        reason=reason,
    )


def _objections(found: Findings) -> Iterator[str]:
    what, gap = found.objective, found.llf_gap
    if found.unbounded:
        yield (
            f"no finite estimate exists for {', '.join(found.unbounded)}: the likelihood rises for"
            " ever"
        )
    if found.falsely_singular:
        yield (
            f"falsely singular: the {what} still rises by {found.cone_gain:.2g} per unit of"
            f" variance, a point {gap:.3g} higher is known"
        )
    if gap > CONCORDANT.llf:
        yield f"a point {gap:.3g} higher in the {what} is known"
    if not found.definite:
        yield f"the Hessian of the {what} is not negative definite: no maximum"
    if found.newton_decrement > CONCORDANT.diff_se:
        yield f"{found.newton_decrement:.2g} standard errors from the maximum of the {what}"
    if abs(found.llf_error or 0.0) > LLF_SLACK:
        yield f"the value reported is off by {found.llf_error:.2g} from the {what} at this point"
    if found.no_se:
        yield f"no standard error of {', '.join(found.no_se)} is reported"
    worst = max(found.se_errors, key=lambda term: abs(found.se_errors[term]), default=None)
    if worst is not None and abs(found.se_errors[worst]) > CONCORDANT.rel_se:
        yield (
            f"the standard error of {worst} is off by {100 * found.se_errors[worst]:+.2g} % from"
            " the exact one at this point"
        )
