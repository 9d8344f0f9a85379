"""Tests of one contrast in every replicate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
import scipy.stats

from harness.design import Design, FloatArray
from harness.glmm.batch import Batch, fit_batch
from harness.glmm.drawing import draw_replicates
from harness.simulation.estimates import DONE, TEST, Estimates
from harness.simulation.methods import (
    Answers,
    Method,
    answers_apart,
    answers_together,
    degrees_of,
    estimates_of,
)
from harness.simulation.power.null_model import null_design
from harness.simulation.processes.process import Process
from harness.simulation.replicates import analysis, counts_of, designs_of, drawn

Test = Literal["wald", "wald-t", "lr", "bootstrap"]
# A larger model may lie this much below the smaller one by rounding, relative to the value.
ROUNDING = 1e-8
# Draws from the null of each replicate's bootstrap: (1 + 199) / 20 is whole, so that a test at 5 %
# rejects with a chance of 5 % (Davison and Hinkley 1997, section 4.2.5).
DRAWS = 199


@dataclass(frozen=True, slots=True)
class Question:
    """What is tested, and how.

    Attributes
    ----------
    method : Method
        Its first contrast is the one that is tested.
    test : {"wald", "wald-t", "lr", "bootstrap"}
        Estimate over standard error against the normal distribution, or t where the standard
        error brings degrees of freedom of its own, as the cluster-robust one does; the same with
        the small-sample correction of ``Method``; twice the gain of log-likelihood against chi2
        with one degree of freedom; the same against its distribution under the null model fitted
        to the replicate, 199 draws.
    """

    method: Method
    test: Test = "wald"

    @property
    def asked(self) -> Method:
        """The method with the standard errors that the test is about."""
        return replace(self.method, small_sample=self.test == "wald-t")

    @property
    def contrast(self) -> str:
        """The contrast, as text."""
        return self.method.contrasts[0]


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """Estimates of r replicates and the p-values of the contrast, NaN where there is none.

    Attributes
    ----------
    estimates : Estimates
        A replicate whose null model could not be fitted has failed at the stage ``TEST``.
    p : ndarray, shape (r,)
    """

    estimates: Estimates
    p: FloatArray

    def __len__(self) -> int:
        return len(self.p)

    @classmethod
    def joined(cls, parts: Iterable[Tested]) -> Tested:
        """Return the replicates of several pieces, in their order."""
        pieces = list(parts)
        return cls(
            Estimates.joined(piece.estimates for piece in pieces),
            np.concatenate([piece.p for piece in pieces]),
        )


def put_to_test(
    process: Process, question: Question, seed: int, numbers: Sequence[int],
    threads: int | None = None,
) -> Tested:  # fmt: skip
    """Draw replicates, fit them and test the contrast; arguments as in ``estimates``."""
    method, whole = question.asked, analysis(process, question.method.model)
    draws = drawn(process, seed, numbers, threads)
    if process.fixed and method.compiled:
        counts = counts_of(whole, draws)
        found = answers_together(method, whole.design, counts, threads)
        if question.test in ("wald", "wald-t"):
            return _wald(question, found)
        full = estimates_of(method, found)
        return _by_likelihood(question, whole.design, counts, full, seed, numbers, threads)
    designs = designs_of(process, whole, draws, method.model)
    found = answers_apart(method, designs, whole.design)
    if question.test in ("wald", "wald-t"):
        return _wald(question, found)
    full = estimates_of(method, found)
    if question.test == "lr":
        return _apart(question, designs, full, whole.design)
    return Tested.joined(
        not_tested(one) if design is None
        else _by_likelihood(question, design, design.endog[None, :], one, seed, [k], threads)
        for design, one, k in zip(designs, _one_by_one(full), numbers, strict=True)
    )  # fmt: skip


def _wald(question: Question, found: Answers) -> Tested:
    full = estimates_of(question.asked, found)
    at = full.terms.index(question.contrast)
    z = np.abs(full.estimate[:, at] / full.se[:, at])
    df = degrees_of(question.asked, found)[:, at]
    return _told(full, np.asarray(2.0 * scipy.stats.t.sf(z, df)))


def _by_likelihood(
    question: Question, design: Design, counts: FloatArray, full: Estimates,
    seed: int, numbers: Sequence[int], threads: int | None,
) -> Tested:  # fmt: skip
    """Likelihood-ratio or bootstrap tests of counts that share a design, in the compiled kernel."""
    null = null_design(design, question.contrast)
    small = fit_batch(null, counts, threads, question.method.points)
    gains = _gains(full.llf, np.where(small.failed, np.nan, small.llf))
    if question.test == "lr":
        return _told(full, np.asarray(scipy.stats.chi2.sf(gains, 1)))
    p = np.full(len(full), np.nan)
    for k in map(int, np.flatnonzero(np.isfinite(gains))):
        stream = np.random.SeedSequence(seed, spawn_key=(numbers[k], 1))
        p[k] = _bootstrap(question, (design, null), small, k, gains[k], stream, threads)
    return _told(full, p)


def _apart(
    question: Question, designs: Sequence[Design | None], full: Estimates, whole: Design
) -> Tested:
    """Likelihood-ratio tests by an engine that is asked replicate by replicate."""
    plain = replace(question.method, contrasts=(), small_sample=False)
    nulls = [None if d is None else null_design(d, question.contrast) for d in designs]
    small = answers_apart(plain, nulls, null_design(whole, question.contrast))
    return _told(full, np.asarray(scipy.stats.chi2.sf(_gains(full.llf, small.llf), 1)))


def _one_by_one(full: Estimates) -> Iterator[Estimates]:
    arrays = [getattr(full, part.name) for part in fields(Estimates)[1:]]
    for k in range(len(full)):
        yield Estimates(full.terms, *(array[k : k + 1] for array in arrays))


def _gains(full: FloatArray, small: FloatArray) -> FloatArray:
    """Twice the gain, shape (r,); NaN where the larger model lies below by more than rounding."""
    gain = full - small
    return np.where(gain < -ROUNDING * (1.0 + np.abs(full)), np.nan, 2.0 * np.maximum(gain, 0.0))


def _bootstrap(
    question: Question, designs: tuple[Design, Design], small: Batch, k: int, gain: float,
    stream: np.random.SeedSequence, threads: int | None,
) -> float:  # fmt: skip
    seed = int.from_bytes(stream.generate_state(4).tobytes(), "little")
    y = draw_replicates(
        designs[1], small.params[k], small.cov_re[k], DRAWS, seed, float(small.variance[k])
    )
    points = question.method.points
    a, b = (fit_batch(d, y, threads, points) for d in designs)
    drawn_gains = _gains(np.where(a.failed, np.nan, a.llf), np.where(b.failed, np.nan, b.llf))
    known = drawn_gains[np.isfinite(drawn_gains)]
    return float((1 + np.sum(known >= gain)) / (1 + len(known))) if len(known) else np.nan


def not_tested(estimates: Estimates) -> Tested:
    """Return estimates without any p-value."""
    return Tested(estimates, np.full(len(estimates), np.nan))


def _told(full: Estimates, p: FloatArray) -> Tested:
    """Mark those whose estimate is there and whose test is not."""
    stage = full.stage.copy()
    stage[(stage == DONE) & ~np.isfinite(p)] = TEST
    lost = stage != DONE
    estimates = replace(
        full,
        estimate=np.where(lost[:, None], np.nan, full.estimate),
        se=np.where(lost[:, None], np.nan, full.se),
        critical=np.where(lost[:, None], np.nan, full.critical),
        stage=stage,
    )
    return Tested(estimates, np.where(lost, np.nan, p))
