"""A design in the units that statsmodels' priors are meant for, and the way back.

The priors are beta ~ N(0, fe_p^2) and log tau ~ N(0, vcp_p^2), with tau the standard deviation of
a random effect. statsmodels' defaults, fe_p = 2 and vcp_p = 1, are documented as meant for
standardised covariates; they therefore apply to the standardised problem, where the intercept is
the log ratio to the panel's overall rate. ``FitResult.details`` records them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special
from scipy import sparse
from statsmodels.genmod.bayes_mixed_glm import BayesMixedGLMResults

from harness.design import Design, FloatArray
from harness.engines._statsmodels.offset_model import OffsetPoissonBayesMixedGLM

# A vector of ones lies in the span of the columns if it is reproduced to this.
SPAN_TOLERANCE = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Standardised:
    """A design in the units in which statsmodels fits it; made by ``standardise``.

    Attributes
    ----------
    endog : ndarray, shape (n,)
    exog : ndarray, shape (n, p)
    exog_vc : csr_array, shape (n, q J)
        One column per random effect: the J units of the first term, then of the next.
    ident : ndarray of int, shape (q J,)
        Term of each column.
    offset : ndarray, shape (n,)
        Log exposure plus ``log_rate``.
    log_rate : float
        Log of the panel's overall rate; 0 where the fixed effects cannot express a constant.
    centre, scale : ndarray, shape (p,)
        What each column of the fixed effects was reduced by, then divided by.
    transform, shift : ndarray, shapes (p, p) and (p,)
        Back to the original coding: beta = transform @ beta_standardised + shift.
    re_scale : ndarray, shape (q,)
        What each random-effect column was divided by, and so each random effect and its
        standard deviation have to be.
    """

    endog: FloatArray
    exog: FloatArray
    exog_vc: Any
    ident: npt.NDArray[np.int64]
    offset: FloatArray
    log_rate: float
    centre: FloatArray
    scale: FloatArray
    transform: FloatArray
    shift: FloatArray
    re_scale: FloatArray

    def model(self, **priors: float) -> OffsetPoissonBayesMixedGLM:
        """Return the statsmodels model; ``fe_p`` and ``vcp_p`` are statsmodels' unless given."""
        return OffsetPoissonBayesMixedGLM(
            self.endog, self.exog, self.exog_vc, self.ident, offset=self.offset, **priors
        )

    def original_coding(self, found: BayesMixedGLMResults) -> dict[str, Any]:
        """Return the answer in the design's own units, named as ``assemble`` takes it."""
        p, q = len(self.shift), len(self.re_scale)
        spread = found.cov_params()
        # fit_vb gives variances alone; fit_map's differences leave the two triangles unequal.
        block = np.diag(spread[:p]) if spread.ndim == 1 else (spread[:p, :p] + spread[:p, :p].T) / 2
        return {
            "params": self.transform @ found.fe_mean + self.shift,
            "covariance": self.transform @ block @ self.transform.T,
            "cov_re": np.diag((np.exp(found.vcp_mean) / self.re_scale) ** 2),
            "random_effects": found.vc_mean.reshape(q, -1).T / self.re_scale,
        }


def standardise(design: Design) -> Standardised:
    """Centre and scale a design for statsmodels' priors, and say how to come back.

    Write x_0 for the constant column, a for its value, m_k and s_k for the mean and the standard
    deviation of column k (m_0 = 0, s_0 = |a|). The linear predictor is the same in both codings:

        offset + sum_k x_k beta_k
            = (offset + c) + (x_0 / s_0) gamma_0 + sum_k ((x_k - m_k) / s_k) gamma_k

    Since 1 = x_0 / a, equal coefficients of each x_k give beta_k = gamma_k / s_k and

        beta_0 = gamma_0 / s_0 + c / a - sum_k m_k gamma_k / (s_k a),

    which is beta = T gamma + d with T = diag(1 / s) - e_0 (m / s)' / a and d = c e_0 / a. It is
    affine, so the covariance goes with it, intercept included: Cov(beta) = T Cov(gamma) T'.

    c = log(sum y / sum exp(offset)) takes the overall level out of the problem: without it the
    prior would pull log-rates such as -9 or 13 to zero, and exp() overflow in the first steps.

    Columns of the random effects are divided by their root mean square r, never centred: centring
    t would move the point at which the independent intercept and slope are uncorrelated, and so
    change the model. b = b_standardised / r, tau = tau_standardised / r.

    Where no column is constant nothing is centred; c is still taken out, with d = c w, if some
    combination X w is 1 (a mean for each category), else c = 0.
    """
    x = design.exog
    centre, ones = _centre(x)
    has_level = np.abs(x @ ones - 1.0).max() < SPAN_TOLERANCE
    log_rate = _log_rate(design) if has_level else 0.0
    scale = _root_mean_square(x - centre)
    exog_vc, ident, re_scale = _random_columns(design)
    return Standardised(
        endog=design.endog,
        exog=(x - centre) / scale,
        exog_vc=exog_vc,
        ident=ident,
        offset=design.offset + log_rate,
        log_rate=log_rate,
        centre=centre,
        scale=scale,
        transform=np.diag(1.0 / scale) - np.outer(ones, centre / scale),
        shift=log_rate * ones,
        re_scale=re_scale,
    )


def _centre(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return m of ``standardise`` and the w for which X w comes nearest to 1, both (p,)."""
    constant = np.flatnonzero(np.ptp(x, axis=0) == 0)
    if not constant.size:
        ones = np.linalg.lstsq(x, np.ones(len(x)), rcond=None)[0]
        return np.zeros(x.shape[1]), np.asarray(ones, dtype=np.float64)
    centre, ones = x.mean(axis=0), np.zeros(x.shape[1])
    centre[constant] = 0.0
    ones[constant] = 1.0 / x[0, constant]
    return centre, ones


def _log_rate(design: Design) -> float:
    return float(np.log(design.endog.sum()) - scipy.special.logsumexp(design.offset))


def _root_mean_square(columns: FloatArray) -> FloatArray:
    return np.sqrt(np.mean(columns**2, axis=0))


def _random_columns(design: Design) -> tuple[Any, npt.NDArray[np.int64], FloatArray]:
    """Return ``exog_vc``, ``ident`` and ``re_scale`` of ``Standardised``."""
    n, q = design.exog_re.shape
    scale = _root_mean_square(design.exog_re)
    rows = np.arange(n)
    blocks = [
        sparse.csr_array((z, (rows, design.groups)), shape=(n, design.n_groups))
        for z in (design.exog_re / scale).T
    ]
    return sparse.hstack(blocks, format="csr"), np.repeat(np.arange(q), design.n_groups), scale
