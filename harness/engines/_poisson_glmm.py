"""PoissonGLMM as an engine: what ``laplace`` and ``agq`` share."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from harness.design import Design
from harness.engines.assembly import assemble
from harness.engines.base import Engine, FitOptions, SeMethod
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from harness.result import FitResult, Message


def fit_glmm(identity: Engine, design: Design, options: FitOptions, points: int) -> FitResult:
    """Fit by ``PoissonGLMM``; both settings are the same, since it knows one precision only.

    Parameters
    ----------
    points : int
        Of the quadrature, per random effect; 1 is the Laplace approximation.
    """
    began = time.perf_counter()
    model = PoissonGLMM.from_design(design)
    result = model.fit(method="laplace" if points == 1 else "agq", n_quadrature=points)
    names, robust = list(design.exog_names), options.se_method == "cluster"
    return assemble(
        design,
        engine=identity.name,
        engine_version=identity.version(),
        language=identity.language,
        method=identity.method,
        estimator=identity.estimator,
        settings=options.settings,
        se_method=options.se_method,
        n_quadrature=points if points > 1 else None,
        params=np.asarray(result.params, dtype=np.float64),
        covariance=result.cov_params(se_method=options.se_method).to_numpy(),
        df=pd.Series(result.cluster_df(), index=names) if robust else None,
        cov_re=result.cov_re.to_numpy(),
        random_effects=result.random_effects.to_numpy(),
        theta=result.theta,
        sigma_olre=result.sigma_olre,
        llf=result.llf,
        converged=result.converged,
        messages=_notes(result),
        seconds=time.perf_counter() - began,
        reproduce=reproduce_lines(design, points, options.se_method),
        details={"gradient_norm": result.gradient_norm, "decrement": result.decrement},
    )


def _notes(result: PoissonGLMMResults) -> tuple[Message, ...]:
    notes = []
    if result.singular:
        notes.append(Message("singular", "the covariance of the random effects is singular"))
    if result.nearly_collinear:
        terms = ", ".join(result.nearly_collinear)
        notes.append(Message("scale", f"the columns {terms} are nearly collinear"))
    if not result.exceeds_poisson:
        notes.append(
            Message("other", "nothing exceeds the Poisson variance: its family is Poisson")
        )
    return tuple(notes)


def reproduce_lines(design: Design, points: int, se_method: SeMethod = "observed") -> str:
    """Python lines that redo a fit on ``y``, ``X``, ``Z``, ``groups`` and ``offset``."""
    options = {"family": (design.family, "poisson"), "covariance": (design.covariance,
               "unstructured"), "response": (design.response, "count")}  # fmt: skip
    said = [f', {name}="{value}"' for name, (value, usual) in options.items() if value != usual]
    said += [] if design.trials is None else [", trials=trials"]
    call = "" if points == 1 else f'method="agq", n_quadrature={points}'
    shown = "summary()" if se_method == "observed" else f'conf_int(se_method="{se_method}")'
    return (
        "from harness.glmm import PoissonGLMM\n"
        f"fit = PoissonGLMM(y, X, groups, exog_re=Z, offset=offset{''.join(said)}).fit({call})\n"
        f"print(fit.{shown})"
    )
