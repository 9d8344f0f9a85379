"""Panels and designs that can be fitted, however unlike one another; and every model."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, get_args

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from harness.design import Covariance, Design, Family, FloatArray, Random
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.segments import IMPACTS, two_step

HOSTILE_NAMES = (
    "a",
    "1",
    "01",
    "NA",
    "TRUE",
    "NULL",
    "if",
    "function",
    ".1x",
    "O'Brien",
    'the "B"',
    "a,b",
    "a;b\tc",
    "line\nbreak",
    "back\\slash",
    "`tick`",
    "=1+1",
    "~ 0 + x",
    "<b>x</b>",
    "<script>alert(1)</script>",
    "&amp;",
    "{{ x }}",
    "%d",
    "$x^2$",
    "Ynys Môn",
    "北京",
    "مصر",
    "👩‍👧",
)
# What the columns of a drawn panel are: ``Panel.from_frame(df, **ROLES)``.
ROLES: Mapping[str, Any] = MappingProxyType(
    {name: name for name in ("unit", "period", "count", "exposure", "event")}
)
FIRST_YEAR = 2000
EVENT_YEARS = 4

# Binomial takes the exposure for the number of trials, which counts drawn here may exceed.
OF_RATES = tuple(family for family in get_args(Family) if family != "binomial")


def four_stage_frame(
    units: Sequence[str] = ("a", "b"),
    before: int = 2,
    after: int = 2,
    baseline: float = 20.0,
    stages: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    sd: tuple[float, float] = (0.0, 0.0),
    corr: float = 0.0,
    missing: float = 0.0,
    exposure: float = 1.0,
    spread: float = 0.0,
    seed: int = 0,
    estimable: bool = True,
) -> pd.DataFrame:
    """Draw a long table from the two-step model with a random intercept and slope.

    Parameters
    ----------
    units : sequence of str
        Names; each unit gets its own event period.
    before, after : int
        Periods before and after the event period; two of each identify the four stages.
    baseline : float
        Expected count of a row at the typical exposure, before the event, of an average unit.
    stages : sequence of float, length 4
        True log rate ratios of pre, step0, step1 and post.
    sd : (float, float)
        True standard deviations of random intercept and random slope, log scale.
    corr : float
        Their correlation.
    missing : float
        Share of rows that are left out; the first unit keeps all of its rows, every other its
        event period.
    exposure, spread : float
        Typical exposure, and the standard deviation of its logarithm over units and rows.
    seed : int
        Of ``numpy.random.default_rng``.
    estimable : bool
        Whether the counts of the first unit are at least 1. Then every stage has a finite
        estimate; a period in which all counts are zero has none.

    Returns
    -------
    DataFrame, shape (n, 5)
        Columns ``unit``, ``period``, ``event``, ``count``, ``exposure``.
    """
    rng = np.random.default_rng(seed)
    width = before + 1 + after
    unit = np.repeat(np.arange(len(units)), width)
    t = np.tile(np.arange(-before, after + 1.0), len(units))
    event = FIRST_YEAR + rng.integers(0, EVENT_YEARS, len(units))[unit]
    E = exposure * np.exp(spread * (_normal(rng, len(units))[unit] + 0.1 * _normal(rng, len(t))))
    eta = np.log(baseline * E / exposure) + sum(
        rate * column for rate, column in zip(stages, two_step(t).values(), strict=True)
    )
    b = _normal(rng, len(units), 2) @ _half(sd, corr).T
    count = rng.poisson(np.exp(eta + b[unit, 0] + b[unit, 1] * t))
    count[unit == 0] = np.maximum(count[unit == 0], int(estimable))
    kept = (rng.random(len(t)) >= missing) | (unit == 0) | (t == 0)
    # A table of zeros is not a panel that can be fitted.
    count[0] += not count[kept].any()
    frame = pd.DataFrame(
        {
            "unit": np.array(units, dtype=object)[unit],
            "period": event + t.astype(np.int64),
            "event": event,
            "count": count,
            "exposure": E,
        }
    )
    return frame[kept].reset_index(drop=True)


def _normal(rng: np.random.Generator, *shape: int) -> FloatArray:
    return rng.standard_normal(shape)


def _half(sd: tuple[float, float], corr: float) -> FloatArray:
    """Lower Cholesky factor of the covariance of intercept and slope, shape (2, 2)."""
    return np.array([[sd[0], 0.0], [sd[1] * corr, sd[1] * np.sqrt(1.0 - corr**2)]])


def four_stage_design(
    units: int = 2,
    random: Random = "slope",
    covariance: Covariance = "unstructured",
    **truth: Any,
) -> Design:
    """Return the two-step design of ``four_stage_frame(u1, u2, ...)``.

    Parameters
    ----------
    units : int
        How many.
    random, covariance
        Of the model, see ``SegmentedPoisson``; the truth need not be the model.
    **truth
        Handed on to ``four_stage_frame``.
    """
    names = [f"u{k + 1:03d}" for k in range(units)]
    frame = four_stage_frame(names, **truth)
    window = (-truth.get("before", 2), truth.get("after", 2))
    model = SegmentedPoisson(window=window, random=random, covariance=covariance)
    return model.design(Panel.from_frame(frame, **ROLES))


def unit_names(min_size: int = 2, max_size: int = 6) -> st.SearchStrategy[list[str]]:
    """Names of units that files, R, HTML and templates choke on, no two of them lookalikes."""
    text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1)
    names = st.sampled_from(HOSTILE_NAMES) | text.filter(str.strip)
    return st.lists(names, min_size=min_size, max_size=max_size, unique_by=_looks)


def _looks(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _truths() -> dict[str, st.SearchStrategy[Any]]:
    """Arguments of ``four_stage_frame``, each shrinking to its plainest value."""
    rate = st.sampled_from((0.0, 0.1, -0.1, 0.5, -0.5))
    return {
        "before": st.integers(2, 4),
        "after": st.integers(2, 4),
        "baseline": st.sampled_from((20.0, 2.0, 0.3, 300.0, 10_000.0)),
        "stages": st.tuples(rate, rate, rate, rate),
        "sd": st.tuples(
            st.sampled_from((0.0, 0.3, 0.05, 1.0)), st.sampled_from((0.0, 0.1, 0.02, 0.3))
        ),
        "corr": st.sampled_from((0.0, 0.5, -0.5, 0.95, -0.95)),
        "missing": st.sampled_from((0.0, 0.1, 0.5)),
        "exposure": st.sampled_from((1.0, 1e6, 1e-3)),
        "spread": st.sampled_from((0.0, 1.0, 2.0)),
        "seed": st.integers(0, 2**16),
    }


def panels(
    *, min_units: int = 2, max_units: int = 6, estimable: bool = True
) -> st.SearchStrategy[pd.DataFrame]:
    """Valid long tables with hostile names of units, for ``Panel.from_frame(df, **ROLES)``.

    Parameters
    ----------
    min_units, max_units : int
    estimable : bool
        See ``four_stage_frame``.
    """
    names = unit_names(min_units, max_units)
    return st.builds(four_stage_frame, names, **_truths(), estimable=st.just(estimable))


def designs(
    *,
    min_units: int = 2,
    max_units: int = 8,
    random: Sequence[Random] = ("none", "intercept", "slope"),
    covariance: Sequence[Covariance] = ("unstructured", "diagonal"),
    estimable: bool = True,
) -> st.SearchStrategy[Design]:
    """Two-step designs: few units or more, rare counts or many, with and without random effects.

    Parameters
    ----------
    min_units, max_units : int
    random, covariance : sequence of str
        What to choose from.
    estimable : bool
        See ``four_stage_frame``.
    """
    return st.builds(
        four_stage_design,
        units=st.integers(min_units, max_units),
        random=st.sampled_from(random),
        covariance=st.sampled_from(covariance),
        **_truths(),
        estimable=st.just(estimable),
    )


def models() -> st.SearchStrategy[SegmentedPoisson]:
    """Every model of rates that ``SegmentedPoisson`` accepts; not each goes with each panel."""
    return st.builds(
        SegmentedPoisson,
        impact=st.sampled_from(tuple(IMPACTS)),
        window=st.tuples(st.integers(-4, -1), st.integers(0, 4)),
        random=st.sampled_from(get_args(Random)),
        covariance=st.sampled_from(get_args(Covariance)),
        family=st.sampled_from(OF_RATES),
    )
