"""Panels that break things, each with the name of what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from harness.design import Design, Random
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.testing.strategies.regular import FIRST_YEAR, ROLES, four_stage_frame

Outcome = Literal[
    "fit", "fit or collinear", "boundary", "no finite estimate", "panel error", "design error"
]
Change = Callable[[pd.DataFrame], pd.DataFrame]
# A mean per row, and a spread between units, at which every stage is estimated well.
USUAL: Mapping[str, Any] = MappingProxyType({"baseline": 20.0, "sd": (0.3, 0.05)})
DAYS = 365


@dataclass(frozen=True)
class Pathology:
    """A kind of panel that breaks things.

    Attributes
    ----------
    outcome : str
        What must come of it: ``fit``, a certified maximum, inside or on the boundary;
        ``fit or collinear``, that, or an error of the fit that names columns which the counts
        cannot tell apart; ``boundary``, one that is flagged singular; ``no finite estimate``, an
        error of the fit that names the term, or a flag at the estimate; ``panel error`` and
        ``design error``, an error in one line before anything is fitted.
    change : callable
        From a usual table to this one.
    truth : mapping
        Arguments of ``four_stage_frame`` that are not the usual ones.
    units : int, optional
        How many units it always has.
    """

    outcome: Outcome
    change: Change = lambda frame: frame
    truth: Mapping[str, Any] = field(default_factory=dict)
    units: int | None = None


def _silent(*t: int) -> Change:
    """No unit counts anything at these times to the event."""
    return lambda frame: frame.assign(
        count=np.where((frame["period"] - frame["event"]).isin(t), 0, frame["count"])
    )


def _first(column: str, value: object) -> Change:
    """The second row holds something else in a column."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        cells = frame[column].astype(object)
        cells.iloc[1] = value
        return frame.assign(**{column: cells})

    return change


def _without(column: str) -> Change:
    """The last unit has nothing in a column."""
    return lambda frame: frame.assign(
        **{column: frame[column].astype(object).where(frame["unit"] != frame["unit"].iloc[-1])}
    )


def _one_event(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(period=frame["period"] - frame["event"] + FIRST_YEAR, event=FIRST_YEAR)


def _in_days(frame: pd.DataFrame) -> pd.DataFrame:
    t = frame["period"] - frame["event"]
    return frame.assign(period=frame["event"] * DAYS + t * DAYS, event=frame["event"] * DAYS)


def _alike(frame: pd.DataFrame) -> pd.DataFrame:
    """Every unit has the counts of the first."""
    own = frame["count"][frame["unit"] == frame["unit"].iloc[0]].to_numpy()
    return frame.assign(count=np.tile(own, len(frame) // len(own)), exposure=1.0)


def _one_case(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(count=(np.arange(len(frame)) == 0).astype(int))


def _outlier(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(count=np.where(np.arange(len(frame)) == 1, 10**7, frame["count"]))


def _silent_unit(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(count=frame["count"].where(frame["unit"] != frame["unit"].iloc[-1], 0))


PATHOLOGIES: Mapping[str, Pathology] = MappingProxyType(
    {
        # A fit, though it costs some engines their way.
        "usual": Pathology("fit"),
        "two units": Pathology("fit", units=2),
        "one event for all": Pathology("fit", _one_event),
        "counts near 1e9": Pathology("fit", truth={"baseline": 1e9}),
        "rare counts": Pathology("fit", truth={"baseline": 1e-3}),
        "exposures from 1e-9 to 1e9": Pathology("fit", truth={"spread": 8.0, "exposure": 1.0}),
        "an exposure of 1e300": Pathology("fit", truth={"exposure": 1e300}),
        "an exposure of 1e-300": Pathology("fit", truth={"exposure": 1e-300}),
        "half of the rows missing": Pathology("fit", truth={"missing": 0.5}),
        "time in days": Pathology("fit", _in_days),
        "effects of a factor of 20": Pathology("fit", truth={"stages": (3.0, -3.0, 3.0, -3.0)}),
        # Where all counts but those of a unit or two are zero, one covariance fits them alone.
        "wide random effects": Pathology("fit or collinear", truth={"sd": (5.0, 1.0)}),
        "perfectly correlated effects": Pathology("fit", truth={"corr": 1.0}),
        "one count of ten million": Pathology("fit", _outlier),
        "a unit without a count": Pathology("fit", _silent_unit),
        # No variation between units: the variances are zero, and that is said.
        "units all alike": Pathology("boundary", _alike),
        # No maximum at finite estimates.
        "no count in the event period": Pathology("no finite estimate", _silent(0)),
        "no count before": Pathology("no finite estimate", _silent(-4, -3, -2, -1)),
        "no count after": Pathology("no finite estimate", _silent(1, 2, 3, 4)),
        "one case": Pathology("no finite estimate", _one_case),
        # Nothing to fit.
        "one unit": Pathology("design error", units=1),
        "no case": Pathology("design error", lambda frame: frame.assign(count=0)),
        "one period before": Pathology("design error", truth={"before": 1}),
        "one period after": Pathology("design error", truth={"after": 1}),
        "nothing before the event": Pathology("design error", truth={"before": 0}),
        "nothing after the event": Pathology("design error", truth={"after": 0}),
        # No panel.
        "rows twice": Pathology("panel error", lambda frame: pd.concat([frame, frame.tail(1)])),
        "no rows": Pathology("panel error", lambda frame: frame.head(0)),
        "a unit that never had an event": Pathology("panel error", _without("event")),
        "a unit with two events": Pathology("panel error", _first("event", FIRST_YEAR + 50)),
        "no exposure": Pathology("panel error", _first("exposure", None)),
        "an exposure of 0": Pathology("panel error", _first("exposure", 0.0)),
        "a negative exposure": Pathology("panel error", _first("exposure", -1.0)),
        "an infinite exposure": Pathology("panel error", _first("exposure", float("inf"))),
        "a negative count": Pathology("panel error", _first("count", -1)),
        "a count that is not whole": Pathology("panel error", _first("count", 1.5)),
        "an infinite count": Pathology("panel error", _first("count", float("inf"))),
        "a count in words": Pathology("panel error", _first("count", "twelve")),
        "a unit without a name": Pathology("panel error", _first("unit", " ")),
        "a period that is not whole": Pathology("panel error", _first("period", 2001.5)),
        "a period beyond 64 bits": Pathology("panel error", _first("period", 10**20)),
    }
)
# Without random effects nothing is the matter.
ABOUT_RANDOM_EFFECTS = frozenset({"one unit", "units all alike"})


@dataclass(frozen=True)
class Pathological:
    """One panel of a kind that breaks things.

    Attributes
    ----------
    kind : str
        A key of ``PATHOLOGIES``.
    units, before, after : int
        Where the kind has no number of its own.
    seed : int
        Of ``numpy.random.default_rng``.
    random : {"none", "intercept", "slope"}
        Of the model.
    """

    kind: str = "usual"
    units: int = 3
    before: int = 2
    after: int = 2
    seed: int = 0
    random: Random = "slope"

    @property
    def outcome(self) -> Outcome:
        """What must come of it; see ``Pathology``."""
        if self.random == "none" and self.kind in ABOUT_RANDOM_EFFECTS:
            return "fit"
        return PATHOLOGIES[self.kind].outcome

    @property
    def window(self) -> tuple[int, int]:
        """The model's window: all of the rows."""
        truth = self._truth
        unit = DAYS if self.kind == "time in days" else 1
        return -max(truth["before"], 1) * unit, truth["after"] * unit

    @property
    def _truth(self) -> dict[str, Any]:
        own = {"before": self.before, "after": self.after, "seed": self.seed}
        return {**USUAL, **own, **PATHOLOGIES[self.kind].truth}

    def frame(self) -> pd.DataFrame:
        """Return the table, for ``Panel.from_frame(frame, **ROLES)``."""
        kind = PATHOLOGIES[self.kind]
        names = [f"u{k + 1:03d}" for k in range(kind.units or self.units)]
        return kind.change(four_stage_frame(names, **self._truth)).reset_index(drop=True)

    def model(self) -> SegmentedPoisson:
        """Return the two-step model over all of the rows."""
        return SegmentedPoisson(window=self.window, random=self.random)

    def design(self) -> Design:
        """Return the design.

        Raises
        ------
        PanelError, DesignError
            Where ``outcome`` says so.
        """
        return self.model().design(Panel.from_frame(self.frame(), **ROLES))


def pathologies(
    outcomes: Collection[Outcome] | None = None, *, max_units: int = 6
) -> st.SearchStrategy[Pathological]:
    """Panels of every kind that breaks things.

    Parameters
    ----------
    outcomes : collection of str, optional
        Kinds of which this must come; all by default.
    max_units : int
        At least 3: kinds that have another number of units keep theirs.
    """
    kinds = [
        name for name, kind in PATHOLOGIES.items() if outcomes is None or kind.outcome in outcomes
    ]
    randoms: tuple[Random, ...] = ("slope", "intercept", "none")
    return st.builds(
        Pathological,
        kind=st.sampled_from(kinds),
        units=st.integers(3, max_units),
        before=st.integers(2, 4),
        after=st.integers(2, 4),
        seed=st.integers(0, 2**16),
        random=st.sampled_from(randoms),
    )
