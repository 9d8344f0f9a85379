"""Counts drawn from a fitted model, every replicate from a stream of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from harness.design import Design, FloatArray
from harness.errors import ConfigError
from harness.glmm.prediction import linear_predictor

Counts = npt.NDArray[np.int64]


# Below, a gamma variable of mean one is one to nine digits, and its shape overflows.
NO_VARIANCE = 1e-18


def _poisson(mu: FloatArray, variance: float, rng: np.random.Generator) -> Counts:
    return rng.poisson(mu)


def _nb2(mu: FloatArray, variance: float, rng: np.random.Generator) -> Counts:
    if variance < NO_VARIANCE:
        return rng.poisson(mu)
    return rng.poisson(mu * rng.gamma(1.0 / variance, variance, len(mu)))


def _olre(mu: FloatArray, variance: float, rng: np.random.Generator) -> Counts:
    return rng.poisson(mu * np.exp(rng.normal(0.0, np.sqrt(variance), len(mu))))


# By family: counts of shape (n,) from means (n,) at the random effects of the groups, the
# family's variance parameter, and a generator.
FAMILIES: dict[str, Callable[[FloatArray, float, np.random.Generator], Counts]] = {
    "poisson": _poisson,
    "nb2": _nb2,
    "poisson-olre": _olre,
}


def draw_counts(
    design: Design,
    params: FloatArray,
    cov_re: FloatArray,
    rng: np.random.Generator,
    variance: float = 0.0,
) -> Counts:
    """Draw random effects and counts of a design, shape (n,).

    Parameters
    ----------
    params : ndarray, shape (p,)
    cov_re : ndarray, shape (q, q)
        May be singular.
    variance : float
        Of the family: 1 / theta of ``nb2``, that of the observation-level effects.

    Raises
    ------
    ConfigError
        For a family that has no entry in ``FAMILIES``, or a pseudo-response.
    """
    if design.family not in FAMILIES:
        raise ConfigError(f"counts of family {design.family!r} cannot be drawn")
    if design.response != "count":
        raise ConfigError("a pseudo-response has no distribution to draw from")
    values, vectors = np.linalg.eigh(cov_re)
    half = vectors * np.sqrt(np.maximum(values, 0.0))
    b = rng.standard_normal((design.n_groups, cov_re.shape[0])) @ half.T
    mu = np.exp(linear_predictor(design, params, b))
    return FAMILIES[design.family](mu, variance, rng)


def draw_replicates(
    design: Design,
    params: FloatArray,
    cov_re: FloatArray,
    replicates: int,
    seed: int,
    variance: float = 0.0,
) -> Counts:
    """Draw many count vectors, shape (replicates, n).

    Replicate k has the k-th stream spawned from ``seed``: it does not depend on how many there
    are, and can be drawn again alone.

    Raises
    ------
    ConfigError
        If ``replicates`` is not positive, or the family cannot be drawn.
    """
    if replicates < 1:
        raise ConfigError(f"replicates is {replicates}: ask for one at least")
    streams = np.random.SeedSequence(seed).spawn(replicates)
    return np.array(
        [
            draw_counts(design, params, cov_re, np.random.default_rng(stream), variance)
            for stream in streams
        ]
    )
