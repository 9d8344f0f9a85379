"""Random effects of mean zero and unit variance, in several shapes."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal

import numpy as np

from harness.design import FloatArray

Shape = Literal["normal", "heavy-tailed", "skewed"]
# Degrees of freedom of the heavy-tailed shape: kurtosis 9, as in McCulloch and Neuhaus (2011, Stat
# Sci 26:388), who study what such shapes do.
TAIL_DF = 5.0


def normal(rng: np.random.Generator, J: int, q: int) -> FloatArray:
    """Independent standard normal effects, shape (J, q)."""
    return rng.standard_normal((J, q))


def heavy_tailed(rng: np.random.Generator, J: int, q: int) -> FloatArray:
    """Multivariate t with 5 degrees of freedom, scaled to unit variance, shape (J, q).

    One chi2 a unit: what is outlying in its level is outlying in its slope too.
    """
    z, chi2 = rng.standard_normal((J, q)), rng.chisquare(TAIL_DF, J)
    return np.asarray(z * np.sqrt((TAIL_DF - 2.0) / chi2)[:, None])


def skewed(rng: np.random.Generator, J: int, q: int) -> FloatArray:
    """Exponential minus one, shape (J, q): skewness 2, no unit far below the others."""
    return rng.standard_exponential((J, q)) - 1.0


SHAPES: MappingProxyType[str, Callable[[np.random.Generator, int, int], FloatArray]]
SHAPES = MappingProxyType({"normal": normal, "heavy-tailed": heavy_tailed, "skewed": skewed})
