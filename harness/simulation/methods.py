"""Method: a model and who fits it, asked of the replicates of a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.stats

from harness.design import Design, FloatArray
from harness.engines.base import FitOptions
from harness.engines.workers import Task, fit_task
from harness.glmm.batch import Batch, fit_batch
from harness.glmm.contrasts import parsed
from harness.glmm.drawing import FAMILIES
from harness.model import SegmentedPoisson
from harness.result import FitResult
from harness.simulation.estimates import DONE, FIT, SIMULATE, TEST, Estimates

# Engines whose fits of many replicates run in one compiled call, and their quadrature points.
COMPILED = ("laplace", "agq")


@dataclass(frozen=True, slots=True)
class Method:
    """How replicates are analysed.

    Attributes
    ----------
    name : str
    engine : str
    model : SegmentedPoisson
    options : FitOptions
    contrasts : tuple of str
        Contrasts of the model's terms to be estimated beside them, such as ``"step0 = pre"``.
    small_sample : bool
        Whether standard errors are multiplied by sqrt(J / (J - 1)) and referred to t with J - 1
        degrees of freedom, J being the number of units. Maximum likelihood divides the squares
        between units by J where J - 1 are free, and a z-test takes the rest for known. Exact for
        normal responses with the same rows in every unit, where an effect's variance comes from
        between the units; else an approximation that simulation must check.
    """

    name: str
    engine: str
    model: SegmentedPoisson
    options: FitOptions = field(default_factory=FitOptions)
    contrasts: tuple[str, ...] = ()
    small_sample: bool = False

    @property
    def compiled(self) -> bool:
        """Whether batches go through the compiled kernel."""
        return (
            self.engine in COMPILED
            and self.options.se_method == "observed"
            and self.model.family in FAMILIES
            and self.model.response == "count"
        )

    @property
    def points(self) -> int:
        """Quadrature points; 1 is the Laplace approximation."""
        return self.options.n_quadrature if self.engine == "agq" else 1


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers of a method to r replicates, before contrasts; NaN where there are none.

    Attributes
    ----------
    params, critical : ndarray, shape (r, p)
    cov_params : ndarray, shape (r, p, p)
    cov_re : ndarray, shape (r, q, q)
    llf, variance : ndarray, shape (r,)
    stage, singular : ndarray, shape (r,)
    units : ndarray, shape (r,)
        Number of units fitted.
    """

    params: FloatArray
    cov_params: FloatArray
    critical: FloatArray
    cov_re: FloatArray
    llf: FloatArray
    variance: FloatArray
    stage: npt.NDArray[np.int8]
    singular: npt.NDArray[np.bool_]
    units: FloatArray


def fit_together(
    method: Method, design: Design, counts: FloatArray, threads: int | None
) -> Estimates:
    """Fit counts, shape (r, n), that share one design, in the compiled kernel."""
    batch = fit_batch(design, counts, threads, method.points)
    return estimates_of(method, design.exog_names, _of_batch(batch, design.n_groups))


def fit_apart(
    method: Method, designs: Sequence[Design | None], whole: Design, lost: int = SIMULATE
) -> Estimates:
    """Fit every design by the method's engine.

    Parameters
    ----------
    designs : sequence of Design or None
        None stands for data that nobody can analyse.
    whole : Design
        Of the layout: the terms of every replicate.
    lost : int
        Stage at which those without a design failed.
    """
    fits = [
        None if d is None else fit_task(Task(d, method.engine, method.options)) for d in designs
    ]
    return estimates_of(method, whole.exog_names, _of_fits(fits, whole, lost))


def estimates_of(method: Method, names: tuple[str, ...], found: Answers) -> Estimates:
    """Terms and contrasts with their standard errors; ``names`` has length p."""
    rows, values = np.eye(len(names)), np.zeros(len(names))
    for text in method.contrasts:
        row, value = parsed(names, text)
        rows, values = np.vstack([rows, row]), np.append(values, value)
    estimate = found.params @ rows.T - values
    square = np.einsum("kp,rpm,km->rk", rows, found.cov_params, rows)
    with np.errstate(invalid="ignore"):
        se = np.sqrt(square)
    # A contrast of terms with several degrees of freedom takes the fewest.
    critical = np.where(rows != 0, found.critical[:, None, :], 0.0).max(axis=2)
    if method.small_sample:
        J = found.units[:, None]
        se = se * np.sqrt(J / (J - 1.0))
        critical = np.where(np.isfinite(critical), scipy.stats.t.ppf(0.975, J - 1.0), np.nan)
    stage = found.stage.copy()
    stage[(stage == DONE) & ~(np.isfinite(se) & (se > 0)).all(axis=1)] = TEST
    lost = stage != DONE
    for array in (estimate, se, critical):
        array[lost] = np.nan
    sd_re = np.sqrt(np.maximum(np.diagonal(found.cov_re, axis1=1, axis2=2), 0.0))
    return Estimates(
        (*names, *method.contrasts), estimate, se, critical, stage, found.singular & ~lost,
        np.where(lost, np.nan, found.llf), np.where(lost[:, None], np.nan, sd_re),
        np.where(lost, np.nan, found.variance),
    )  # fmt: skip


def _of_batch(batch: Batch, units: int) -> Answers:
    return Answers(
        params=batch.params,
        cov_params=batch.cov_params,
        critical=np.full(batch.params.shape, scipy.stats.norm.ppf(0.975)),
        cov_re=batch.cov_re,
        llf=batch.llf,
        variance=batch.variance,
        stage=np.where(batch.failed, FIT, DONE).astype(np.int8),
        singular=batch.singular,
        units=np.full(len(batch.failed), float(units)),
    )


def _of_fits(fits: Sequence[FitResult | None], whole: Design, lost: int) -> Answers:
    r, p, q = len(fits), whole.exog.shape[1], whole.exog_re.shape[1]
    found = Answers(
        params=np.full((r, p), np.nan),
        cov_params=np.full((r, p, p), np.nan),
        critical=np.full((r, p), np.nan),
        cov_re=np.full((r, q, q), np.nan),
        llf=np.full(r, np.nan),
        variance=np.full(r, np.nan),
        stage=np.full(r, lost, dtype=np.int8),
        singular=np.zeros(r, dtype=bool),
        units=np.full(r, float(whole.n_groups)),
    )
    for k, fit in enumerate(fits):
        if fit is None:
            continue
        if fit.failure is not None or not fit.converged:
            found.stage[k] = FIT
            continue
        found.stage[k] = DONE
        found.params[k], found.cov_params[k] = fit.params.to_numpy(), fit.cov_params().to_numpy()
        found.critical[k], found.cov_re[k] = fit.critical_values(), fit.cov_re
        found.llf[k], found.variance[k] = fit.llf, fit.variance_parameter
        found.singular[k], found.units[k] = fit.singular, fit.n_groups
    return found
