"""The boundary of the cone of covariances: whether one lies on it, and what would leave it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

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
    layout, (scale, vectors, root) = objective.layout, _principal_axes(objective, psi)
    beta, _ = layout.split(psi)
    # What vanishes then fills the last columns of L, and nothing of G has to be put to zero for it.
    rows = objective.rows._replace(z=np.ascontiguousarray(objective.rows.z / scale @ vectors))
    turned = replace(objective, rows=rows, lanes=lanes_of(rows))
    free = layout.p + np.flatnonzero(_absent(root)[layout.column])
    if layout.tie is not None:
        free = np.array([layout.p])
    at = layout.join(beta, np.diag(root), layout.variance(psi))
    half = 0.5 * turned.hessian(at)[np.ix_(free, free)]
    return float(np.linalg.eigvalsh(half)[-1])


def on_its_face(objective: Objective, psi: FloatArray) -> FloatArray:
    """Return psi with what vanishes of a singular G put to zero, so that it stays there.

    A lower factor whose first rows nearly vanish may otherwise share a column's length among
    others, along an arc on which next to nothing changes and Newton's straight steps creep.
    """
    layout, (scale, vectors, root) = objective.layout, _principal_axes(objective, psi)
    beta, _ = layout.split(psi)
    root = np.where(_absent(root), 0.0, root)
    L = np.linalg.qr((vectors * root / scale[:, None]).T)[1].T
    return layout.join(beta, L, layout.variance(psi))


def _absent(root: FloatArray) -> npt.NDArray[np.bool_]:
    return root <= max(SINGULAR_TOLERANCE, root.min())


def _principal_axes(
    objective: Objective, psi: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the scale of G, and eigenvectors and roots of its scaled form, the largest first.

    Structures without covariances are diagonal as they are.
    """
    layout, scale = objective.layout, objective.z_scale
    _, L = layout.split(psi)
    if layout.tie is not None:
        scale = np.full_like(scale, np.sqrt(np.mean(scale**2)))
    if len(layout.row) > layout.q:
        vectors, root, _ = np.linalg.svd(L * scale[:, None])
        return scale, vectors, root
    return scale, np.eye(layout.q), np.abs(np.diag(L)) * scale
