"""Engine ``glmmtmb``: R's glmmTMB, Laplace by automatic differentiation; NB2 too."""

from __future__ import annotations

from typing import get_args

from harness.design import Design, Family, Response
from harness.engines.base import Engine, FitOptions
from harness.engines.r_engine import fit_in_r
from harness.engines.r_installation import r_installation
from harness.result import FitResult


def fit(design: Design, options: FitOptions) -> FitResult:
    """Fit by ``glmmTMB::glmmTMB``."""
    return fit_in_r("glmmtmb", ENGINE, design, options)


ENGINE = Engine(
    name="glmmtmb",
    language="R",
    estimator="maximum likelihood",
    method="laplace",
    families=frozenset(get_args(Family)),
    responses=frozenset(get_args(Response)),
    se_methods=frozenset({"observed"}),
    fit=fit,
    missing=lambda: r_installation().missing("glmmTMB"),
    version=lambda: r_installation().packages.get("glmmTMB", "missing"),
)
