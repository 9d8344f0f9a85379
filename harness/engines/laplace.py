"""Engine ``laplace``: PoissonGLMM by maximum likelihood in Python, the partner of lme4."""

from __future__ import annotations

import time
from importlib.metadata import version

import numpy as np

from harness.design import Design
from harness.engines.assembly import assemble
from harness.engines.base import Engine, FitOptions, always_there
from harness.glmm import PoissonGLMM
from harness.result import FitResult, Message


def fit(design: Design, options: FitOptions) -> FitResult:
    """Fit by ``PoissonGLMM``; both settings are the same, since it knows one precision only."""
    began = time.perf_counter()
    result = PoissonGLMM.from_design(design).fit(method="laplace")
    covariance = result.cov_params(se_method=options.se_method).to_numpy()
    notes = (Message("singular", "the covariance of the random effects is singular"),)
    return assemble(
        design,
        engine=ENGINE.name,
        engine_version=ENGINE.version(),
        language="Python",
        method=ENGINE.method,
        estimator=ENGINE.estimator,
        settings=options.settings,
        se_method=options.se_method,
        params=np.asarray(result.params, dtype=np.float64),
        covariance=covariance,
        cov_re=result.cov_re.to_numpy(),
        random_effects=result.random_effects.to_numpy(),
        llf=result.llf,
        converged=result.converged,
        messages=notes if result.singular else (),
        seconds=time.perf_counter() - began,
        reproduce=_reproduce(design),
        details={"gradient_norm": result.gradient_norm, "decrement": result.decrement},
    )


def _reproduce(design: Design) -> str:
    diagonal = design.covariance == "diagonal"
    return _REPRODUCE.format(covariance=', covariance="diagonal"' if diagonal else "")


_REPRODUCE = """\
from harness.glmm import PoissonGLMM
fit = PoissonGLMM(y, X, groups, exog_re=Z, offset=offset{covariance}).fit()
print(fit.summary())"""

ENGINE = Engine(
    name="laplace",
    language="Python",
    estimator="maximum likelihood",
    method="laplace",
    families=frozenset({"poisson"}),
    fit=fit,
    missing=always_there,
    version=lambda: version("glmm-harness"),
)
