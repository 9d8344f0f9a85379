"""What must follow when the data are changed, in every engine that maximises the likelihood."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import gammaln

import harness
from harness.design import Covariance, Design, Random
from harness.glmm.optimise import DECREMENT_TOLERANCE
from harness.panel import Panel
from harness.result import FitResult
from harness.testing.strategies import (
    HOSTILE_NAMES,
    ROLES,
    designs,
    four_stage_design,
    four_stage_frame,
)
from tests.metamorphic.relations import RELATIONS, Answer, Relation, answer, moved_origin


@dataclass(frozen=True)
class Precision:
    """How exactly an engine finds its maximum.

    ``step``: estimates, in standard errors. ``eta``: linear predictors, in the largest standard
    error of their fixed part. ``cov_params``, ``cov_re``: entries, relative to the product of the
    two standard errors or deviations. ``llf_sum``: log-likelihood, relative to the terms it sums;
    ``llf``: absolute.
    """

    step: float
    eta: float
    cov_params: float
    cov_re: float
    llf_sum: float
    llf: float


EXACT = Precision(
    # Both of two fits lie within their Newton decrement of the maximum (Cauchy and Schwarz).
    step=2 * DECREMENT_TOLERANCE,
    # The modes follow the estimates; five times for what the modes' own equations magnify.
    eta=10 * DECREMENT_TOLERANCE,
    # A Hessian may be that of the last Newton step's start, 1e-6 standard errors before the end,
    # in both fits; within a standard error a covariance changes by up to its own size.
    cov_params=2e-6,
    # A standard deviation may have a standard error of many times itself.
    cov_re=100 * DECREMENT_TOLERANCE,
    # The sum of all terms' rounding errors, were each as large as 45 units in its last place.
    llf_sum=1e-14,
    llf=0.0,
)
# What "concordant" allows two tight fits, and what R's optimisers reach (DESIGN 7); llf as
# "identical" has it.
IN_R = Precision(step=1e-3, eta=1e-3, cov_params=4e-3, cov_re=2e-3, llf_sum=0.0, llf=1e-5)
# Standard deviations of the linear predictor below this are compared as if they were as large.
SD_FLOOR = 0.01
R_ENGINES = ("lme4", "glmmtmb")
R_TRUTH: dict[str, Any] = {
    "before": 3, "after": 3, "baseline": 30.0, "stages": (0.1, -0.1, 0.0, 0.1), "sd": (0.5, 0.15),
    "corr": 0.5, "missing": 0.1, "exposure": 1e4, "spread": 1.0, "seed": 5,
}  # fmt: skip
R_UNITS = 12
R_DESIGN = four_stage_design(units=R_UNITS, **R_TRUTH)
# Two units far apart, many counts: the unit diagonal of the information hides an eigenvalue of 1e-5.
FAR_APART = four_stage_design(
    units=2, random="intercept", before=3, after=2, baseline=1e4, sd=(0.3, 0.3), seed=1275
)
# The same model with more and more freedom: each holds the one before.
NESTED: tuple[tuple[Random, Covariance], ...] = (
    ("none", "unstructured"),
    ("intercept", "unstructured"),
    ("slope", "diagonal"),
    ("slope", "unstructured"),
)


def fit_all(design: Design, *engines: str) -> dict[str, FitResult]:
    fits = harness.fit(design, engines=engines, jobs=len(R_ENGINES))
    for fit in fits:
        assert fit.failure is None, fit.failure
        assert fit.converged
    return {fit.engine: fit for fit in fits}


def laplace(design: Design) -> FitResult:
    return fit_all(design, "laplace")["laplace"]


def agq(design: Design) -> FitResult:
    return fit_all(design, "agq")["agq"]


@functools.cache
def in_r(relation: Relation) -> tuple[Design, dict[str, FitResult]]:
    """Fit in R what a relation makes of the design, once for all tests."""
    # No relation's design depends on the answer that it is given.
    design, _ = relation(R_DESIGN, answer(laplace(R_DESIGN)), np.random.default_rng(0))
    return design, fit_all(design, *R_ENGINES)


def unchanged(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    return design, base


def magnitude(design: Design, at: Answer) -> float:
    """Sum of the absolute terms of the log-likelihood."""
    y, eta = design.endog, at.eta
    return float((np.abs(y * eta) + np.exp(eta) + gammaln(y + 1.0)).sum())


def assert_alike(got: Answer, due: Answer, design: Design, to: Precision) -> None:
    x, z = design.exog, design.exog_re
    se = np.sqrt(np.diag(due.cov_params))
    se_eta = np.sqrt(np.einsum("np,pk,nk->n", x, due.cov_params, x)).max()
    sd = np.sqrt(np.diag(due.cov_re))
    sd = np.maximum(sd, SD_FLOOR / np.sqrt(np.mean(z**2, axis=0)))
    off = {
        "step": (got.params - due.params) / se,
        "eta": (got.eta - due.eta) / se_eta,
        "cov_params": (got.cov_params - due.cov_params) / np.outer(se, se),
        "cov_re": (got.cov_re - due.cov_re) / np.outer(sd, sd),
    }
    for name, values in off.items():
        assert np.max(np.abs(values), initial=0.0) <= getattr(to, name), name
    assert abs(got.llf - due.llf) <= to.llf + to.llf_sum * magnitude(design, due)


def name(relation: Relation) -> str:
    return relation.__name__


def check_laplace(relation: Relation, design: Design, seed: int) -> None:
    base = answer(laplace(design))
    design, due = relation(design, base, np.random.default_rng(seed))
    assert_alike(answer(laplace(design)), due, design, EXACT)


@pytest.mark.parametrize("relation", RELATIONS, ids=name)
@settings(max_examples=8)
@given(design=designs(max_units=5), seed=st.integers(0, 99))
def test_laplace(relation: Relation, design: Design, seed: int) -> None:
    check_laplace(relation, design, seed)


# The nodes of two random effects lie along the Cholesky factor of their curvature, which another
# origin turns: the quadrature differs, and so does its maximum.
BY_QUADRATURE = tuple(relation for relation in RELATIONS if relation is not moved_origin)


@pytest.mark.parametrize("relation", BY_QUADRATURE, ids=name)
@settings(max_examples=4)
@given(design=designs(max_units=5), seed=st.integers(0, 99))
@example(design=FAR_APART, seed=1)
def test_agq(relation: Relation, design: Design, seed: int) -> None:
    base = answer(agq(design))
    design, due = relation(design, base, np.random.default_rng(seed))
    assert_alike(answer(agq(design)), due, design, EXACT)


@pytest.mark.long
@pytest.mark.parametrize("relation", RELATIONS, ids=name)
@settings(max_examples=150)
@given(design=designs(), seed=st.integers(0, 99))
def test_laplace_at_length(relation: Relation, design: Design, seed: int) -> None:
    check_laplace(relation, design, seed)


@pytest.mark.needs_r
@pytest.mark.parametrize("engine", R_ENGINES)
@pytest.mark.parametrize("relation", RELATIONS, ids=name)
def test_in_r(relation: Relation, engine: str) -> None:
    _, before = in_r(unchanged)
    design, after = in_r(relation)
    _, due = relation(R_DESIGN, answer(before[engine]), np.random.default_rng(0))
    assert_alike(answer(after[engine]), due, design, IN_R)


def of_freedom(design: Design, random: Random, covariance: Covariance) -> Design:
    """The model with fewer random effects: none, an intercept, or an intercept and a slope."""
    q = {"none": 0, "intercept": 1, "slope": 2}[random]
    return Design(
        design.endog, design.exog, design.groups, offset=design.offset,
        exog_re=design.exog_re[:, :q] if q else None, exog_names=design.exog_names,
        exog_re_names=design.exog_re_names[:q] or None, covariance=covariance, random=random,
    )  # fmt: skip


@settings(max_examples=15)
@given(design=designs(max_units=5, random=["slope"], covariance=["unstructured"]))
def test_more_freedom_never_fits_worse(design: Design) -> None:
    fits = [laplace(of_freedom(design, *freedom)) for freedom in NESTED]
    slack = EXACT.llf_sum * magnitude(design, answer(fits[-1]))
    for less, more in pairwise(fits):
        assert less.llf <= more.llf + slack, f"{less.design.random} in {more.design.random}"


@pytest.mark.needs_r
def test_more_freedom_never_fits_worse_in_r() -> None:
    fits = [fit_all(of_freedom(R_DESIGN, *freedom), *R_ENGINES) for freedom in NESTED]
    for less, more in pairwise(fits):
        for engine in R_ENGINES:
            assert less[engine].llf <= more[engine].llf + IN_R.llf


def disguised(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows shuffled, under names of the same order that files and R choke on."""
    units = sorted(set(frame["unit"]))
    names = dict(zip(units, sorted(HOSTILE_NAMES)[-len(units) :], strict=True))
    return frame.sample(frac=1.0, random_state=1).assign(unit=frame["unit"].map(names))


@pytest.mark.parametrize(
    "engine", ["laplace", *(pytest.param(e, marks=pytest.mark.needs_r) for e in R_ENGINES)]
)
def test_a_disguised_panel_gives_the_same_bits(engine: str) -> None:
    units = [f"u{k:02d}" for k in range(R_UNITS)]
    frame = four_stage_frame(units, **R_TRUTH)
    model = harness.SegmentedPoisson()
    (plain,), (strange,) = (
        harness.fit(Panel.from_frame(df, **ROLES), model, engines=[engine])
        for df in (frame, disguised(frame))
    )
    assert plain.design.sha256 == strange.design.sha256 == R_DESIGN.sha256
    assert plain.failure is None
    assert plain.llf == strange.llf
    for attribute in ("params", "bse", "covariance", "cov_re"):
        np.testing.assert_array_equal(getattr(plain, attribute), getattr(strange, attribute))
    np.testing.assert_array_equal(plain.random_effects, strange.random_effects)
    assert list(strange.random_effects.index) == sorted(HOSTILE_NAMES)[-R_UNITS:]


@pytest.mark.parametrize("years", [-2000, 1, 10**6])
def test_another_calendar_gives_the_same_design(years: int) -> None:
    """Only the time to the event counts: every engine receives the same bytes."""
    frame = four_stage_frame([f"u{k:02d}" for k in range(R_UNITS)], **R_TRUTH)
    moved = frame.assign(period=frame["period"] + years, event=frame["event"] + years)
    design = harness.SegmentedPoisson().design(Panel.from_frame(moved, **ROLES))
    assert design.sha256 == R_DESIGN.sha256
