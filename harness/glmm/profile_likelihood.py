"""Profile-likelihood intervals: where the signed root of the deviance meets a normal quantile.

zeta(v) = sign(v - estimate) sqrt(2 (llf - max llf given v)), as in lme4's ``profile``, is normal
to a higher order than the Wald statistic (Bates et al. 2015, J Stat Softw 67:1, section 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.optimize

from harness.design import FloatArray
from harness.errors import FitFailure
from harness.glmm.profile_path import Path, held

# A limit is solved to this part of a standard error.
LIMIT_TOLERANCE = 1e-6
# As near to rounding as brentq can be asked, so that the other decides.
BRENT_RTOL = 1e-15
# Log-likelihood units by which a profile may exceed the fit's maximum: rounding of the sum.
ROUNDING = 1e-7
# First look beyond where a straight zeta would meet the quantile.
BEYOND = 1.05
LARGEST_LOOKS = 60


@dataclass(slots=True, eq=False)
class _Zeta:
    """Signed root deviance along a path; each maximisation starts from the nearest one done."""

    path: Path
    name: str
    estimate: float
    llf: float
    known: list[tuple[float, FloatArray]]

    def __call__(self, value: float) -> float:
        _, near = min(self.known, key=lambda pair: abs(pair[0] - value))
        try:
            profiled, psi = held(self.path, value, near)
        except (FloatingPointError, np.linalg.LinAlgError) as error:
            raise FitFailure(f"the profile of {self.name} fails: {error}") from None
        gain = profiled - self.llf
        if gain > ROUNDING * (1.0 + abs(self.llf)):
            raise FitFailure(
                f"the profile of {self.name} finds a log-likelihood {gain:.3g} higher than the"
                " fit's: the fit is not at its maximum"
            )
        self.known.append((value, psi))
        return float(np.sign(value - self.estimate) * np.sqrt(max(-2.0 * gain, 0.0)))


def limits(
    path: Path,
    name: str,
    estimate: float,
    se: float,
    quantile: float,
    domain: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[float, float]:
    """Return the lower and the upper profile limit.

    Parameters
    ----------
    estimate : float
        The quantity at ``path.start``; NaN where it is not defined (a correlation with a constant)
        and nothing is known, so that the limits are those of the domain.
    se : float
        Its standard error, or any size of a first step.
    quantile : float
        Of the normal distribution, 1.96 for 95 %.
    domain : tuple of float
        Possible values. A side on which zeta does not reach the quantile ends there: a standard
        deviation at 0, a correlation at -1 or 1.

    Raises
    ------
    FitFailure
        If a constrained maximum is not found, or lies above that of the fit.
    """
    if not np.isfinite(estimate):
        return domain
    llf = path.objective.value(path.start)
    zeta = _Zeta(path, name, estimate, llf, [(estimate, path.start)])
    low = _limit(zeta, estimate, -se, quantile, domain[0])
    return low, _limit(zeta, estimate, se, quantile, domain[1])


def _limit(zeta: _Zeta, estimate: float, step: float, quantile: float, end: float) -> float:
    """Look outwards until zeta has passed the quantile, then solve between the last two looks."""
    if estimate == end:
        return end
    inner, reached = estimate, 0.0
    outer = estimate + BEYOND * quantile * step
    for _ in range(LARGEST_LOOKS):
        outer = max(outer, end) if step < 0 else min(outer, end)
        size = abs(zeta(outer))
        if size >= quantile:
            return _solved(zeta, inner, outer, float(np.copysign(quantile, step)), abs(step))
        if outer == end:
            return end
        grown = quantile / size if size > 0.5 * quantile else 2.0
        inner, outer = outer, estimate + BEYOND * grown * (outer - estimate)
        reached = max(reached, size)
    raise FitFailure(
        f"the profile of {zeta.name} reaches {reached:.3g} and not {quantile:.3g}: no limit"
    )


def _solved(zeta: _Zeta, inner: float, outer: float, target: float, se: float) -> float:
    # The starting points of zeta depend on the order of calls; values at the ends are known.
    return float(
        scipy.optimize.brentq(
            lambda v: zeta(v) - target, inner, outer, xtol=LIMIT_TOLERANCE * se, rtol=BRENT_RTOL
        )
    )
