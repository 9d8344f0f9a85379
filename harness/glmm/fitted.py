"""What the parts of ``PoissonGLMMResults`` share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from harness.design import FloatArray

if TYPE_CHECKING:
    from harness.glmm.model import PoissonGLMM


class Fitted:
    """A model at its estimates; the parts of the results are built on it.

    Attributes
    ----------
    psi : ndarray, shape (K,)
        beta, then the free entries of L, then the family's own parameters.
    _bread : ndarray, shape (K, K)
        Inverse observed information of psi, over the directions that carry information.
    """

    model: PoissonGLMM
    psi: FloatArray
    llf: float
    singular: bool
    _bread: FloatArray

    @cached_property
    def params(self) -> pd.Series[float]:
        """Fixed effects, length p."""
        beta, _ = self.model.objective.layout.split(self.psi)
        return pd.Series(beta, index=list(self.model.design.exog_names))

    @cached_property
    def cov_re(self) -> pd.DataFrame:
        """Covariance of the random effects, shape (q, q)."""
        _, L = self.model.objective.layout.split(self.psi)
        names = list(self.model.design.exog_re_names)
        return pd.DataFrame(L @ L.T, index=names, columns=names)

    @property
    def _extra(self) -> FloatArray:
        """The family's own parameters, at the end of psi."""
        layout = self.model.objective.layout
        return np.asarray(self.psi[layout.p + len(layout.row) :])

    @property
    def _beta(self) -> FloatArray:
        return self.model.objective.layout.split(self.psi)[0]

    @property
    def _G(self) -> FloatArray:
        _, L = self.model.objective.layout.split(self.psi)
        return L @ L.T
