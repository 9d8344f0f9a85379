"""Who is in the panel at each t, and whether units that come and go make the result.

Late events and late series leave units without the last, or the first, periods of the window, so
the rows at each t come from other units. The model is refitted on the units that are there at
every t; a difference of a standard error or more says that the units, not the periods, make part
of the estimate. The units kept are part of those fitted before, so the difference has no test of
its own here; it is given in standard errors of the estimate on all units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from harness.errors import DesignError, FitFailure
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.scrutiny.refit import refit


@dataclass(frozen=True, slots=True)
class TermComposition:
    """A term on all units, and on those that are complete.

    Attributes
    ----------
    difference_se : float
        Complete minus all, in standard errors of the estimate on all.
    """

    term: str
    estimate: float
    se: float
    complete_estimate: float
    complete_se: float
    difference_se: float


@dataclass(frozen=True, slots=True)
class Composition:
    """Who is there when, and what the complete units say.

    Attributes
    ----------
    units_by_t : mapping of int to int
        Every t of the window, 0 where no unit is there.
    units, complete_units : int
        With a row in the window, and with one at every t of it.
    terms : tuple of TermComposition
        Empty where the complete units cannot be fitted.
    failure : str or None
        Why they cannot.
    """

    units_by_t: Mapping[int, int]
    units: int
    complete_units: int
    terms: tuple[TermComposition, ...]
    failure: str | None = None


def composition(panel: Panel, model: SegmentedPoisson) -> Composition:
    """Count the units at each t and refit on those that are complete.

    Raises
    ------
    DesignError, FitFailure
        If the model cannot be fitted on all units.
    """
    first, last = model.window
    inside = panel.frame[panel.t.between(first, last)]
    t = inside["period"] - inside["event"]
    by_t = {at: int((t == at).sum()) for at in range(first, last + 1)}
    rows = inside.groupby("unit").size()
    complete = rows.index[rows == last - first + 1]
    everyone = refit(model.design(panel))
    terms: tuple[TermComposition, ...] = ()
    failure = None
    try:
        kept = refit(model.design(only_units(panel, complete)))
    except (DesignError, FitFailure) as error:
        failure = _why(str(error), panel.source, len(complete))
    else:
        terms = tuple(_compared(name, everyone.of(name), kept.of(name)) for name in everyone.names)
    return Composition(by_t, len(rows), len(complete), terms, failure)


def only_units(panel: Panel, units: pd.Index[str]) -> Panel:
    """Return the rows of some units, at least one.

    Raises
    ------
    DesignError
        If there is none.
    """
    if units.empty:
        raise DesignError("no unit is there at every t of the window")
    rows = panel.frame[panel.frame["unit"].isin(units)].reset_index(drop=True)
    return Panel(rows, panel.source, panel.dropped, panel.columns)


def _why(reason: str, source: str, units: int) -> str:
    if not units:
        return reason
    return f"the {units} complete units cannot be fitted: {reason.removeprefix(f'{source}: ')}"


def _compared(
    term: str, everyone: tuple[float, float], kept: tuple[float, float]
) -> TermComposition:
    (estimate, se), (complete, complete_se) = everyone, kept
    return TermComposition(
        term, estimate, se, complete, complete_se, difference_se=(complete - estimate) / se
    )
