"""The Laplace fit of one design, by the shortest road."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.design import Design, FloatArray
from harness.errors import FitFailure
from harness.glmm.batch import fit_batch
from harness.glmm.fitting import fit_quadrature
from harness.glmm.optimise import inverse_information
from harness.glmm.separation import unbounded_terms


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """Estimates and standard errors by term, shapes (p,)."""

    names: tuple[str, ...]
    params: FloatArray
    bse: FloatArray

    def of(self, term: str) -> tuple[float, float]:
        """Return estimate and standard error of a term."""
        at = self.names.index(term)
        return float(self.params[at]), float(self.bse[at])


def refit(design: Design) -> Refit:
    """Return the Laplace fit of a design.

    Raises
    ------
    FitFailure
        If there is no finite maximum, or none was found.
    """
    if design.response == "count":
        found = fit_batch(design, design.endog[None, :], threads=1)
        if found.failed[0]:
            raise FitFailure("the model could not be fitted")
        return Refit(design.exog_names, found.params[0], found.bse[0])
    try:
        maximum = fit_quadrature(design, 1)
    except (FloatingPointError, np.linalg.LinAlgError) as error:
        raise FitFailure(f"the model could not be fitted ({error})") from None
    if not maximum.converged or unbounded_terms(design):
        raise FitFailure("the model could not be fitted")
    p = len(design.exog_names)
    bse = np.sqrt(np.diag(inverse_information(maximum.optimum.hessian))[:p])
    return Refit(design.exog_names, maximum.optimum.x[:p], bse)
