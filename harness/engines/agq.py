"""Engine ``agq``: PoissonGLMM by adaptive Gauss-Hermite quadrature, Stata's default method.

How much the Laplace approximation itself costs; also with a random slope, where lme4 refuses.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import get_args

from harness.design import Covariance, Design, Response
from harness.engines._poisson_glmm import fit_glmm
from harness.engines.base import Engine, FitOptions, SeMethod, always_there
from harness.result import FitResult


def fit(design: Design, options: FitOptions) -> FitResult:
    """Fit by ``PoissonGLMM`` with as many points of quadrature as the options say."""
    return fit_glmm(ENGINE, design, options, points=options.n_quadrature)


ENGINE = Engine(
    name="agq",
    language="Python",
    estimator="maximum likelihood",
    method="agq",
    families=frozenset({"poisson", "nb2"}),
    covariances=frozenset(get_args(Covariance)),
    responses=frozenset(get_args(Response)),
    se_methods=frozenset(get_args(SeMethod)),
    fit=fit,
    missing=always_there,
    version=lambda: version("glmm-harness"),
)
