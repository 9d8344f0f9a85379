"""The boundary of the cone of covariances: whether one lies on it, and what would leave it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.design import FloatArray
from harness.glmm.lanes import lanes_of
from harness.glmm.laplace import Objective, cone_score

# A random effect whose contribution to the linear predictor varies by less than this (standard
# deviation, log scale) is absent; lme4 has the same figure for its theta.
SINGULAR_TOLERANCE = 1e-4
# Log-likelihood gained per unit of scaled variance that still counts as rounding.
CONE_TOLERANCE = 1e-5


def singular_covariance(cov_re: FloatArray, z: FloatArray) -> bool:
    """Whether a covariance of random effects is singular in the scale of the linear predictor."""
    if cov_re.size == 0:
        return False
    scale = np.sqrt(np.mean(z**2, axis=0))
    smallest = np.linalg.eigvalsh(cov_re * np.outer(scale, scale))[0]
    return bool(smallest < SINGULAR_TOLERANCE**2)


def is_singular(objective: Objective, psi: FloatArray) -> bool:
    """Whether the covariance at psi is singular in the scale of the linear predictor."""
    _, L = objective.layout.split(psi)
    return singular_covariance(L @ L.T, objective.rows.z)


def cone_gain(objective: Objective, psi: FloatArray) -> float:
    """Most that the log-likelihood gains per unit of scaled variance added to a singular G.

    For the Laplace approximation the largest eigenvalue of ``cone_score``. For quadrature half the
    curvature in the columns of L that vanish: the log-likelihood is even in each of them, and so
    a function of the variance that such a column adds.
    """
    if objective.nodes is None:
        return float(np.linalg.eigvalsh(cone_score(objective, psi))[-1])
    turned, psi, root = _along_eigenvectors(objective, psi)
    layout = turned.layout
    absent = root <= max(SINGULAR_TOLERANCE, root.min())
    free = layout.p + np.flatnonzero(absent[layout.column])
    if layout.tie is not None:
        free = np.array([layout.p])
    half = 0.5 * turned.hessian(psi)[np.ix_(free, free)]
    return float(np.linalg.eigvalsh(half)[-1])


def _along_eigenvectors(
    objective: Objective, psi: FloatArray
) -> tuple[Objective, FloatArray, FloatArray]:
    """Return the same model in random effects whose scaled covariance is diagonal, psi and roots.

    Largest first: what vanishes then fills the last columns of L, and nothing of G has to be put
    to zero for it. Structures without covariances are diagonal as they are.
    """
    layout, scale = objective.layout, objective.z_scale
    beta, L = layout.split(psi)
    if layout.tie is not None:
        scale = np.full_like(scale, np.sqrt(np.mean(scale**2)))
    vectors, root = np.eye(layout.q), np.abs(np.diag(L)) * scale
    if len(layout.row) > layout.q:
        vectors, root, _ = np.linalg.svd(L * scale[:, None])
    rows = objective.rows._replace(z=np.ascontiguousarray(objective.rows.z / scale @ vectors))
    at = layout.join(beta, np.diag(root), layout.variance(psi))
    return replace(objective, rows=rows, lanes=lanes_of(rows)), at, root
