"""Compiled solution of small dense systems."""

from __future__ import annotations

import math
from typing import Any

from numba import njit


@njit(cache=True)
def cholesky(A: Any, R: Any) -> bool:
    """Lower Cholesky factor of A into R; False where A is not positive definite."""
    for j in range(A.shape[0]):
        d = A[j, j]
        for k in range(j):
            d -= R[j, k] * R[j, k]
        if not d > 0.0:
            return False
        R[j, j] = math.sqrt(d)
        for i in range(j + 1, A.shape[0]):
            t = A[i, j]
            for k in range(j):
                t -= R[i, k] * R[j, k]
            R[i, j] = t / R[j, j]
    return True


@njit(cache=True)
def backsolve(R: Any, b: Any, x: Any) -> None:
    """Solve R R'x = b."""
    n = b.shape[0]
    for i in range(n):
        t = b[i]
        for k in range(i):
            t -= R[i, k] * x[k]
        x[i] = t / R[i, i]
    for i in range(n - 1, -1, -1):
        t = x[i]
        for k in range(i + 1, n):
            t -= R[k, i] * x[k]
        x[i] = t / R[i, i]
