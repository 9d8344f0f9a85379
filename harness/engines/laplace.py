"""Engine ``laplace``: PoissonGLMM by maximum likelihood in Python, the partner of lme4."""

from __future__ import annotations

from importlib.metadata import version
from typing import get_args

from harness.design import Covariance, Design, Family, Response
from harness.engines._poisson_glmm import fit_glmm
from harness.engines.base import Engine, FitOptions, SeMethod, always_there
from harness.result import FitResult


def fit(design: Design, options: FitOptions) -> FitResult:
    """Fit by ``PoissonGLMM`` with the Laplace approximation."""
    return fit_glmm(ENGINE, design, options, points=1)


ENGINE = Engine(
    name="laplace",
    language="Python",
    estimator="maximum likelihood",
    method="laplace",
    families=frozenset(get_args(Family)),
    covariances=frozenset(get_args(Covariance)),
    responses=frozenset(get_args(Response)),
    se_methods=frozenset(get_args(SeMethod)),
    fit=fit,
    missing=always_there,
    version=lambda: version("glmm-harness"),
)
