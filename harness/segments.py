"""Impact models: time to the event turned into columns."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.design import FloatArray
from harness.errors import ConfigError

Impact = Literal["two-step"]


def two_step(t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Return the four stages of the two-step impact model.

    Parameters
    ----------
    t : array_like, shape (n,)
        Periods since the unit's own event (negative before it).

    Returns
    -------
    dict of ndarray, shape (n,)
        ``pre`` = min(t, -1), ``step0`` = 1[t >= 0], ``step1`` = 1[t >= 1],
        ``post`` = max(t - 1, 0). Each coefficient is one stage's log rate ratio per period;
        over a window they tile every step from one period to the next exactly once.
    """
    t = np.asarray(t, dtype=np.float64)
    return {
        "pre": np.minimum(t, -1.0),
        "step0": (t >= 0).astype(np.float64),
        "step1": (t >= 1).astype(np.float64),
        "post": np.maximum(t - 1.0, 0.0),
    }


IMPACTS: MappingProxyType[str, Callable[[npt.ArrayLike], dict[str, FloatArray]]]
IMPACTS = MappingProxyType({"two-step": two_step})


def stage_columns(impact: str, t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Return the columns of an impact model by name, without the intercept."""
    if impact not in IMPACTS:
        raise ConfigError(f"impact model {impact!r} is not known: use one of {', '.join(IMPACTS)}")
    return IMPACTS[impact](t)
