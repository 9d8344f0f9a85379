"""The Laplace log-likelihood of one design: value, gradient, Hessian, modes, boundary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.special

from harness.design import Design, FloatArray
from harness.glmm import kernel
from harness.glmm.arrays import Rows, rows_of
from harness.glmm.parameters import Layout
from harness.glmm.scores import laplace_scores


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """What the log-likelihood is at one psi.

    Attributes
    ----------
    value : float
        All constants included; -inf where the conditional modes do not exist.
    gradient : ndarray, shape (K,)
    hessian : ndarray, shape (K, K)
    u : ndarray, shape (J, q)
        Spherical conditional modes, b = L u.
    """

    value: float
    gradient: FloatArray
    hessian: FloatArray
    u: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """Laplace log-likelihood of psi = (beta, theta), with its exact derivatives."""

    rows: Rows
    layout: Layout
    constant: float

    @classmethod
    def of(cls, design: Design) -> Objective:
        """Return the objective of a design."""
        layout = Layout.of(design.exog.shape[1], design.exog_re.shape[1], design.covariance)
        constant = -float(scipy.special.gammaln(design.endog + 1.0).sum())
        return cls(rows_of(design, layout), layout, constant)

    def at(self, psi: FloatArray, order: int) -> Point:
        """Evaluate up to derivatives of an order (0, 1 or 2); later ones stay zero."""
        K = self.layout.size
        gradient, hessian = np.zeros(K), np.zeros((K, K))
        u = np.zeros((len(self.rows.starts) - 1, self.layout.q))
        work = kernel.workspace(self.rows, order == 2)
        with np.errstate(over="ignore"):
            value = kernel.laplace(self.rows, work, psi, u, gradient, hessian, order)
        return Point(value + self.constant, gradient, 0.5 * (hessian + hessian.T), u)

    def value(self, psi: FloatArray) -> float:
        """Log-likelihood, all constants included; -inf where the modes do not exist."""
        return self.at(psi, 0).value

    def gradient(self, psi: FloatArray) -> FloatArray:
        """Exact gradient, shape (K,)."""
        return self.at(psi, 1).gradient

    def hessian(self, psi: FloatArray) -> FloatArray:
        """Exact Hessian, shape (K, K)."""
        return self.at(psi, 2).hessian

    def modes(self, psi: FloatArray) -> FloatArray:
        """Conditional modes of the random effects, shape (J, q)."""
        _, L = self.layout.split(psi)
        return np.asarray(self.at(psi, 0).u @ L.T)

    def scores(self, psi: FloatArray) -> FloatArray:
        """Gradient of each group's own contribution, shape (J, K); they sum to the gradient."""
        return laplace_scores(self.rows, self.layout, psi, self.at(psi, 0).u)

    @property
    def z_scale(self) -> FloatArray:
        """Root mean square of each column of z, shape (q,)."""
        return np.sqrt(np.mean(self.rows.z**2, axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Per group, at the modes: mu by row, A = sum mu z z' and C = (G^-1 + A)^-1 = L H^-1 L'."""

    mu: FloatArray
    group: npt.NDArray[np.int64]
    A: FloatArray
    C: FloatArray


def _groups(objective: Objective, psi: FloatArray) -> _Groups:
    rows = objective.rows
    beta, L = objective.layout.split(psi)
    group = np.repeat(np.arange(len(rows.starts) - 1), np.diff(rows.starts))
    b = objective.modes(psi)
    mu = np.exp(rows.offset + rows.x @ beta + np.einsum("nq,nq->n", rows.z, b[group]))
    A = _sums(rows, mu[:, None, None] * rows.z[:, :, None] * rows.z[:, None, :])
    H = np.eye(L.shape[0]) + L.T @ A @ L
    C = L @ np.linalg.solve(H, np.broadcast_to(L.T, H.shape))
    return _Groups(mu, group.astype(np.int64), A, C)


def _sums(rows: Rows, values: FloatArray) -> FloatArray:
    """Sums over the rows of each group, shape (J, ...)."""
    return np.asarray(np.add.reduceat(values, rows.starts[:-1], axis=0))


def conditional_covariances(objective: Objective, psi: FloatArray) -> FloatArray:
    """Covariance of the random effects given the data, L H^-1 L' at the modes, shape (J, q, q).

    lme4's ``condVar``: the parameters count as known.
    """
    return _groups(objective, psi).C


def cone_score(objective: Objective, psi: FloatArray) -> FloatArray:
    """S = dl/dG, shape (q, q), in the scale of the linear predictor; defined at a singular G.

    With a = z'C z, c = sum mu a z / 2, r = sum (y - mu) z and w = (I + A G)^-1 c, each group adds
    r r'/2 - (I + A G)^-1 A / 2 - (w r' + r w')/2. Off-diagonal entries are dropped where the
    covariance is diagonal: that cone has no such directions.
    """
    rows, groups = objective.rows, _groups(objective, psi)
    _, L = objective.layout.split(psi)
    a = np.einsum("nq,nqk,nk->n", rows.z, groups.C[groups.group], rows.z)
    c = 0.5 * _sums(rows, (groups.mu * a)[:, None] * rows.z)
    r = _sums(rows, (rows.y - groups.mu)[:, None] * rows.z)
    inner = np.eye(L.shape[0]) + groups.A @ (L @ L.T)
    w = np.linalg.solve(inner, c[:, :, None])[:, :, 0]
    wr = np.einsum("jq,jk->qk", w, r)
    curvature = np.linalg.solve(inner, groups.A).sum(axis=0)
    S = 0.5 * (np.einsum("jq,jk->qk", r, r) - 0.5 * (curvature + curvature.T) - wr - wr.T)
    if len(objective.layout.row) == L.shape[0]:
        S = np.diag(np.diag(S))
    return np.asarray(S / np.outer(objective.z_scale, objective.z_scale))


def conditional_information(objective: Objective, psi: FloatArray) -> FloatArray:
    """Information on beta given the covariance parameters, shape (p, p): lme4's RX form.

    X'W X - X'W Z C Z'W X with W = diag(mu) at the modes (Bates et al. 2015, J Stat Softw 67:1,
    equation 54, with the working weights of the last iteration).
    """
    rows, groups = objective.rows, _groups(objective, psi)
    mu = groups.mu
    xz = _sums(rows, mu[:, None, None] * rows.x[:, :, None] * rows.z[:, None, :])
    within = np.einsum("jpq,jqk,jrk->pr", xz, groups.C, xz)
    return np.asarray((rows.x * mu[:, None]).T @ rows.x - within)
