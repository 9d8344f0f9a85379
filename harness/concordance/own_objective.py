"""Engines' own objectives held against the exact one at the same points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from harness.concordance.exact import remember, remembered
from harness.engines.own_objective import Place
from harness.result import FitResult

# Same point, same value: relative to the log-likelihood.
SAME_VALUE = 1e-8


def place_of(fit: FitResult) -> Place:
    """Return the point of a fit, for another engine to evaluate."""
    return np.asarray(fit.params, dtype=np.float64), fit.cov_re, fit.variance_parameter


def has_certified_llf(fit: FitResult) -> bool:
    """Whether the exact Laplace log-likelihood is known at a fit's answer."""
    return fit.certificate is not None and fit.method == "laplace"


def with_own(fit: FitResult, values: Mapping[str, float | None]) -> FitResult:
    """Return the fit whose certificate says how far each engine's own objective is from the exact.

    Parameters
    ----------
    values : mapping of str to float or None
        Log-likelihood at this fit's point by each engine's own objective.
    """
    if fit.certificate is None:
        return fit
    exact = fit.certificate.value
    own = {
        name: (value - exact) / (1.0 + abs(exact))
        for name, value in values.items()
        if value is not None
    }
    changed = replace(fit, certificate=replace(fit.certificate, own=own))
    return remember(changed, remembered(fit))


def objective_differs(a: FitResult, b: FitResult) -> str | None:
    """Return whose own objective is another one at the pair's points; None where nobody's is."""
    for fit in (a, b):
        for name in {a.engine, b.engine} & set(_own(fit)):
            error = _own(fit)[name]
            if abs(error) > SAME_VALUE:
                return (
                    f"{name}'s own objective at {fit.engine}'s answer is off by {error:.2g}"
                    " (relative) from the log-likelihood that it claims to maximise"
                )
    return None


def same_objective_shown(a: FitResult, b: FitResult) -> str | None:
    """Return the evidence that engines evaluate one function at both points, None without any."""
    errors = [
        abs(_own(fit)[name]) for fit in (a, b) for name in {a.engine, b.engine} & set(_own(fit))
    ]
    names = sorted({a.engine, b.engine} & (set(_own(a)) | set(_own(b))))
    if not errors:
        return None
    return (
        f"the own objective of {' and '.join(names)} has the exact value at these points, to"
        f" {max(errors):.1g} (relative)"
    )


def _own(fit: FitResult) -> Mapping[str, float]:
    return fit.certificate.own if fit.certificate else {}
