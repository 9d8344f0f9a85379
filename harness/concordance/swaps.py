"""Another method's numbers at a fit's own estimates, to see whose it reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.concordance.exact import SAME_LLF, exact_point, psi_of
from harness.concordance.exact_errors import cluster_errors, rx_errors
from harness.concordance.metrics import relative_difference
from harness.errors import HarnessError
from harness.glmm.laplace import Objective
from harness.glmm.optimise import newton_step
from harness.result import FitResult

# Numbers of points that programs are asked for; 1 is Laplace's method.
POINTS = (1, 3, 5, 7, 9, 11, 15, 21, 25)
# Standard errors this close, relative, are those of one method.
SAME_SE = 1e-4
# Standard errors: who has maximised another approximation stands on its maximum.
AT_MAXIMUM = 1e-3


@dataclass(frozen=True, slots=True)
class Swapped:
    """An approximation whose log-likelihood at a fit's estimates is the one that it reports.

    Attributes
    ----------
    points : int
        1 for Laplace.
    error : float
        Of the reported log-likelihood.
    decrement : float
        Newton decrement there: whether it was maximised, too.
    """

    points: int
    error: float
    decrement: float

    @property
    def name(self) -> str:
        """The approximation in words."""
        return approximation(self.points)


def approximation(points: int) -> str:
    """Return an approximation of the integral in words."""
    return "Laplace" if points == 1 else f"{points} points of quadrature"


def other_approximation(fit: FitResult) -> Swapped | None:
    """Return the approximation that a fit's log-likelihood is in truth of; None where of none."""
    for points in POINTS:
        if points == (fit.n_quadrature or 1):
            continue
        try:
            objective = Objective.of(fit.design, points)
        except HarnessError:  # no quadrature for this family
            return None
        psi = psi_of(objective, fit)
        error = fit.llf - objective.value(psi)
        if abs(error) <= SAME_LLF:
            point = objective.at(psi, 2)
            step = newton_step(point.gradient, point.hessian, objective.smooth().flat)
            return Swapped(points, float(error), step[1])
    return None


def errors_by_method(fit: FitResult) -> dict[str, float]:
    """Relative error of reported standard errors against each method's at a fit's estimates.

    Cluster-robust ones are no other method's by mistake: they stand there where they are claimed.
    """
    reported = np.asarray(fit.bse, dtype=np.float64)
    exact = {"observed": exact_point(fit).bse, "rx": rx_errors(fit)}
    if fit.se_method == "cluster":
        exact["cluster"] = cluster_errors(fit)
    return {
        method: float(np.max(np.abs(relative_difference(reported, se))))
        for method, se in exact.items()
    }


def mislabelled(fit: FitResult) -> str | None:
    """Return whose standard errors a fit reports where they are another method's than it says."""
    errors = errors_by_method(fit)
    own = errors.get(fit.se_method, 0.0)
    for method, error in errors.items():
        if method != fit.se_method and error <= SAME_SE < own:
            return (
                f"{fit.engine}'s ({fit.settings}) standard errors are called {fit.se_method} but"
                f" are {method}: they equal those at its own estimates to {error:.1g} (relative),"
                f" and are off by {own:.2g} from the {fit.se_method} ones"
            )
    return None
