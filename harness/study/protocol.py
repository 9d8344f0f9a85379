"""A paragraph for a protocol or a grant application, from a power analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TESTS = {
    "wald": "a two-sided Wald test",
    "wald-t": "a two-sided Wald test with standard errors multiplied by sqrt(J / (J - S)) and the"
    " t distribution with J - S degrees of freedom, J being the number of units and S that of"
    " strata with stages of their own, else 1",
    "lr": "a likelihood-ratio test with one degree of freedom",
    "bootstrap": "a likelihood-ratio test against its parametric-bootstrap distribution",
}
FAMILIES = {
    "poisson": "Poisson",
    "nb2": "negative binomial (variance mu + mu^2/theta)",
    "poisson-olre": "Poisson with observation-level effects",
}


def protocol_paragraph(results: Mapping[str, Any]) -> str:
    """Return the paragraph; every number in it stands in the results."""
    options, method, contrast = results["options"], results["method"], results["contrast"]
    drawn = "; ".join(results["process"]["formula"].splitlines())
    analysed = (
        f"Each replicate was analysed by a {FAMILIES[method['family']]} mixed model with the stages"
        f" of the {method['impact']} impact model, {_random(method)} and log exposure as offset;"
        f" {contrast['text']} was tested by {TESTS[results['test']]} at the level"
        f" {options['alpha']:g}."
    )
    sentences = [
        f"Power was estimated by {options['replicates']} simulated replicates a design.",
        f"Counts were drawn from the model {drawn}.",
        analysed,
        *_answers(results),
        *_checked(results["audit"]),
        f"The seed was {options['seed']}.",
    ]
    return " ".join(sentences)


def _random(method: Mapping[str, Any]) -> str:
    return {
        "none": "no random effects",
        "intercept": "a random intercept of the unit",
        "slope": f"a random intercept and time slope of the unit ({method['covariance']}"
        " covariance)",
        "step": "a random intercept, time slope and step of the unit",
    }[method["random"]]


def _answers(results: Mapping[str, Any]) -> list[str]:
    found = [_point(point) for point in results["points"]] if len(results["points"]) == 1 else []
    search, detectable = results["search"], results["detectable"]
    if search is not None and search["answer"] is not None:
        found.append(
            f"The smallest {search['label'].lower()} with a power of {_share(search['target'])} is"
            f" {search['answer']:.10g}{_interval(search)}."
        )
    if detectable is not None and detectable["answer"] is not None:
        found.append(
            f"The smallest effect that is detected with a power of {_share(detectable['target'])}"
            f" is a change of {detectable['answer']:.1f} %{_interval(detectable)}."
        )
    if len(results["points"]) > 1:
        known = [p["power"] for p in results["points"] if p["power"] is not None]
        if known:
            found.append(
                f"Over the designs considered the power was between {_share(min(known))} and"
                f" {_share(max(known))}."
            )
    return found


def _point(point: Mapping[str, Any]) -> str:
    if point["power"] is None:
        return f"No power can be given: {point['reason']}."
    failed = sum(point["failed"].values())
    lost = f"; {failed} of {point['replicates']} replicates failed" if failed else ""
    # A contrast has no true value where another impact model is fitted than drawn from.
    change = "it" if point["percent"] is None else f"a change of {point['percent']:.1f} %"
    return (
        f"The power to detect {change} was {_share(point['power'])} (95 % interval"
        f" {_share(point['low'])} to {_share(point['high'])}{lost})."
    )


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"


def _interval(found: Mapping[str, Any]) -> str:
    low, high = found["low"], found["high"]
    if low is None or high is None:
        return ""
    if found["axis"] == "percent":
        return f" (95 % interval {low:.1f} to {high:.1f})"
    return f" (95 % interval {low:.10g} to {high:.10g})"


def _checked(audit: Mapping[str, Any] | None) -> list[str]:
    if audit is None:
        return []
    near = audit["verdicts"]["identical"] + audit["verdicts"]["concordant"]
    differ = len(audit["decisions_differ"])
    decisions = f"{differ or 'no'} decision{'s' if differ > 1 else ''}"
    return [
        f"{audit['replicates']} replicates drawn at random were fitted again by {audit['engine']}.",
        f"{near} of them agreed to within a thousandth of a standard error; {decisions} differed.",
    ]
