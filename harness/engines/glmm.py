"""Engine ``glmm``: the PyPI package glmm, Laplace approximation.

A compiled implementation that shares no code with this one or with R: the independent third.
"""

from __future__ import annotations

from harness.design import Design
from harness.engines._pypi_glmm import fit_pypi_glmm, glmm_version, missing
from harness.engines.base import Engine, FitOptions
from harness.result import FitResult


def fit(design: Design, options: FitOptions) -> FitResult:
    """Fit by ``glmm.fit``."""
    return fit_pypi_glmm(ENGINE, design, options, points=1)


ENGINE = Engine(
    name="glmm",
    language="Python",
    estimator="maximum likelihood",
    method="laplace",
    families=frozenset({"poisson"}),
    covariances=frozenset({"unstructured"}),
    fit=fit,
    missing=missing,
    version=glmm_version,
    optional=True,
)
