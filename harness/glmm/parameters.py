"""The free parameters of a fit as one vector: beta, the Cholesky factor of G, the family's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from harness.design import Covariance, FloatArray
from harness.errors import DesignError

# Relative size of a negative eigenvalue that is another program's rounding.
ROUNDING = 1e-8
PIVOT_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where each parameter stands in psi = (beta, theta, kappa).

    ``theta`` holds the entries of L that are free, column by column of the lower triangle, as in
    lme4; ``kappa``, where the family has it, is the root of its variance parameter. At a singular
    optimum these coordinates are smooth: a vanishing L_kk or kappa is a stationary point, so the
    optimum needs no bounds.

    Attributes
    ----------
    p, q : int
        Numbers of fixed effects and of random effects per group.
    row, column : ndarray of int
        Place in L of each entry of theta, before ``tie``.
    extra : int
        1 where the family has a variance parameter, else 0.
    tie : ndarray, shape (p + len(row) + extra, K), or None
        Takes psi to the parameters of the kernel where several of those are one (``scalar``).
    """

    p: int
    q: int
    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]
    extra: int = 0
    tie: FloatArray | None = None

    @classmethod
    @lru_cache(maxsize=128)
    def of(cls, p: int, q: int, covariance: Covariance, extra: int = 0) -> Layout:
        """Return the layout of a covariance structure."""
        column, row = np.triu_indices(q) if covariance == "unstructured" else np.diag_indices(q)
        tie = None
        if covariance == "scalar" and q > 1:
            tie = np.zeros((p + q + extra, p + 1 + extra))
            tie[:p, :p] = np.eye(p)
            tie[p : p + q, p] = 1.0
            tie[p + q :, p + 1 :] = np.eye(extra)
        return cls(p, q, row, column, extra, tie)

    @property
    def size(self) -> int:
        """Length of psi."""
        return self.kernel_size if self.tie is None else self.tie.shape[1]

    @property
    def kernel_size(self) -> int:
        """Number of parameters of the kernel."""
        return self.p + len(self.row) + self.extra

    def sizes(self, z_scale: FloatArray) -> FloatArray:
        """Change of the linear predictor by a unit of each parameter of a variance, shape (K,).

        Root mean squares; 0 for the fixed effects.
        """
        kernel = np.concatenate([np.zeros(self.p), z_scale[self.row], np.ones(self.extra)])
        if self.tie is None:
            return kernel
        return np.asarray(np.sqrt(self.tie.T @ kernel**2 / self.tie.sum(axis=0)))

    def untied(self, psi: FloatArray) -> FloatArray:
        """Return the parameters of the kernel."""
        return psi if self.tie is None else np.asarray(self.tie @ psi)

    def split(self, psi: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return beta, shape (p,), and L, shape (q, q)."""
        L = np.zeros((self.q, self.q))
        L[self.row, self.column] = self.untied(psi)[self.p : self.p + len(self.row)]
        return psi[: self.p], L

    def variance(self, psi: FloatArray) -> float:
        """Return the family's variance parameter, 0 where it has none."""
        return float(psi[-1] ** 2) if self.extra else 0.0

    def join(self, beta: FloatArray, L: FloatArray, variance: float = 0.0) -> FloatArray:
        """Return psi for beta, L and the family's variance parameter."""
        theta = L[self.row, self.column]
        if self.tie is not None:
            theta = theta.mean(keepdims=True)
        return np.concatenate([beta, theta, np.full(self.extra, np.sqrt(variance))])


def semidefinite_cholesky(G: FloatArray) -> FloatArray:
    """Lower factor of a positive semidefinite matrix; a pivot that vanishes empties its column.

    Pivots that rounding may have left count as zero.

    Parameters
    ----------
    G : ndarray, shape (q, q)

    Raises
    ------
    DesignError
        If G has a negative eigenvalue beyond rounding.
    """
    if G.size and np.linalg.eigvalsh(G)[0] < -ROUNDING * np.max(np.diag(G), initial=1e-300):
        raise DesignError("cov_re is not positive semidefinite")
    L = np.zeros_like(G)
    for j in range(len(G)):
        rest = G[j:, j] - L[j:, :j] @ L[j, :j]
        if rest[0] > PIVOT_ROUNDING * G[j, j]:
            L[j:, j] = rest / np.sqrt(rest[0])
    return L
