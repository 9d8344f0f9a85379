"""The free parameters of a fit as one vector: beta, then the Cholesky factor of G."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.design import Covariance, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where each parameter stands in psi = (beta, theta).

    ``theta`` holds the entries of L that are free, column by column of the lower triangle, as in
    lme4. At a singular optimum these coordinates are smooth: a vanishing L_kk is a stationary
    point, so the optimum needs no bounds.

    Attributes
    ----------
    p, q : int
        Numbers of fixed effects and of random effects per group.
    row, column : ndarray of int
        Place in L of each entry of theta.
    """

    p: int
    q: int
    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]

    @classmethod
    def of(cls, p: int, q: int, covariance: Covariance) -> Layout:
        """Return the layout of an unstructured or a diagonal covariance."""
        column, row = np.triu_indices(q) if covariance == "unstructured" else np.diag_indices(q)
        return cls(p, q, row, column)

    @property
    def size(self) -> int:
        """Length of psi."""
        return self.p + len(self.row)

    def split(self, psi: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return beta, shape (p,), and L, shape (q, q)."""
        L = np.zeros((self.q, self.q))
        L[self.row, self.column] = psi[self.p :]
        return psi[: self.p], L

    def join(self, beta: FloatArray, L: FloatArray) -> FloatArray:
        """Return psi for beta and L."""
        return np.concatenate([beta, L[self.row, self.column]])
