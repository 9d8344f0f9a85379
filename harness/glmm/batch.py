"""Many count vectors on one design, fitted on all cores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.special

from harness.cores import cores
from harness.design import Design, FloatArray
from harness.errors import DesignError
from harness.glmm import compiled
from harness.glmm.boundary import SINGULAR_TOLERANCE
from harness.glmm.fitting import fit_quadrature
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
    cov_params : ndarray, shape (r, p, p)
        NaN where a fit failed.
    cov_re : ndarray, shape (r, q, q)
    variance : ndarray, shape (r,)
        The family's variance parameter, 1 / theta of ``nb2``; 0 where it has none.
    random_effects : ndarray, shape (r, J, q)
    llf, decrement : ndarray, shape (r,)
    singular, failed : ndarray of bool, shape (r,)
        A replicate without a finite maximum (no count, or a separated term) has failed.
    """

    params: FloatArray
    bse: FloatArray
    cov_params: FloatArray
    cov_re: FloatArray
    variance: FloatArray
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
    found = _Found.nothing(objective, len(y))
    threads = max(1, min(threads or cores(), len(y)))
    # Several pieces a thread: a slow one does not hold up the others.
    cuts = np.linspace(0, len(y), min(len(y), 8 * threads) + 1).astype(int)

    def piece(k: int) -> None:
        compiled.fit_range(
            objective.lanes, y, cuts[k], cuts[k + 1], found.psi, found.values, found.decrements,
            found.statuses, found.cov_params, found.modes,
        )  # fmt: skip

    with ThreadPoolExecutor(threads) as pool:
        # The compiled road knows neither tied parameters, nor quadrature, nor trials.
        if objective.layout.tie is None and objective.nodes is None and objective.density is None:
            list(pool.map(piece, range(len(cuts) - 1)))
        found.values[:] -= _log_factorials(y)
        regular = (found.statuses == compiled.REGULAR) & ~_singular(objective, found.psi)
        others = np.flatnonzero(~regular | (y == 0).any(axis=1))
        list(
            pool.map(
                lambda k: _finish(design, y[k], n_quadrature, bool(regular[k]), found, int(k)),
                others,
            )
        )
    return _labelled(objective, found)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What was found by replicate, first dimension r; ``modes`` (r, J, q) are spherical."""

    psi: FloatArray
    values: FloatArray
    decrements: FloatArray
    statuses: npt.NDArray[np.int64]
    cov_params: FloatArray
    modes: FloatArray
    singular: npt.NDArray[np.bool_]
    failed: npt.NDArray[np.bool_]

    @classmethod
    def nothing(cls, objective: Objective, r: int) -> _Found:
        layout = objective.layout
        return cls(
            psi=np.zeros((r, layout.size)),
            values=np.zeros(r),
            decrements=np.zeros(r),
            statuses=np.full(r, compiled.NOT_REGULAR, dtype=np.int64),
            cov_params=np.zeros((r, layout.p, layout.p)),
            modes=np.zeros((r, objective.n_groups, layout.q)),
            singular=np.zeros(r, dtype=bool),
            failed=np.zeros(r, dtype=bool),
        )


def _finish(
    design: Design, y: FloatArray, n_quadrature: int, regular: bool, found: _Found, k: int
) -> None:
    """See to a replicate that the compiled road did not end, or that may have no maximum."""
    try:
        replicate = design.with_counts(y)
        if (y == 0).any() and unbounded_terms(replicate):
            found.failed[k] = True
        if found.failed[k] or regular:
            return
        maximum = fit_quadrature(replicate, n_quadrature)
    except (FloatingPointError, np.linalg.LinAlgError, DesignError):
        found.failed[k] = True
        return
    optimum = maximum.optimum
    found.psi[k], found.values[k], found.decrements[k] = optimum.x, optimum.value, optimum.decrement
    p = found.cov_params.shape[1]
    found.cov_params[k] = inverse_information(optimum.hessian)[:p, :p]
    found.singular[k], found.failed[k] = maximum.singular, not maximum.converged
    found.modes[k] = Objective.of(replicate).at(optimum.x, 0).u


def _log_factorials(y: FloatArray) -> FloatArray:
    """Sums of log y! by replicate, shape (r,), looked up where the counts are no longer than y."""
    largest = int(y.max())
    if largest < y.size:
        table = scipy.special.gammaln(np.arange(largest + 1) + 1.0)
        return np.asarray(table[y.astype(np.intp)].sum(axis=1))
    return np.asarray(scipy.special.gammaln(y + 1.0).sum(axis=1))


def _factors(objective: Objective, psi: FloatArray) -> FloatArray:
    """Cholesky factors L, shape (r, q, q)."""
    layout = objective.layout
    untied = psi if layout.tie is None else psi @ layout.tie.T
    L = np.zeros((len(psi), layout.q, layout.q))
    L[:, layout.row, layout.column] = untied[:, layout.p : layout.p + len(layout.row)]
    return L


def _singular(objective: Objective, psi: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether each covariance is singular in the scale of the linear predictor, shape (r,)."""
    L = _factors(objective, psi) * objective.z_scale[:, None]
    if L.shape[1] == 0:
        return np.zeros(len(psi), dtype=bool)
    smallest = np.linalg.eigvalsh(L @ np.swapaxes(L, 1, 2))[:, 0]
    return np.asarray(smallest < SINGULAR_TOLERANCE**2)


def _checked(design: Design, counts: npt.ArrayLike) -> FloatArray:
    y = np.ascontiguousarray(counts, dtype=np.float64)
    if y.ndim != 2 or y.shape[1] != design.nobs:
        raise DesignError(f"counts have shape {y.shape}, expected (replicates, {design.nobs})")
    if not (np.isfinite(y) & (y >= 0) & (y == np.floor(y))).all():
        raise DesignError("counts must be whole and not negative")
    return y


def _labelled(objective: Objective, found: _Found) -> Batch:
    L = _factors(objective, found.psi)
    params, cov_params = found.psi[:, : objective.layout.p].copy(), found.cov_params
    params[found.failed], cov_params[found.failed] = np.nan, np.nan
    transposed = np.swapaxes(L, 1, 2)
    extra = objective.layout.extra
    return Batch(
        params=params,
        bse=np.sqrt(np.diagonal(cov_params, axis1=1, axis2=2)),
        cov_params=cov_params,
        cov_re=L @ transposed,
        variance=found.psi[:, -1] ** 2 if extra else np.zeros(len(found.psi)),
        random_effects=found.modes @ transposed,
        llf=found.values,
        decrement=found.decrements,
        singular=found.singular,
        failed=found.failed,
    )
