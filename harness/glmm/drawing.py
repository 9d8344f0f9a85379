"""Counts drawn from a fitted model, every replicate from a stream of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from harness.design import Design, FloatArray
from harness.errors import ConfigError
from harness.glmm.prediction import linear_predictor

Counts = npt.NDArray[np.int64]


def _poisson(mu: FloatArray, extra: FloatArray, rng: np.random.Generator) -> Counts:
    return rng.poisson(mu)


# By family: counts of shape (n,) from means (n,), the family's own parameters as they stand at
# the end of psi, and a generator.
FAMILIES: dict[str, Callable[[FloatArray, FloatArray, np.random.Generator], Counts]] = {
    "poisson": _poisson
}
NO_PARAMETERS: FloatArray = np.zeros(0)


def draw_counts(
    design: Design,
    params: FloatArray,
    cov_re: FloatArray,
    rng: np.random.Generator,
    extra: FloatArray = NO_PARAMETERS,
) -> Counts:
    """Draw random effects and counts of a design, shape (n,).

    Parameters
    ----------
    params : ndarray, shape (p,)
    cov_re : ndarray, shape (q, q)
        May be singular.
    extra : ndarray
        The family's own parameters.

    Raises
    ------
    ConfigError
        For a family that has no entry in ``FAMILIES``.
    """
    if design.family not in FAMILIES:
        raise ConfigError(f"counts of family {design.family!r} cannot be drawn")
    values, vectors = np.linalg.eigh(cov_re)
    half = vectors * np.sqrt(np.maximum(values, 0.0))
    b = rng.standard_normal((design.n_groups, cov_re.shape[0])) @ half.T
    mu = np.exp(linear_predictor(design, params, b))
    return FAMILIES[design.family](mu, np.asarray(extra), rng)


def draw_replicates(
    design: Design,
    params: FloatArray,
    cov_re: FloatArray,
    replicates: int,
    seed: int,
    extra: FloatArray = NO_PARAMETERS,
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
            draw_counts(design, params, cov_re, np.random.default_rng(stream), extra)
            for stream in streams
        ]
    )
