"""PoissonGLMMResults: what a fit gives, under statsmodels' names."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import scipy.stats

from harness.design import FloatArray
from harness.glmm.fitting import SINGULAR_TOLERANCE
from harness.glmm.laplace import conditional_information
from harness.glmm.optimise import inverse_information

if TYPE_CHECKING:
    from statsmodels.iolib.summary2 import Summary

    from harness.glmm.fitting import Maximum
    from harness.glmm.model import PoissonGLMM


class PoissonGLMMResults:
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
        self.psi = _with_positive_diagonal(model, optimum.x)
        self._inverse = inverse_information(optimum.hessian)
        scale = np.sqrt(np.maximum(np.diag(self._inverse), 0.0))
        self.gradient_norm = float(np.max(np.abs(optimum.gradient * scale)))

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
    def variance(self) -> float:
        """Variance parameter of the family: 1 / theta or the square of ``sigma_olre``; else 0."""
        return self.model.objective.layout.variance(self.psi)

    @property
    def exceeds_poisson(self) -> bool:
        """Whether the family's variance parameter is above zero; True where there is none."""
        return self.model.design.family == "poisson" or self.variance > SINGULAR_TOLERANCE**2

    @property
    def theta(self) -> float | None:
        """Size of ``nb2``, variance mu + mu^2 / theta; infinite where nothing exceeds Poisson."""
        if self.model.design.family != "nb2":
            return None
        return 1.0 / self.variance if self.exceeds_poisson else math.inf

    @property
    def sigma_olre(self) -> float | None:
        """Standard deviation of the observation-level effects of ``poisson-olre``."""
        if self.model.design.family != "poisson-olre":
            return None
        return math.sqrt(self.variance)

    @property
    def bse(self) -> pd.Series[float]:
        """Standard errors of ``params`` from the observed information."""
        return pd.Series(np.sqrt(np.diag(self.cov_params())), index=self.params.index)

    @property
    def tvalues(self) -> pd.Series[float]:
        """z statistics of ``params``."""
        return self.params / self.bse

    @property
    def pvalues(self) -> pd.Series[float]:
        """Two-sided p values of ``params`` from the normal distribution."""
        z = np.abs(self.tvalues.to_numpy())
        return pd.Series(2.0 * scipy.stats.norm.sf(z), index=self.params.index)

    def cov_params(self, se_method: Literal["observed", "rx"] = "observed") -> pd.DataFrame:
        """Covariance of ``params``, shape (p, p).

        Parameters
        ----------
        se_method : {"observed", "rx"}
            Inverse of the observed information of all parameters, or the inverse information
            conditional on the covariance parameters, as lme4's ``use.hessian=FALSE``.
        """
        p = len(self.params)
        if se_method == "rx":
            covariance = np.linalg.inv(conditional_information(self.model.objective, self.psi))
        else:
            covariance = self._inverse[:p, :p]
        return pd.DataFrame(covariance, index=self.params.index, columns=self.params.index)

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Wald intervals, columns ``lower`` and ``upper``."""
        half = float(scipy.stats.norm.ppf(1 - alpha / 2)) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    @cached_property
    def random_effects(self) -> pd.DataFrame:
        """Conditional modes of the random effects, shape (J, q), by group."""
        design = self.model.design
        b = self.model.objective.modes(self.psi)
        return pd.DataFrame(b, index=list(design.group_labels), columns=list(design.exog_re_names))

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return self.model.nobs

    @property
    def aic(self) -> float:
        """-2 llf + 2 k, k all free parameters."""
        return -2.0 * self.llf + 2.0 * self.model.design.n_params

    @property
    def bic(self) -> float:
        """-2 llf + k log n, n the number of rows, as lme4 and Stata have it."""
        return -2.0 * self.llf + float(np.log(self.nobs)) * self.model.design.n_params

    def summary(self, alpha: float = 0.05) -> Summary:
        """Return a table in statsmodels' style."""
        from statsmodels.iolib import summary2

        smry = summary2.Summary()
        smry.add_dict(
            {
                "Model:": "PoissonGLMM",
                "Method:": self.method
                + (f" ({self.n_quadrature})" if self.n_quadrature > 1 else ""),
                "No. Observations:": str(self.nobs),
                "No. Groups:": str(self.model.design.n_groups),
                "Log-Likelihood:": f"{self.llf:.4f}",
                "Converged:": f"{'yes' if self.converged else 'no'}"
                f"{' (singular)' if self.singular else ''}",
            }
        )
        bounds = self.conf_int(alpha)
        table = pd.DataFrame(
            {
                "Coef.": self.params,
                "Std.Err.": self.bse,
                "z": self.tvalues,
                "P>|z|": self.pvalues,
                f"[{alpha / 2:g}": bounds["lower"],
                f"{1 - alpha / 2:g}]": bounds["upper"],
            }
        )
        smry.add_df(table, float_format="%.5f")
        if len(self.cov_re):
            smry.add_df(self.cov_re.add_suffix(" Cov"), float_format="%.6f")
        smry.add_title("Poisson Mixed Model Results")
        return smry


def _with_positive_diagonal(model: PoissonGLMM, psi: FloatArray) -> FloatArray:
    """The same covariance with L_kk >= 0: the sign of a column of L is not identified."""
    layout = model.objective.layout
    beta, L = layout.split(psi)
    signs = np.where(np.diag(L) < 0, -1.0, 1.0)
    return layout.join(beta, L * signs, layout.variance(psi))
