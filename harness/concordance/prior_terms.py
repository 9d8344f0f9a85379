"""Why a joint mode is no maximum of the likelihood: what its prior and densities add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.concordance.joint_posterior import posterior_terms
from harness.concordance.standard_units import StandardUnits
from harness.result import FitResult

_TERMS = ("data", "density of the random effects", "priors")


def posterior_gain(a: FitResult, b: FitResult) -> str | None:
    """Return how the log joint posterior rises from the other's answer to a joint mode's.

    None where neither or both are joint modes, where the priors are not known, and where a
    standard deviation is zero: the density of the effects has no bound there.
    """
    modes = [fit for fit in (a, b) if fit.method == "map"]
    if len(modes) != 1 or "fe_p" not in modes[0].details:
        return None
    mode, other = modes[0], b if modes[0] is a else a
    with np.errstate(all="ignore"):
        gains = np.subtract(_at(mode, mode), _at(mode, other))
    if not np.all(np.isfinite(gains)):
        return None
    parts = ", ".join(f"{name} {gain:+.3g}" for name, gain in zip(_TERMS, gains, strict=True))
    return (
        f"the log joint posterior at {mode.engine}'s answer is {abs(gains.sum()):.3g}"
        f" {'above' if gains.sum() >= 0.0 else 'below'} that at {other.engine}'s: {parts}"
    )


def _at(mode: FitResult, fit: FitResult) -> tuple[float, float, float]:
    """Terms of a mode's posterior at another's estimates and random effects."""
    answer = {name: getattr(fit, name) for name in ("params", "variance", "random_effects")}
    units = StandardUnits.of(replace(mode, **answer))
    shared = np.concatenate([units.fixed, units.log_sd])
    return posterior_terms(units, shared, units.effects)
