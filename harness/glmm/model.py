"""PoissonGLMM: the model class."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import Covariance, Design, Family, FloatArray
from harness.errors import ConfigError, DesignError
from harness.glmm.fitting import fit_laplace
from harness.glmm.kernel import Q
from harness.glmm.laplace import Objective
from harness.glmm.results import PoissonGLMMResults
from harness.glmm.separation import unbounded_terms


class PoissonGLMM:
    """Poisson mixed model with one grouping factor, by maximum likelihood.

    ``log mu = offset + log exposure + exog beta + exog_re b`` with ``b ~ N(0, cov_re)``
    independent between groups.

    Parameters
    ----------
    endog : array_like, shape (n,)
        Counts.
    exog : array_like or DataFrame, shape (n, p)
        Fixed effects; no intercept is added.
    groups : array_like, shape (n,)
        Group labels.
    exog_re : array_like or DataFrame, shape (n, q), optional
        Random effects; a random intercept by default.
    offset : array_like, shape (n,), optional
        Added to the linear predictor.
    exposure : array_like, shape (n,), optional
        Its logarithm is added to the linear predictor.
    family : {"poisson"}
    covariance : {"unstructured", "diagonal"}

    Raises
    ------
    DesignError
        For data that cannot be fitted; see ``harness.Design``.

    Examples
    --------
    >>> model = PoissonGLMM(y, X, groups=unit, exposure=population)  # doctest: +SKIP
    >>> print(model.fit().summary())  # doctest: +SKIP
    """

    def __init__(
        self,
        endog: npt.ArrayLike,
        exog: npt.ArrayLike,
        groups: npt.ArrayLike,
        exog_re: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        exposure: npt.ArrayLike | None = None,
        family: Family = "poisson",
        covariance: Covariance = "unstructured",
    ) -> None:
        self._use(
            Design(
                endog,
                exog,
                groups,
                exog_re=exog_re,
                offset=_with_exposure(offset, exposure),
                family=family,
                covariance=covariance,
            )
        )
        # Designs are sorted by group; fitted values go back in the order of the caller's rows.
        codes, _ = pd.factorize(np.asarray(groups), sort=True)
        self.row_order = np.argsort(codes, kind="stable")

    @classmethod
    def from_design(cls, design: Design) -> PoissonGLMM:
        """Return the model of a design."""
        model = cls.__new__(cls)
        model._use(design)
        return model

    def _use(self, design: Design) -> None:
        if design.family != "poisson":
            raise ConfigError(f"PoissonGLMM does not have family {design.family!r}: use 'poisson'")
        if design.exog_re.shape[1] > Q:
            raise DesignError(
                f"{design.exog_re.shape[1]} random effects per group: PoissonGLMM takes {Q} at most"
            )
        self.design = design
        self.objective = Objective.of(design)
        self.row_order = np.arange(design.nobs)

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return self.design.nobs

    def loglike(self, params: npt.ArrayLike, cov_re: npt.ArrayLike) -> float:
        """Laplace log-likelihood, all constants included.

        Parameters
        ----------
        params : array_like, shape (p,)
        cov_re : array_like, shape (q, q)
            Covariance of the random effects; may be singular.
        """
        return self.objective.value(self.psi(params, cov_re))

    def psi(self, params: npt.ArrayLike, cov_re: npt.ArrayLike) -> FloatArray:
        """Fixed effects and the free entries of the lower Cholesky factor as one vector."""
        beta = np.asarray(params, dtype=np.float64)
        G = np.asarray(cov_re, dtype=np.float64)
        return self.objective.layout.join(beta, _semidefinite_cholesky(G))

    def score(self, params: npt.ArrayLike, cov_re: npt.ArrayLike) -> FloatArray:
        """Exact gradient of the log-likelihood in ``psi``, shape (k,)."""
        return np.asarray(self.objective.gradient(self.psi(params, cov_re)))

    def hessian(self, params: npt.ArrayLike, cov_re: npt.ArrayLike) -> FloatArray:
        """Exact Hessian of the log-likelihood in ``psi``, shape (k, k)."""
        return self.objective.hessian(self.psi(params, cov_re))

    def fit(self, method: Literal["laplace"] = "laplace") -> PoissonGLMMResults:
        """Maximise the marginal likelihood.

        Parameters
        ----------
        method : {"laplace"}
            How the integral over the random effects is approximated.

        Raises
        ------
        DesignError
            If a term has no finite estimate, or no start leads to a finite log-likelihood.
        """
        if method != "laplace":
            raise ConfigError(f"method {method!r} is not known: use 'laplace'")
        endless = unbounded_terms(self.design)
        if endless:
            raise DesignError(
                f"no finite estimate exists for {', '.join(endless)}: too many counts are zero"
                " there; use longer periods, more units or fewer terms"
            )
        try:
            return PoissonGLMMResults(self, fit_laplace(self.design))
        except (FloatingPointError, np.linalg.LinAlgError) as error:
            raise DesignError(f"the model cannot be fitted: {error}") from None


def _with_exposure(
    offset: npt.ArrayLike | None, exposure: npt.ArrayLike | None
) -> npt.ArrayLike | None:
    if exposure is None:
        return offset
    sizes = np.asarray(exposure, dtype=np.float64)
    bad = np.flatnonzero(~(sizes > 0))
    if bad.size:
        raise DesignError(f"exposure row {int(bad[0])} is {sizes[bad[0]]:g}: it must be above zero")
    return np.log(sizes) + (0.0 if offset is None else np.asarray(offset, dtype=np.float64))


def _semidefinite_cholesky(G: FloatArray) -> FloatArray:
    """Lower factor of a positive semidefinite matrix, zero columns where it is singular."""
    values, vectors = np.linalg.eigh(G)
    if G.size and values[0] < -1e-8 * max(values[-1], 1e-300):
        raise DesignError("cov_re is not positive semidefinite")
    half = vectors * np.sqrt(np.maximum(values, 0.0))
    upper: FloatArray = np.linalg.qr(half.T).R
    signs = np.where(np.diag(upper) < 0, -1.0, 1.0)
    return np.asarray((upper * signs[:, None]).T)
