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
from harness.errors import ConfigError
from harness.glmm.batch import fit_batch
from harness.glmm.drawing import FAMILIES
from harness.model import SegmentedPoisson
from harness.result import FitResult
from harness.simulation.contrast import contrast_row
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
        Whether standard errors are multiplied by sqrt(J / (J - S)) and referred to t with J - S
        degrees of freedom, J being the number of units and S that of strata with stages of their
        own, else 1. Maximum likelihood divides the squares between units by J where J - S are
        free, and a z-test takes the rest for known. Exact for normal responses with the same rows
        in every unit, where an effect's variance comes from between the units; else an
        approximation that simulation must check.

    Raises
    ------
    ConfigError
        If the small-sample correction has nothing to correct.
    """

    name: str
    engine: str
    model: SegmentedPoisson
    options: FitOptions = field(default_factory=FitOptions)
    contrasts: tuple[str, ...] = ()
    small_sample: bool = False

    def __post_init__(self) -> None:
        if self.small_sample and self.model.random == "none":
            raise ConfigError(
                "a model without random effects has no variance between units to correct for few"
                " of them: say random: intercept or slope; or small_sample: false, test: wald"
            )
        if self.small_sample and self.options.se_method == "cluster":
            raise ConfigError(
                "cluster-robust standard errors are corrected for few units already: say"
                " small_sample: false, test: wald"
            )

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
    names : tuple of str, length p
    params, df : ndarray, shape (r, p)
        Degrees of freedom are infinite where the normal distribution is the reference.
    cov_params : ndarray, shape (r, p, p)
    cov_re : ndarray, shape (r, q, q)
    llf, variance : ndarray, shape (r,)
    stage, singular : ndarray, shape (r,)
    units : ndarray, shape (r,)
        Number of units fitted.
    """

    names: tuple[str, ...]
    params: FloatArray
    cov_params: FloatArray
    df: FloatArray
    cov_re: FloatArray
    llf: FloatArray
    variance: FloatArray
    stage: npt.NDArray[np.int8]
    singular: npt.NDArray[np.bool_]
    units: FloatArray


def answers_together(
    method: Method, design: Design, counts: FloatArray, threads: int | None
) -> Answers:
    """Fit counts, shape (r, n), that share one design, in the compiled kernel."""
    batch = fit_batch(design, counts, threads, method.points)
    stage = np.where(batch.failed, FIT, DONE)
    return Answers(
        names=design.exog_names,
        params=batch.params,
        cov_params=batch.cov_params,
        df=np.full(batch.params.shape, np.inf),
        cov_re=batch.cov_re,
        llf=batch.llf,
        variance=batch.variance,
        # Where nothing was counted there is no design, whoever fits.
        stage=np.where(counts.any(axis=1), stage, SIMULATE).astype(np.int8),
        singular=batch.singular,
        units=np.full(len(batch.failed), float(design.n_groups)),
    )


def answers_apart(
    method: Method, designs: Sequence[Design | None], whole: Design, lost: int = SIMULATE
) -> Answers:
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
    found = _nothing(len(designs), whole, lost)
    for k, design in enumerate(designs):
        if design is not None:
            _write(found, k, fit_task(Task(design, method.engine, method.options)))
    return found


def estimates_of(method: Method, found: Answers) -> Estimates:
    """Terms and contrasts with their standard errors."""
    rows, values = _rows(method, found.names)
    estimate = found.params @ rows.T - values
    square = np.einsum("kp,rpm,km->rk", rows, found.cov_params, rows)
    df = degrees_of(method, found)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(square)
        if method.small_sample:
            se = se * np.sqrt(found.units[:, None] / df)
    critical = np.asarray(scipy.stats.t.ppf(0.975, df))
    stage = found.stage.copy()
    usable = np.isfinite(se) & (se > 0) & np.isfinite(critical)
    stage[(stage == DONE) & ~usable.all(axis=1)] = TEST
    lost = stage != DONE
    for array in (estimate, se, critical):
        array[lost] = np.nan
    sd_re = np.sqrt(np.maximum(np.diagonal(found.cov_re, axis1=1, axis2=2), 0.0))
    return Estimates(
        (*found.names, *method.contrasts), estimate, se, critical, stage, found.singular & ~lost,
        np.where(lost, np.nan, found.llf), np.where(lost[:, None], np.nan, sd_re),
        np.where(lost, np.nan, found.variance),
    )  # fmt: skip


def degrees_of(method: Method, found: Answers) -> FloatArray:
    """Degrees of freedom of terms and contrasts, shape (r, p + contrasts).

    A contrast of terms with several takes the fewest.
    """
    rows, _ = _rows(method, found.names)
    if method.small_sample:
        means = sum(name.partition("[")[0] == "intercept" for name in found.names)
        return np.repeat((found.units - means)[:, None], len(rows), axis=1)
    return np.asarray(np.where(rows != 0, found.df[:, None, :], np.inf).min(axis=2))


def _rows(method: Method, names: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    """Weights, shape (p + contrasts, p), and values of what is estimated."""
    parts = [contrast_row(names, text) for text in method.contrasts]
    rows = np.vstack([np.eye(len(names)), *(row for row, _ in parts)])
    return rows, np.array([*np.zeros(len(names)), *(value for _, value in parts)])


def _nothing(r: int, whole: Design, stage: int) -> Answers:
    p, q = whole.exog.shape[1], whole.exog_re.shape[1]
    return Answers(
        names=whole.exog_names,
        params=np.full((r, p), np.nan),
        cov_params=np.full((r, p, p), np.nan),
        df=np.full((r, p), np.nan),
        cov_re=np.full((r, q, q), np.nan),
        llf=np.full(r, np.nan),
        variance=np.full(r, np.nan),
        stage=np.full(r, stage, dtype=np.int8),
        singular=np.zeros(r, dtype=bool),
        units=np.full(r, float(whole.n_groups)),
    )


def _write(found: Answers, k: int, fit: FitResult) -> None:
    """Write the answer of one fit into row k."""
    if fit.failure is not None or not fit.converged:
        found.stage[k] = FIT
        return
    found.stage[k] = DONE
    found.params[k], found.cov_params[k] = fit.params.to_numpy(), fit.cov_params().to_numpy()
    found.df[k], found.cov_re[k] = np.inf if fit.df is None else fit.df.to_numpy(), fit.cov_re
    found.llf[k], found.variance[k] = fit.llf, fit.variance_parameter
    found.singular[k], found.units[k] = fit.singular, fit.n_groups
