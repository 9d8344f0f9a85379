"""FitResult: one engine's answer, in the same words for every engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.stats

from harness.certificate import Certificate
from harness.design import Design, FloatArray

Estimator = Literal["maximum likelihood", "maximum a posteriori", "variational Bayes"]
MessageKind = Literal[
    "singular", "gradient", "hessian", "scale", "optimiser", "failure", "conversion", "other"
]


@dataclass(frozen=True, slots=True)
class Message:
    """A warning or message of an engine, word for word, and the class it was sorted into."""

    kind: MessageKind
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class VarianceComponents:
    """Covariance of the random effects, shape (q, q), terms in the order of ``exog_re``."""

    cov_re: FloatArray
    names: tuple[str, ...]

    @property
    def sd_re(self) -> FloatArray:
        """Standard deviations, shape (q,)."""
        return np.sqrt(np.maximum(np.diag(self.cov_re), 0.0))

    @property
    def corr_re(self) -> FloatArray | None:
        """Correlations, shape (q, q); None where q < 2 or a standard deviation is zero."""
        sd = self.sd_re
        if len(sd) < 2 or not np.all(sd > 0) or not np.all(np.isfinite(sd)):
            return None
        return np.asarray(self.cov_re / np.outer(sd, sd))


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class FitResult:
    """One engine's answer to one design.

    Attributes
    ----------
    engine, engine_version, language, method, settings, se_method : str
        Who answered, and how it was asked.
    estimator : str
        What the engine maximises; only fits of the same estimator and method are like for like.
    design : Design
        What was fitted.
    params, bse : Series, length p
        Estimates and standard errors by term (log rate ratios); NaN where the fit failed.
    covariance : ndarray, shape (p, p)
        Covariance of ``params``; read it by ``cov_params()``.
    variance : VarianceComponents
    llf : float
        Log-likelihood with all constants; NaN for estimators that have none.
    random_effects : DataFrame, shape (J, q)
        Conditional modes (posterior means for variational Bayes), indexed by unit.
    dispersion : float
        Sum of squared Pearson residuals at the conditional modes over n minus all parameters.
    theta : float or None
        Negative-binomial size, variance mu + mu^2 / theta; infinite where nothing exceeds Poisson.
    sigma_olre : float or None
        Standard deviation of the observation-level effects of ``poisson-olre``.
    failure : str or None
        Why there is no answer; every number is NaN then.
    df : Series or None
        Degrees of freedom by term of the t distribution that tests and intervals refer to; None
        where that is the normal distribution.
    bse_printed : Series or None
        What the engine itself prints where ``bse`` is recomputed from sharper derivatives.
    certificate : Certificate or None
        Proof of how far the fit lies from its own optimum; ``harness.fit`` adds it.
    certificate_reason : str or None
        Why there is no certificate, or why the fit is not certified.
    seconds : float
    reproduce : str
        Lines that redo the fit by hand: in R on a data frame ``d`` with columns ``y``, ``o``
        (offset), ``unit``, the terms and ``n`` (trials of ``binomial``); in Python on ``y``, ``X``,
        ``Z``, ``groups``, ``offset`` and ``trials``.
    """

    engine: str
    engine_version: str
    language: Literal["R", "Python"]
    method: str
    estimator: Estimator
    settings: str
    se_method: str
    design: Design
    params: pd.Series[float]
    bse: pd.Series[float]
    covariance: FloatArray
    variance: VarianceComponents
    llf: float
    converged: bool
    singular: bool
    messages: tuple[Message, ...]
    random_effects: pd.DataFrame
    dispersion: float
    seconds: float
    reproduce: str
    theta: float | None = None
    sigma_olre: float | None = None
    n_quadrature: int | None = None
    df: pd.Series[float] | None = None
    bse_printed: pd.Series[float] | None = None
    failure: str | None = None
    certificate: Certificate | None = None
    certificate_reason: str | None = "not asked for"
    details: Mapping[str, Any] = field(default_factory=dict)

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the estimates, shape (p, p), labelled by term."""
        names = list(self.params.index)
        return pd.DataFrame(self.covariance, index=names, columns=names)

    @property
    def cov_re(self) -> FloatArray:
        """Covariance of the random effects, shape (q, q)."""
        return self.variance.cov_re

    @property
    def sd_re(self) -> FloatArray:
        """Standard deviations of the random effects, shape (q,)."""
        return self.variance.sd_re

    @property
    def corr_re(self) -> FloatArray | None:
        """Correlations of the random effects, shape (q, q), or None."""
        return self.variance.corr_re

    @property
    def variance_parameter(self) -> float:
        """Of the family: 1 / theta of ``nb2``, the variance of ``poisson-olre``; else 0."""
        return (self.sigma_olre or 0.0) ** 2 if self.theta is None else 1.0 / self.theta

    @property
    def family(self) -> str:
        """Family of the design."""
        return self.design.family

    @property
    def nobs(self) -> int:
        """Rows fitted."""
        return self.design.nobs

    @property
    def n_groups(self) -> int:
        """Units fitted."""
        return self.design.n_groups

    @property
    def aic(self) -> float:
        """Akaike information criterion, -2 llf + 2 k with k counting covariance parameters.

        NaN for a pseudo-response, whose ``llf`` is that of no distribution.
        """
        if self.design.response == "pseudo":
            return float("nan")
        return -2.0 * self.llf + 2.0 * self.design.n_params

    @property
    def bic(self) -> float:
        """Bayesian information criterion with n the number of rows, as lme4 and Stata have it.

        NaN for a pseudo-response.
        """
        if self.design.response == "pseudo":
            return float("nan")
        return -2.0 * self.llf + float(np.log(self.nobs)) * self.design.n_params

    def critical_values(self, alpha: float = 0.05) -> FloatArray:
        """Quantiles of two-sided tests by term, shape (p,): of t(df) where there is a ``df``."""
        if self.df is None:
            return np.full(len(self.params), float(scipy.stats.norm.ppf(1 - alpha / 2)))
        return np.asarray(scipy.stats.t.ppf(1 - alpha / 2, self.df), dtype=np.float64)

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Wald intervals on the log scale, columns ``lower`` and ``upper``."""
        half = self.critical_values(alpha) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    @classmethod
    def failed(cls, reason: str, *, design: Design, **identity: Any) -> FitResult:
        """Return a fit without an answer: every number NaN, ``failure`` says why."""
        p, q = design.exog.shape[1], design.exog_re.shape[1]
        nothing = pd.Series(np.full(p, np.nan), index=list(design.exog_names))
        return cls(
            design=design,
            params=nothing,
            bse=nothing.copy(),
            covariance=np.full((p, p), np.nan),
            variance=VarianceComponents(np.full((q, q), np.nan), design.exog_re_names),
            llf=float("nan"),
            converged=False,
            singular=False,
            messages=(Message("failure", reason),),
            random_effects=pd.DataFrame(columns=list(design.exog_re_names), dtype=float),
            dispersion=float("nan"),
            failure=reason,
            certificate_reason="the fit failed",
            **identity,
        )
