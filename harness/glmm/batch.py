"""Many count vectors on one design, fitted on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.special

from harness.design import Design, FloatArray
from harness.errors import DesignError
from harness.glmm import compiled
from harness.glmm.fitting import fit_quadrature, is_singular
from harness.glmm.laplace import Objective
from harness.glmm.optimise import inverse_information
from harness.glmm.separation import unbounded_terms


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Fits of r count vectors to one design.

    Attributes
    ----------
    params, bse : ndarray, shape (r, p)
        NaN where a fit failed.
    cov_re : ndarray, shape (r, q, q)
    random_effects : ndarray, shape (r, J, q)
    llf, decrement : ndarray, shape (r,)
    singular, failed : ndarray of bool, shape (r,)
        A replicate without a finite maximum (no count, or a separated term) has failed.
    """

    params: FloatArray
    bse: FloatArray
    cov_re: FloatArray
    random_effects: FloatArray
    llf: FloatArray
    decrement: FloatArray
    singular: npt.NDArray[np.bool_]
    failed: npt.NDArray[np.bool_]


def fit_batch(
    design: Design, counts: npt.ArrayLike, threads: int | None = None, n_quadrature: int = 1
) -> Batch:
    """Fit the model of a design to every row of ``counts``.

    Parameters
    ----------
    counts : array_like, shape (r, n)
        Rows in the order of ``design`` (sorted by group).
    threads : int, optional
        All cores by default. The results do not depend on it.
    n_quadrature : int
        Points per random effect; 1 is the Laplace approximation.

    Raises
    ------
    ConfigError
        For a number of points, or a family, that quadrature does not go with.
    DesignError
        If ``counts`` has another number of columns than the design has rows, or is not counts.
    """
    y = _checked(design, counts)
    objective = Objective.of(design, n_quadrature)
    K, q, J = objective.layout.size, objective.layout.q, design.n_groups
    r = len(y)
    psi, values, decrements = np.zeros((r, K)), np.zeros(r), np.zeros(r)
    statuses, gradients = np.full(r, compiled.NOT_REGULAR, dtype=np.int64), np.zeros((r, K))
    hessians, modes = np.zeros((r, K, K)), np.zeros((r, J, q))
    threads = max(1, min(threads or len(os.sched_getaffinity(0)), r))
    # Several pieces a thread: a slow one does not hold up the others.
    cuts = np.linspace(0, r, min(r, 8 * threads) + 1).astype(int)

    def piece(k: int) -> None:
        compiled.fit_range(
            objective.lanes, y, cuts[k], cuts[k + 1], psi, values, decrements, statuses, gradients,
            hessians, modes,
        )  # fmt: skip

    singular, failed = np.zeros(r, dtype=bool), np.zeros(r, dtype=bool)

    def finish(k: int) -> None:
        regular = statuses[k] == compiled.REGULAR and not is_singular(objective, psi[k])
        try:
            replicate = design.with_counts(y[k])
            if (y[k] == 0).any() and unbounded_terms(replicate):
                failed[k] = True
            if failed[k] or regular:
                return
            found = fit_quadrature(replicate, n_quadrature)
        except (FloatingPointError, np.linalg.LinAlgError, DesignError):
            failed[k] = True
            return
        psi[k], values[k] = found.optimum.x, found.optimum.value
        decrements[k], hessians[k] = found.optimum.decrement, found.optimum.hessian
        singular[k], failed[k] = found.singular, not found.converged
        modes[k] = Objective.of(replicate).at(psi[k], 0).u

    with ThreadPoolExecutor(threads) as pool:
        # The compiled road knows neither tied parameters nor quadrature.
        if objective.layout.tie is None and objective.nodes is None:
            list(pool.map(piece, range(len(cuts) - 1)))
        values -= scipy.special.gammaln(y + 1.0).sum(axis=1)
        list(pool.map(finish, range(r)))
    return _labelled(objective, psi, values, decrements, hessians, modes, singular, failed)


def _checked(design: Design, counts: npt.ArrayLike) -> FloatArray:
    y = np.ascontiguousarray(counts, dtype=np.float64)
    if y.ndim != 2 or y.shape[1] != design.nobs:
        raise DesignError(f"counts have shape {y.shape}, expected (replicates, {design.nobs})")
    if not (np.isfinite(y) & (y >= 0) & (y == np.floor(y))).all():
        raise DesignError("counts must be whole and not negative")
    return y


def _labelled(
    objective: Objective,
    psi: FloatArray,
    values: FloatArray,
    decrements: FloatArray,
    hessians: FloatArray,
    modes: FloatArray,
    singular: npt.NDArray[np.bool_],
    failed: npt.NDArray[np.bool_],
) -> Batch:
    r, p, q = len(psi), objective.layout.p, objective.layout.q
    L = np.array([objective.layout.split(row)[1] for row in psi]).reshape(r, q, q)
    bse = np.array([np.sqrt(np.diag(inverse_information(H))[:p]) for H in hessians])
    params = psi[:, :p].copy()
    params[failed], bse[failed] = np.nan, np.nan
    return Batch(
        params=params,
        bse=bse,
        cov_re=L @ np.swapaxes(L, 1, 2),
        random_effects=modes @ np.swapaxes(L, 1, 2),
        llf=values,
        decrement=decrements,
        singular=singular,
        failed=failed,
    )
