"""What the parts of ``PoissonGLMMResults`` share."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from harness.design import WIDER, FloatArray
from harness.errors import ConfigError
from harness.glmm.boundary import SINGULAR_TOLERANCE
from harness.glmm.laplace import Objective

if TYPE_CHECKING:
    from harness.glmm.model import PoissonGLMM


@lru_cache(maxsize=128)
def index_of(names: tuple[str, ...]) -> pd.Index[str]:
    """Return the labels of some terms: making them takes longer than what they label."""
    return pd.Index(list(names))


class Fitted:
    """A model at its estimates; the parts of the results are built on it.

    Attributes
    ----------
    psi : ndarray, shape (K,)
        beta, the free entries of L, the root of the family's variance parameter.
    _bread : ndarray, shape (K, K)
        Inverse observed information of psi, over the directions that carry information.
    """

    model: PoissonGLMM
    psi: FloatArray
    llf: float
    singular: bool
    n_quadrature: int
    _bread: FloatArray

    @cached_property
    def params(self) -> pd.Series[float]:
        """Fixed effects, length p."""
        beta, _ = self.model.objective.layout.split(self.psi)
        return pd.Series(beta, index=index_of(self.model.design.exog_names))

    @cached_property
    def cov_re(self) -> pd.DataFrame:
        """Covariance of the random effects, shape (q, q)."""
        _, L = self.model.objective.layout.split(self.psi)
        names = index_of(self.model.design.exog_re_names)
        return pd.DataFrame(L @ L.T, index=names, columns=names)

    @cached_property
    def _objective(self) -> Objective:
        """The log-likelihood that was maximised, by quadrature or Laplace."""
        if self.n_quadrature == 1:
            return self.model.objective
        return Objective.of(self.model.design, self.n_quadrature)

    @property
    def variance(self) -> float:
        """Variance parameter of the family: 1 / theta or the square of ``sigma_olre``; else 0."""
        return self.model.objective.layout.variance(self.psi)

    @property
    def exceeds_poisson(self) -> bool:
        """Whether the family's variance parameter is above zero; True where there is none."""
        return self.model.design.family not in WIDER or self.variance > SINGULAR_TOLERANCE**2

    def _needs_likelihood(self, what: str) -> None:
        if self.model.design.response == "pseudo":
            raise ConfigError(
                f"{what} needs the likelihood of a distribution, which a pseudo-response has not:"
                " use cluster-robust standard errors (se_method='cluster')"
            )

    @property
    def _beta(self) -> FloatArray:
        return self.model.objective.layout.split(self.psi)[0]

    @property
    def _G(self) -> FloatArray:
        _, L = self.model.objective.layout.split(self.psi)
        return L @ L.T
