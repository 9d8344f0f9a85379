"""What an engine's own objective says at given points, its own answer and those of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from harness.design import WIDER, Design, Family, FloatArray
from harness.engines.base import FitOptions
from harness.engines.r_bridge import call_r
from harness.engines.r_engine import r_request
from harness.errors import FitFailure
from harness.glmm.parameters import Layout, semidefinite_cholesky

# Engines whose objective can be asked, and the families that it knows.
ASKED = {"lme4": ("poisson", "poisson-olre", "binomial"), "glmmtmb": get_args(Family)}
# Inner iterations of lme4 that end at a coarser tolerance than this say less than they are asked.
SHARP = 1e-10
# (fixed effects, covariance of the random effects, variance parameter of the family)
Place = tuple[FloatArray, FloatArray, float]


def can_be_asked(engine: str, design: Design) -> bool:
    """Whether an engine's own objective can be evaluated on a design, without fitting it."""
    known = design.family in ASKED.get(engine, ())
    # Without random effects lme4 is R's glm; a scalar covariance is neither's.
    effects = design.exog_re.shape[1] > 0 or design.family == "poisson-olre"
    return known and effects and design.covariance != "scalar"


def own_values(
    engine: str, design: Design, places: Sequence[Place], options: FitOptions
) -> list[float | None]:
    """Return an engine's own log-likelihood at each place; None where it has none.

    It has none where its coordinates end (a singular covariance in glmmTMB's logarithms), nor
    where rounding keeps lme4's inner iterations from ``SHARP``.

    Runs in a worker process, where R lives: the model is built on the same columns as for a fit,
    and its objective evaluated, not optimised.

    Raises
    ------
    FitFailure
        With R's own words where it gives no answer.
    """
    points = [_COORDINATES[engine](design, *place) for place in places]
    asked = [k for k, point in enumerate(points) if point is not None]
    found: list[float | None] = [None] * len(places)
    if not asked:
        return found
    columns = np.concatenate([point for point in points if point is not None])
    request = {**r_request(design, options), "task": "evaluate", "points": columns}
    answer = call_r(engine, request, options.transport)
    if "failure" in answer:
        raise FitFailure(f"R says: {answer['failure'][0]}")
    if answer.get("tolPwrss", np.zeros(1))[0] > SHARP:
        return found
    for k, value in zip(asked, answer["values"], strict=True):
        found[k] = float(value) if np.isfinite(value) else None
    return found


def _lme4(design: Design, params: FloatArray, cov_re: FloatArray, variance: float) -> FloatArray:
    """(theta, beta): SD of the rows' own effects, then the Cholesky factor by column.

    Either may hold zeros.
    """
    p, q = design.exog.shape[1], design.exog_re.shape[1]
    layout = Layout.of(p, q, design.covariance)
    psi = layout.join(params, semidefinite_cholesky(cov_re))
    own = [np.sqrt(variance)] if design.family == "poisson-olre" else []
    return np.concatenate([own, psi[p:], psi[:p]])


def _glmmtmb(
    design: Design, params: FloatArray, cov_re: FloatArray, variance: float
) -> FloatArray | None:
    """(beta, log SDs, scaled correlations, log theta); None on the boundary, at infinity here.

    The SD of the rows' own effects comes before those of the units.

    Correlations are those of a lower factor with a unit diagonal, row by row (glmmTMB's vignette
    on covariance structures).
    """
    sd, L = np.sqrt(np.diag(cov_re)), semidefinite_cholesky(cov_re)
    if np.any(np.diag(L) <= 0.0) or (design.family in WIDER and variance <= 0.0):
        return None
    of_rows = [0.5 * np.log(variance)] if design.family == "poisson-olre" else []
    log_theta = [-np.log(variance)] if design.family == "nb2" else []
    scaled = L / np.diag(L)[:, None]
    pairs = scaled[np.tril_indices(len(sd), -1)]
    if design.covariance == "diagonal":
        pairs = pairs[:0]
    return np.concatenate([params, of_rows, np.log(sd), pairs, log_theta])


_COORDINATES = {"lme4": _lme4, "glmmtmb": _glmmtmb}
