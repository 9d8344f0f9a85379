"""Means and residuals at given parameters."""

from __future__ import annotations

import numpy as np

from harness.design import Design, FloatArray


def linear_predictor(design: Design, params: FloatArray, random_effects: FloatArray) -> FloatArray:
    """Return offset + x'beta + z'b at given random effects (J, q), shape (n,)."""
    random = np.einsum("nq,nq->n", design.exog_re, random_effects[design.groups])
    return np.asarray(design.offset + design.exog @ params + random)


def marginal_mean(fixed: FloatArray, exog_re: FloatArray, cov_re: FloatArray) -> FloatArray:
    """Mean over the population of groups, E exp(fixed + z'b) = exp(fixed + z'Gz / 2), shape (m,).

    The mean of a lognormal variable (McCulloch, Searle and Neuhaus 2008, Generalized, Linear, and
    Mixed Models, section 7.3).

    Parameters
    ----------
    fixed : ndarray, shape (m,)
        offset + x'beta.
    exog_re : ndarray, shape (m, q)
    cov_re : ndarray, shape (q, q)
    """
    return np.asarray(np.exp(fixed + 0.5 * np.einsum("mq,qk,mk->m", exog_re, cov_re, exog_re)))


def pearson_residuals(endog: FloatArray, mu: FloatArray, excess: float = 0.0) -> FloatArray:
    """(y - mu) / sqrt(mu + excess mu^2), shape (n,); ``excess`` as ``excess_variance`` has it."""
    return np.asarray((endog - mu) / np.sqrt(mu + excess * mu**2))


def excess_variance(family: str, variance: float) -> float:
    """What the variance of a count has beyond its mean, over the square of the mean.

    1 / theta for ``nb2``; for ``poisson-olre``, the mean taken over the observation's own effect,
    exp(variance) - 1; none for ``poisson``.
    """
    return float(np.expm1(variance)) if family == "poisson-olre" else variance
