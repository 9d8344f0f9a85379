"""Engine ``lme4``: R's glmer, Laplace approximation; the reference implementation in R."""

from __future__ import annotations

from typing import get_args

from harness.design import Design, Response
from harness.engines.base import Engine, FitOptions
from harness.engines.r_engine import fit_in_r
from harness.engines.r_installation import r_installation
from harness.result import FitResult


def fit(design: Design, options: FitOptions) -> FitResult:
    """Fit by ``lme4::glmer`` (``stats::glm`` where the design has no random effects)."""
    return fit_in_r("lme4", ENGINE, design, options)


ENGINE = Engine(
    name="lme4",
    language="R",
    estimator="maximum likelihood",
    method="laplace",
    families=frozenset({"poisson", "poisson-olre", "binomial"}),
    responses=frozenset(get_args(Response)),
    fit=fit,
    missing=lambda: r_installation().missing("lme4"),
    version=lambda: r_installation().packages.get("lme4", "missing"),
)
