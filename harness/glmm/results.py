"""PoissonGLMMResults: what a fit gives, under statsmodels' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.stats

from harness.design import FloatArray
from harness.glmm.collinearity import NEAR, nearest_combination
from harness.glmm.likelihood_inference import LikelihoodInference
from harness.glmm.optimise import inverse_information
from harness.glmm.prediction_methods import Prediction
from harness.glmm.summary import summary
from harness.glmm.wald import WaldInference

if TYPE_CHECKING:
    from statsmodels.iolib.summary2 import Summary

    from harness.glmm.fitting import Maximum
    from harness.glmm.model import PoissonGLMM


class PoissonGLMMResults(WaldInference, LikelihoodInference, Prediction):
    """Results of ``PoissonGLMM.fit``.

    Attributes
    ----------
    model : PoissonGLMM
    llf : float
        Log-likelihood, all constants included.
    converged : bool
        Newton decrement at most 1e-8 at a maximum; on the boundary also the conditions of the
        cone of covariance matrices.
    singular : bool
        Whether ``cov_re`` is singular; an answer, not an error.
    method : {"laplace", "agq"}
    n_quadrature : int
        Points per random effect; 1 is the Laplace approximation.
    decrement : float
        Newton decrement.
    gradient_norm : float
        Largest entry of the gradient, in log-likelihood units per standard error.
    collinearity : float
        Smallest eigenvalue of the scaled information on ``params``; its inverse is about the
        condition number.
    nearly_collinear : tuple of str
        Terms whose columns are so alike that standard errors lose digits; mostly empty.
    """

    def __init__(
        self, model: PoissonGLMM, maximum: Maximum, method: str = "laplace", n_quadrature: int = 1
    ) -> None:
        optimum = maximum.optimum
        self.model = model
        self.method = method
        self.n_quadrature = n_quadrature
        self.maximum = maximum
        self.llf = optimum.value
        self.converged = maximum.converged
        self.singular = maximum.singular
        self.decrement = optimum.decrement
        signs = _column_signs(model, optimum.x)
        self.psi = optimum.x * signs
        self._bread = inverse_information(optimum.hessian) * np.outer(signs, signs)
        p = model.objective.layout.p
        self.collinearity, alike = nearest_combination(-optimum.hessian[:p, :p])
        near = alike if self.collinearity < NEAR else []
        self.nearly_collinear = tuple(model.design.exog_names[k] for k in near)
        scale = np.sqrt(np.maximum(np.diag(self._bread), 0.0))
        self.gradient_norm = float(np.max(np.abs(optimum.gradient * scale)))

    @property
    def theta(self) -> float | None:
        """Size of ``nb2``, variance mu + mu^2 / theta; infinite where nothing exceeds Poisson."""
        if self.model.design.family != "nb2":
            return None
        return float(self.family_param["estimate"][".theta"])

    @property
    def sigma_olre(self) -> float | None:
        """Standard deviation of the observation-level effects of ``poisson-olre``."""
        if self.model.design.family != "poisson-olre":
            return None
        return float(self.family_param["estimate"][".sigma_olre"])

    @property
    def bse(self) -> pd.Series[float]:
        """Standard errors of ``params`` from the observed information."""
        p = self.model.objective.layout.p
        return pd.Series(np.sqrt(np.diag(self._bread)[:p]), index=self.params.index)

    @property
    def tvalues(self) -> pd.Series[float]:
        """z statistics of ``params``."""
        return self.params / self.bse

    @property
    def pvalues(self) -> pd.Series[float]:
        """Two-sided p values of ``params`` from the normal distribution."""
        z = np.abs(self.tvalues.to_numpy())
        return pd.Series(2.0 * scipy.stats.norm.sf(z), index=self.params.index)

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return self.model.nobs

    @property
    def aic(self) -> float:
        """-2 llf + 2 k, k all free parameters; NaN for a pseudo-response.

        Its ``llf`` is that of no distribution, and depends on the unit of the response.
        """
        if self.model.design.response == "pseudo":
            return float("nan")
        return -2.0 * self.llf + 2.0 * self.model.design.n_params

    @property
    def bic(self) -> float:
        """-2 llf + k log n, n the number of rows, as lme4 and Stata have it; NaN as ``aic``."""
        if self.model.design.response == "pseudo":
            return float("nan")
        return -2.0 * self.llf + float(np.log(self.nobs)) * self.model.design.n_params

    def summary(self, alpha: float = 0.05) -> Summary:
        """Return a table in statsmodels' style."""
        return summary(self, alpha)


def _column_signs(model: PoissonGLMM, psi: FloatArray) -> FloatArray:
    """Signs that make every L_kk and kappa >= 0, shape (K,): they are not identified."""
    layout = model.objective.layout
    _, L = layout.split(psi)
    negative = np.diag(L) < 0
    signs = np.ones(len(psi))
    theta = slice(layout.p, layout.size - layout.extra)
    signs[theta] = np.where(negative[layout.column if layout.tie is None else [0]], -1.0, 1.0)
    if layout.extra:
        signs[-1] = -1.0 if psi[-1] < 0 else 1.0
    return signs
