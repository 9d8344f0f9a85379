"""Where a tight search starts: the mode at fixed standard deviations of the random effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy import sparse

from harness.design import FloatArray
from harness.engines._statsmodels.offset_model import OffsetPoissonBayesMixedGLM

# A start need not be sharper: the last change of any linear predictor, on the log scale.
PILOT_TOLERANCE = 1e-8
PILOT_STEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Pilot:
    """The joint mode at fixed standard deviations of the random effects, and its curvature.

    Attributes
    ----------
    log_sd : ndarray, shape (q,)
    coefficients : ndarray, shape (p + q J,)
        Fixed effects, then random effects.
    root : ndarray, shape (p + q J, p + q J)
        R with R R' the inverse of the curvature: coefficients + R u whitens the search.
    floor : ndarray, shape (q,)
        Log of half the smallest sampling standard deviation of one unit's effect.
    """

    log_sd: FloatArray
    coefficients: FloatArray
    root: FloatArray
    floor: FloatArray


def pilot(model: OffsetPoissonBayesMixedGLM, log_sd: FloatArray) -> Pilot:
    """Penalised iteratively reweighted least squares at given log standard deviations (q,)."""
    p = model.k_fep
    columns = sparse.hstack([sparse.csr_array(model.exog), model.exog_vc], format="csr")
    penalty = np.concatenate([np.full(p, model.fe_p**-2.0), np.exp(-2.0 * log_sd[model.ident])])
    mu = (model.endog + np.exp(model.offset)) / 2.0
    eta = np.log(mu) - model.offset
    for _ in range(PILOT_STEPS):
        weighted = columns.T.multiply(mu).tocsr()
        information = (weighted @ columns).toarray()
        factor = scipy.linalg.cholesky(information + np.diag(penalty), lower=True)
        working = weighted @ (eta + (model.endog - mu) / mu)
        coefficients = scipy.linalg.cho_solve((factor, True), working)
        before, eta = eta, columns @ coefficients
        mu = np.exp(model.offset + eta)
        if np.abs(eta - before).max() < PILOT_TOLERANCE:
            break
    root = scipy.linalg.solve_triangular(factor.T, np.eye(len(factor)), lower=False)
    precision = np.diag(information)[p:]
    largest = np.array([precision[model.ident == k].max() for k in range(model.k_vcp)])
    return Pilot(log_sd, coefficients, root, np.log(0.5) - 0.5 * np.log(largest))


def first_pilot(model: OffsetPoissonBayesMixedGLM) -> Pilot:
    """Pilot at the spread of the random effects themselves, each penalised as if tau were 1.

    That spread lies above the mode's, from where the search meets the mode away from zero first.
    """
    wide = pilot(model, np.zeros(model.k_vcp))
    effects = wide.coefficients[model.k_fep :]
    spread = [np.log(np.mean(effects[model.ident == k] ** 2)) / 2 for k in range(model.k_vcp)]
    return pilot(model, np.maximum(spread, wide.floor + np.log(4.0)))
