"""Impact models: time to the event turned into columns.

What an event can do to a series (Lopez Bernal, Cummins and Gasparrini 2017, Int J Epidemiol 46:348,
figure 2), as columns of t, periods since the unit's own event. The event falls within period 0,
which is therefore the first that it can change. Every impact model here is a special case of
``two-step``, whose columns leave the path from -1 to 1 free:

    none < level, slope, lagged-slope, temporary-level, temporary-slope < two-step
    level, slope, lagged-slope < level-slope < two-step
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.design import FloatArray
from harness.errors import ConfigError

Impact = Literal[
    "two-step",
    "level",
    "slope",
    "level-slope",
    "lagged-slope",
    "temporary-level",
    "temporary-slope",
    "none",
]
# Columns that are there without an event; every other column is what the event does.
BACKGROUND = frozenset({"pre", "trend"})


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


def no_event(t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Constant trend, no event: ``trend`` = t."""
    return {"trend": np.array(t, dtype=np.float64)}


def level(t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Level change: ``trend`` = t, ``level`` = 1[t >= 0]."""
    columns = no_event(t)
    return {**columns, "level": (columns["trend"] >= 0).astype(np.float64)}


def slope(t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Slope change: ``trend`` = t, ``slope`` = max(t + 1, 0).

    The path bends at the last period before the event, so that the step into the event period is
    the first that differs.
    """
    columns = no_event(t)
    return {**columns, "slope": np.maximum(columns["trend"] + 1.0, 0.0)}


def level_slope(t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Level and slope change: ``trend`` = t, ``level`` = 1[t >= 0], ``slope`` = max(t, 0).

    ``level`` is the whole departure from the old trend in the event period, ``slope`` what every
    later period adds to it.
    """
    columns = level(t)
    return {**columns, "slope": np.maximum(columns["trend"], 0.0)}


def lagged_slope(t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Slope change after a lag of one period: ``trend`` = t, ``slope`` = max(t, 0)."""
    columns = no_event(t)
    return {**columns, "slope": np.maximum(columns["trend"], 0.0)}


def temporary_level(t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Level change that lasts the event period only: ``trend`` = t, ``level`` = 1[t = 0]."""
    columns = no_event(t)
    return {**columns, "level": (columns["trend"] == 0).astype(np.float64)}


def temporary_slope(t: npt.ArrayLike) -> dict[str, FloatArray]:
    """Slope change that ends: ``trend`` = t, ``slope`` = min(max(t + 1, 0), 2).

    It covers the steps into the event period and into the period after it, then the old slope
    returns and the level that was reached stays. These are the two steps of the two-step model,
    made equal: the shortest change of slope that is not a change of level.
    """
    columns = no_event(t)
    return {**columns, "slope": np.clip(columns["trend"] + 1.0, 0.0, 2.0)}


IMPACTS: MappingProxyType[str, Callable[[npt.ArrayLike], dict[str, FloatArray]]]
IMPACTS = MappingProxyType(
    {
        "two-step": two_step,
        "level": level,
        "slope": slope,
        "level-slope": level_slope,
        "lagged-slope": lagged_slope,
        "temporary-level": temporary_level,
        "temporary-slope": temporary_slope,
        "none": no_event,
    }
)


def stratum_term(stage: str, stratum: str) -> str:
    """Return the name of a stratum's own stage in a model of all strata."""
    return f"{stage}[{stratum}]"


def stage_columns(
    impact: str, t: npt.ArrayLike, share: npt.ArrayLike | None = None
) -> dict[str, FloatArray]:
    """Return the columns of an impact model by name, without the intercept.

    Parameters
    ----------
    impact : str
        One of ``IMPACTS``.
    t : array_like, shape (n,)
        Periods since the unit's own event.
    share : array_like, shape (n,), optional
        Share of the unit's event period that was left after the event, above 0 and up to 1. In the
        event period (t = 0) it multiplies every column that the event brings: ``step0`` is the
        share there and 1 from the next period on. Without it the event fills its period. Where
        shares differ between units, ``two-step`` is no longer the general case of those with a
        trend: a step into the event period that is shared out is no part of a common trend.

    Raises
    ------
    ConfigError
        For an unknown impact model.
    """
    if impact not in IMPACTS:
        raise ConfigError(f"impact model {impact!r} is not known: use one of {', '.join(IMPACTS)}")
    columns = IMPACTS[impact](t)
    if share is None:
        return columns
    exposed = np.where(np.asarray(t) == 0, np.asarray(share, dtype=np.float64), 1.0)
    return {
        name: column if name in BACKGROUND else column * exposed for name, column in columns.items()
    }
