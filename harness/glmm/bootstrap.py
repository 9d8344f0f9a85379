"""Parametric bootstrap: draw from the fit, refit, look at the spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import Design, FloatArray
from harness.errors import ConfigError, FitFailure
from harness.glmm.batch import fit_batch
from harness.glmm.coordinates import components, domain_of
from harness.glmm.drawing import draw_replicates

Kind = Literal["percentile", "basic"]


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Refits of counts drawn from one fit.

    Attributes
    ----------
    estimates : Series, length m
        Of the fit: fixed effects by term, then standard deviations and correlations of the random
        effects under lme4's names (``.sig01``, ...).
    draws : DataFrame, shape (replicates, m)
        The same of each replicate; NaN where it failed, and for a correlation where a standard
        deviation is zero.
    domains : ndarray, shape (m, 2)
        Possible values.
    bse : DataFrame, shape (replicates, p)
        Standard errors that each replicate reports for itself.
    singular, failed : ndarray of bool, shape (replicates,)
        A failed replicate is counted and never drawn again.
    seed : int
    """

    estimates: pd.Series[float]
    draws: pd.DataFrame
    domains: FloatArray
    bse: pd.DataFrame
    singular: npt.NDArray[np.bool_]
    failed: npt.NDArray[np.bool_]
    seed: int

    @property
    def replicates(self) -> int:
        """Replicates drawn."""
        return len(self.failed)

    @property
    def failures(self) -> int:
        """Replicates that could not be fitted."""
        return int(self.failed.sum())

    @property
    def se(self) -> pd.Series[float]:
        """Standard deviation over the replicates fitted, by quantity."""
        return self.draws.std(ddof=1)

    @property
    def bias(self) -> pd.Series[float]:
        """Mean over the replicates fitted minus the estimate, by quantity."""
        return self.draws.mean() - self.estimates

    def conf_int(self, alpha: float = 0.05, kind: Kind = "percentile") -> pd.DataFrame:
        """Bootstrap intervals, columns ``lower`` and ``upper`` (Davison and Hinkley 1997, ch. 5).

        Parameters
        ----------
        kind : {"percentile", "basic"}
            Quantiles of the draws, or these reflected at the estimate and cut to possible values.

        Raises
        ------
        ConfigError
            For another kind.
        """
        tails = self.draws.quantile([alpha / 2, 1 - alpha / 2]).to_numpy()
        if kind == "basic":
            tails = 2.0 * self.estimates.to_numpy() - tails[::-1]
        elif kind != "percentile":
            raise ConfigError(f"kind {kind!r} is not known: use 'percentile' or 'basic'")
        limits = np.clip(tails.T, self.domains[:, [0]], self.domains[:, [1]])
        return pd.DataFrame(limits, index=self.draws.columns, columns=["lower", "upper"])


def quantities(params: FloatArray, cov_re: FloatArray, covariance: str) -> FloatArray:
    """Fixed effects, then standard deviations and correlations, shape (r, m).

    Parameters
    ----------
    params : ndarray, shape (r, p)
    cov_re : ndarray, shape (r, q, q)
    """
    sd = np.sqrt(np.maximum(np.diagonal(cov_re, axis1=1, axis2=2), 0.0))
    columns = []
    for _, k, m in components(cov_re.shape[1], covariance):
        if k == m:
            columns.append(sd[:, k])
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            columns.append(cov_re[:, k, m] / (sd[:, k] * sd[:, m]))
    return np.column_stack([params, *columns])


def bootstrap(
    design: Design,
    params: FloatArray,
    cov_re: FloatArray,
    replicates: int,
    seed: int,
    threads: int | None = None,
    variance: float = 0.0,
    n_quadrature: int = 1,
) -> Bootstrap:
    """Draw counts from the model at ``params`` and ``cov_re`` and refit each replicate.

    Parameters
    ----------
    params : ndarray, shape (p,)
    cov_re : ndarray, shape (q, q)
    replicates, seed : int
        Replicate k has the k-th stream spawned from ``seed``.
    threads : int, optional
        All cores by default; the results do not depend on it.
    variance : float
        Of the family.
    n_quadrature : int
        Points per random effect of the refits; 1 is the Laplace approximation.

    Raises
    ------
    FitFailure
        If no replicate can be fitted.
    """
    counts = draw_replicates(design, params, cov_re, replicates, seed, variance)
    batch = fit_batch(design, counts, threads, n_quadrature)
    if batch.failed.all():
        raise FitFailure(f"none of {replicates} bootstrap replicates could be fitted")
    parts = components(len(cov_re), design.covariance)
    names = [*design.exog_names, *(part.name for part in parts)]
    values = quantities(batch.params, batch.cov_re, design.covariance)
    values[batch.failed] = np.nan
    free = [(-np.inf, np.inf)] * len(params)
    estimates = quantities(params[None, :], cov_re[None, :, :], design.covariance)[0]
    return Bootstrap(
        estimates=pd.Series(estimates, index=names),
        draws=pd.DataFrame(values, columns=names),
        domains=np.array([*free, *(domain_of(part) for part in parts)]),
        bse=pd.DataFrame(batch.bse, columns=list(design.exog_names)),
        singular=batch.singular,
        failed=batch.failed,
        seed=seed,
    )
