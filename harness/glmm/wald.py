"""Covariance of the estimates, contrasts and rate ratios, as methods of the results."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.stats

from harness.design import FloatArray
from harness.errors import ConfigError
from harness.glmm.contrasts import parsed, tester
from harness.glmm.fitted import Fitted
from harness.glmm.laplace import conditional_information
from harness.glmm.rates import delta_method, exponentiated
from harness.glmm.sandwich import Correction, Sandwich, sandwich, satterthwaite
from harness.glmm.scores import group_informations

SeMethod = Literal["observed", "rx", "cluster"]
ClusterDf = Literal["groups", "satterthwaite"]
# Step along parameters that have no standard error (the rotation of a singular covariance).
FLAT_STEP = 1e-3


class WaldInference(Fitted):
    """Tests and intervals from the estimates and their covariance."""

    @cached_property
    def _group_informations(self) -> FloatArray:
        se = np.sqrt(np.maximum(np.diag(self._bread), 0.0))
        step: FloatArray = np.where(se > 0, se, FLAT_STEP)
        return group_informations(self._objective.scores, self.psi, step)

    def _sandwich(self, correction: Correction, with_information: bool = False) -> Sandwich:
        if correction in ("CR0", "CR1") and not with_information:
            # No leverage is needed, and K scores a group are saved.
            K = len(self.psi)
            groups = np.zeros((self.model.design.n_groups, K, K))
        else:
            groups = self._group_informations
        scores = self._objective.scores(self.psi)
        return sandwich(scores, groups, self._bread, correction)

    def cluster_df(
        self, R: Any = None, correction: Correction = "CR2", df: ClusterDf = "groups"
    ) -> FloatArray:
        """Degrees of freedom of cluster-robust tests of contrasts, shape (m,).

        Parameters
        ----------
        R : array_like or str, optional
            Contrasts as in ``t_test``; every fixed effect by default.
        df : {"groups", "satterthwaite"}
            J - 1, the default everywhere because with CR2 it covers nearest to the nominal level
            (``benchmarks/cluster_coverage.py``); or those that the spread of information over the
            groups leaves, safer where few groups hold most of it.

        Raises
        ------
        ConfigError
            For another ``df``.
        """
        p = len(self.params)
        rows, _ = parsed(self.params.index.to_list(), np.eye(p) if R is None else R)
        if df == "groups":
            return np.full(len(rows), self.model.design.n_groups - 1.0)
        if df != "satterthwaite":
            raise ConfigError(f"df {df!r} is not known: use 'groups' or 'satterthwaite'")
        parts = self._sandwich(correction, with_information=True)
        padded = np.hstack([rows, np.zeros((len(rows), len(self.psi) - p))])
        return np.array([satterthwaite(parts, row) for row in padded])

    def cov_params(
        self, se_method: SeMethod = "observed", correction: Correction = "CR2"
    ) -> pd.DataFrame:
        """Covariance of ``params``, shape (p, p).

        Parameters
        ----------
        se_method : {"observed", "rx", "cluster"}
            Inverse of the observed information of all parameters; the inverse information
            conditional on the covariance parameters, as lme4's ``use.hessian=FALSE``; or the
            cluster-robust sandwich, right whatever the dispersion within a group.
        correction : {"CR0", "CR1", "CR2", "CR3"}
            Of the sandwich, for few groups; see ``harness.glmm.sandwich``.

        Raises
        ------
        ConfigError
            For another method or correction.
        """
        p, names = len(self.params), self.params.index
        covariance: FloatArray
        if se_method == "observed":
            covariance = self._bread[:p, :p]
        elif se_method == "rx":
            information = conditional_information(self.model.objective, self.psi)
            covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
        elif se_method == "cluster":
            covariance = self._sandwich(correction).covariance[:p, :p]
        else:
            raise ConfigError(
                f"se_method {se_method!r} is not known: use 'observed', 'rx' or 'cluster'"
            )
        return pd.DataFrame(covariance, index=names, columns=names)

    def conf_int(
        self,
        alpha: float = 0.05,
        se_method: SeMethod = "observed",
        correction: Correction = "CR2",
    ) -> pd.DataFrame:
        """Wald intervals, columns ``lower`` and ``upper``.

        With normal quantiles; for ``cluster`` those of t with J - 1 degrees of freedom.
        """
        _, bounds = self._wald(alpha, se_method, correction)
        return pd.DataFrame(bounds, index=self.params.index, columns=["lower", "upper"])

    def t_test(
        self,
        R: Any,
        q: Any = None,
        se_method: SeMethod = "observed",
        correction: Correction = "CR2",
        df: ClusterDf = "groups",
    ) -> Any:
        """Test each of some linear contrasts by itself, as statsmodels' ``t_test``.

        Parameters
        ----------
        R : array_like, shape (m, p) or (p,), or str
            Rows of coefficients, or text: ``"step0 = step1"``, ``"pre = 0, post = 0"``.
        q : array_like, shape (m,), optional
            Values under the hypothesis; zero, or those of the text, by default.
        se_method : {"observed", "rx", "cluster"}
            z from the information; t for ``cluster``.
        correction : {"CR0", "CR1", "CR2", "CR3"}
        df : {"groups", "satterthwaite"}
            Degrees of freedom of t, see ``cluster_df``.

        Returns
        -------
        statsmodels.stats.contrast.ContrastResults
            ``effect``, ``sd``, ``statistic``, ``pvalue``, ``conf_int()``, ``summary()``.

        Raises
        ------
        ConfigError
            If the contrast cannot be read or does not fit the terms.
        """
        contrast = parsed(self.params.index.to_list(), R, q)
        freedom = self.cluster_df(contrast[0], correction, df) if se_method == "cluster" else None
        return self._tester(se_method, correction, freedom).t_test(contrast)

    def wald_test(
        self,
        R: Any,
        q: Any = None,
        se_method: SeMethod = "observed",
        correction: Correction = "CR2",
    ) -> Any:
        """Test some linear contrasts together, as statsmodels' ``wald_test``.

        Parameters
        ----------
        R, q, se_method, correction
            As in ``t_test``. chi2 with as many degrees of freedom as contrasts; for ``cluster`` F
            with J - 1 in the denominator.

        Raises
        ------
        ConfigError
            If the contrasts cannot be read, do not fit the terms, or repeat each other.
        """
        contrast = parsed(self.params.index.to_list(), R, q)
        if np.linalg.matrix_rank(contrast[0]) < len(contrast[0]):
            raise ConfigError("the contrasts repeat each other: drop those that follow from others")
        df = np.array(self.model.design.n_groups - 1.0) if se_method == "cluster" else None
        return self._tester(se_method, correction, df).wald_test(contrast, scalar=True)

    def _tester(self, se_method: SeMethod, correction: Correction, df: FloatArray | None) -> Any:
        return tester(self.params, self.cov_params(se_method, correction).to_numpy(), df)

    def _wald(
        self, alpha: float, se_method: SeMethod, correction: Correction
    ) -> tuple[FloatArray, FloatArray]:
        """Standard errors, shape (p,), and limits, shape (p, 2)."""
        bse = np.sqrt(np.diag(self.cov_params(se_method, correction)))
        # t with infinite degrees of freedom is the normal distribution.
        df = self.model.design.n_groups - 1 if se_method == "cluster" else np.inf
        half = np.asarray(scipy.stats.t.ppf(1 - alpha / 2, df) * bse, dtype=np.float64)
        estimates = self._beta
        return bse, np.column_stack([estimates - half, estimates + half])

    def rate_ratios(
        self,
        alpha: float = 0.05,
        se_method: SeMethod = "observed",
        correction: Correction = "CR2",
    ) -> pd.DataFrame:
        """exp(b) with its delta-method standard error.

        The limits are those of the Wald interval of b, exponentiated: not symmetric, never below
        zero.
        """
        bse, bounds = self._wald(alpha, se_method, correction)
        return exponentiated(self.params, bse, bounds)

    def percent_change(
        self,
        alpha: float = 0.05,
        se_method: SeMethod = "observed",
        correction: Correction = "CR2",
    ) -> pd.DataFrame:
        """100 (exp(b) - 1), standard error and limits as in ``rate_ratios``."""
        bse, bounds = self._wald(alpha, se_method, correction)
        return exponentiated(self.params, bse, bounds, kind="percent")

    def delta_method(
        self,
        function: Callable[[FloatArray], npt.ArrayLike],
        gradient: Callable[[FloatArray], npt.ArrayLike] | None = None,
        alpha: float = 0.05,
        se_method: SeMethod = "observed",
        correction: Correction = "CR2",
    ) -> pd.DataFrame:
        """A smooth function of ``params``: columns ``estimate``, ``se``, ``lower``, ``upper``.

        Limits are symmetric, with normal quantiles; for ``cluster`` those of t(J - 1).

        Parameters
        ----------
        function : callable
            From (p,) to a number or (m,).
        gradient : callable, optional
            Its Jacobian; by ``scipy.differentiate`` otherwise.

        Raises
        ------
        ConfigError
            If the function or its gradient is not finite at the estimates.
        """
        covariance = self.cov_params(se_method, correction).to_numpy()
        value, spread = delta_method(function, self._beta, covariance, gradient)
        se = np.sqrt(np.diag(spread))
        df = self.model.design.n_groups - 1 if se_method == "cluster" else np.inf
        half = scipy.stats.t.ppf(1 - alpha / 2, df) * se
        return pd.DataFrame(
            {"estimate": value, "se": se, "lower": value - half, "upper": value + half}
        )
