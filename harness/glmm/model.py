"""PoissonGLMM: the model class."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import Covariance, Design, Family, FloatArray, Response
from harness.errors import ConfigError, DesignError
from harness.glmm.collinearity import TOO_NEAR
from harness.glmm.fitting import fit_quadrature
from harness.glmm.laplace import Objective
from harness.glmm.parameters import semidefinite_cholesky
from harness.glmm.results import PoissonGLMMResults
from harness.glmm.separation import unbounded_terms

Method = Literal["laplace", "agq"]


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
    family : {"poisson", "nb2", "poisson-olre", "binomial"}
        Counts that are Poisson given the random effects; negative binomial with variance
        mu + mu^2 / theta; Poisson with a normal effect on every observation besides; or, with
        ``trials`` and the logit for the logarithm, binomial.
    covariance : {"unstructured", "diagonal", "scalar"}
        Of the random effects of a group.
    response : {"count", "pseudo"}
        ``"pseudo"`` admits amounts and rates that are not whole numbers (Poisson
        pseudo-likelihood): estimates then depend on the unit of ``endog``, and no standard error
        but a cluster-robust one means anything.
    trials : array_like, shape (n,), optional
        Denominators, of ``binomial`` only.

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
        response: Response = "count",
        trials: npt.ArrayLike | None = None,
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
                response=response,
                trials=trials,
            )
        )
        self._groups = np.asarray(groups)

    @classmethod
    def from_design(cls, design: Design) -> PoissonGLMM:
        """Return the model of a design."""
        model = cls.__new__(cls)
        model._use(design)
        return model

    def _use(self, design: Design) -> None:
        self.design = design
        self.objective = Objective.of(design)
        self._groups = design.groups

    @cached_property
    def row_order(self) -> npt.NDArray[np.intp]:
        """Place among the caller's rows of each row of the design, which is sorted by group."""
        codes, _ = pd.factorize(self._groups, sort=True)
        return np.argsort(codes, kind="stable")

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return self.design.nobs

    def loglike(self, params: npt.ArrayLike, cov_re: npt.ArrayLike, variance: float = 0.0) -> float:
        """Laplace log-likelihood, all constants included.

        Parameters
        ----------
        params : array_like, shape (p,)
        cov_re : array_like, shape (q, q)
            Covariance of the random effects; may be singular.
        variance : float
            Of the family: 1 / theta of ``nb2``, the observation-level variance of
            ``poisson-olre``.
        """
        return self.objective.value(self.psi(params, cov_re, variance))

    def psi(
        self, params: npt.ArrayLike, cov_re: npt.ArrayLike, variance: float = 0.0
    ) -> FloatArray:
        """All free parameters as one vector; see ``harness.glmm.parameters.Layout``."""
        beta = np.asarray(params, dtype=np.float64)
        G = np.asarray(cov_re, dtype=np.float64)
        return self.objective.layout.join(beta, semidefinite_cholesky(G), variance)

    def score(
        self, params: npt.ArrayLike, cov_re: npt.ArrayLike, variance: float = 0.0
    ) -> FloatArray:
        """Exact gradient of the log-likelihood in ``psi``, shape (k,)."""
        return self.objective.gradient(self.psi(params, cov_re, variance))

    def hessian(
        self, params: npt.ArrayLike, cov_re: npt.ArrayLike, variance: float = 0.0
    ) -> FloatArray:
        """Exact Hessian of the log-likelihood in ``psi``, shape (k, k)."""
        return self.objective.hessian(self.psi(params, cov_re, variance))

    def fit(self, method: Method = "laplace", n_quadrature: int = 7) -> PoissonGLMMResults:
        """Maximise the marginal likelihood.

        Parameters
        ----------
        method : {"laplace", "agq"}
            How the integral over the random effects is approximated: by Laplace's method or by
            adaptive Gauss-Hermite quadrature.
        n_quadrature : int
            Points of the quadrature per random effect, an odd number; as many to the power of q
            for a group.

        Raises
        ------
        ConfigError
            For an unknown method, an even number of points, or a family without quadrature.
        DesignError
            If a term has no finite estimate, columns can hardly be told apart, or no start leads
            to a finite log-likelihood.
        """
        if method not in get_args(Method):
            raise ConfigError(f"method {method!r} is not known: use 'laplace' or 'agq'")
        endless = unbounded_terms(self.design)
        if endless:
            raise DesignError(
                f"no finite estimate exists for {', '.join(endless)}: too many counts are zero"
                " there; use longer periods, more units or fewer terms"
            )
        points = n_quadrature if method == "agq" else 1
        try:
            maximum = fit_quadrature(self.design, points, self.objective)
        except (FloatingPointError, np.linalg.LinAlgError) as error:
            raise DesignError(f"the model cannot be fitted: {error}") from None
        results = PoissonGLMMResults(self, maximum, method, points)
        if results.collinearity < TOO_NEAR:
            several = self.design.exog_re.shape[1] > 1
            mend = "centre them, or take fewer random effects" if several else "or centre them"
            raise DesignError(
                f"columns {', '.join(results.nearly_collinear)} of exog can hardly be told apart"
                f" where the counts are (condition number {1.0 / results.collinearity:.0e}): drop"
                f" one, {mend}"
            )
        return results


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
