"""SegmentedPoisson: the model as a user states it, and the Design it makes of a panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from harness.design import Covariance, Design, Family, FloatArray, Random, Response
from harness.errors import ConfigError, DesignError
from harness.panel import Panel
from harness.segments import IMPACTS, stage_columns, stratum_term

# Columns of the random effects of each choice.
RANDOM_TERMS: dict[Random, tuple[str, ...]] = {
    "none": (),
    "intercept": ("intercept",),
    "slope": ("intercept", "t"),
    "step": ("intercept", "t", "step0"),
}


@dataclass(frozen=True, slots=True)
class SegmentedPoisson:
    """A multilevel segmented Poisson model.

    Parameters
    ----------
    impact : str
        Impact model; see ``harness.segments.IMPACTS``.
    window : (int, int)
        First and last period around the event that enter, both included.
    random : {"none", "intercept", "slope", "step"}
        Random effects of the unit: none, an intercept, an intercept and a slope in t, or these and
        a step at the event, ``step0`` = 1[t >= 0], by which units differ in what the event does.
    covariance : {"unstructured", "diagonal"}
        Of the random effects. A diagonal one depends on the origin of t, here the event.
    family : {"poisson", "nb2", "poisson-olre", "binomial"}
        ``binomial`` takes the exposure for the number of trials; effects are log odds ratios.
    response : {"count", "pseudo"}
        Counts with an exposure; or, with family ``poisson``, amounts and rates that need not be
        whole numbers (Poisson pseudo-likelihood), whose estimates depend on their unit.
    scale : str, optional
        Unit of a pseudo-response, such as ``"2019 GBP per child"``: needed there, and only there.
    calendar : bool
        Whether every period of the rows but the first has an effect of its own beside the stages,
        ``period_<p>`` = 1[period = p]. Stages and periods are told apart by units with earlier and
        later events; the linear part of the two by comparisons between such units alone, and so
        only as far as the random intercept has nothing to do with the time of the event.
    event_share : bool
        Whether the event counts by the share of its period that was left, the panel's column
        ``share``; see ``harness.segments.stage_columns``. A choice of the model, not of the panel,
        so that one panel serves both.
    by_stratum : bool
        Whether every stratum has an intercept and stages of its own, ``step0[<stratum>]``, under
        one covariance of the random effects: strata compared within one model.

    Raises
    ------
    ConfigError
        For a value that is not one of these, a window without a period on either side, or a
        pseudo-response without its scale.
    """

    impact: str = "two-step"
    window: tuple[int, int] = (-3, 3)
    random: Random = "slope"
    covariance: Covariance = "unstructured"
    family: Family = "poisson"
    response: Response = "count"
    scale: str | None = None
    calendar: bool = False
    event_share: bool = False
    by_stratum: bool = False

    def __post_init__(self) -> None:
        for name, known in (
            ("impact", tuple(IMPACTS)),
            ("random", get_args(Random)),
            ("covariance", get_args(Covariance)),
            ("family", get_args(Family)),
            ("response", get_args(Response)),
        ):
            if getattr(self, name) not in known:
                raise ConfigError(
                    f"{name} {getattr(self, name)!r} is not known: use one of {', '.join(known)}"
                )
        first, last = self._bounds()
        if first > -1 or last < 0:
            raise ConfigError(
                f"window [{first}, {last}] needs periods before the event and the event itself:"
                " the first must be -1 or less, the last 0 or more"
            )
        self._check_pseudo()

    def _bounds(self) -> tuple[int, int]:
        match self.window:
            case (int() as first, int() as last):
                return first, last
        raise ConfigError(
            f"window {self.window!r} must be two whole numbers, first and last period around the"
            " event, such as (-3, 3)"
        )

    def _check_pseudo(self) -> None:
        if self.response == "count":
            if self.scale is not None:
                raise ConfigError(
                    f"scale {self.scale!r} goes with response 'pseudo' only: counts have no unit"
                )
            return
        if not self.scale:
            raise ConfigError(
                "response 'pseudo' needs its scale, on which its estimates depend, such as"
                ' scale="2019 GBP per child"'
            )
        if self.family != "poisson":
            raise ConfigError(
                f"response 'pseudo' goes with family 'poisson', not {self.family!r}: choose one"
            )

    def design(self, panel: Panel) -> Design:
        """Return the arrays of this model on a panel, rows outside the window left out.

        Raises
        ------
        DesignError
            If no row falls before, or none at or after, the event within the window; if the panel
            lacks the counts or the shares that the model is about; if calendar effects cannot be
            told from the stages; or for any reason that ``Design`` gives.
        """
        rows = panel.frame[panel.t.between(*self.window)]
        t = (rows["period"] - rows["event"]).to_numpy(dtype=np.float64)
        self._check_window(t, panel.source)
        share = self._share(rows, panel.source)
        stages = {"intercept": np.ones_like(t), **stage_columns(self.impact, t, share)}
        _check_stages(stages, t, panel.source)
        if self.by_stratum:
            stages = _stratum_columns(stages, rows, panel.source)
        if self.calendar:
            stages |= _calendar_columns(stages, rows["period"], panel.source)
        z = {
            "intercept": np.ones_like(t),
            "t": t,
            "step0": stage_columns("level", t, share)["level"],
        }
        names = RANDOM_TERMS[self.random]
        exposure = rows["exposure"].to_numpy(dtype=np.float64)
        trials = exposure if self.family == "binomial" else None
        return Design(
            endog=rows[self._measured(panel)].to_numpy(),
            exog=np.column_stack(list(stages.values())),
            groups=rows["unit"].to_numpy(),
            exog_re=np.column_stack([z[name] for name in names]) if names else None,
            offset=np.log(exposure) if trials is None else None,
            exog_names=list(stages),
            exog_re_names=names or None,
            family=self.family,
            covariance=self.covariance,
            random=self.random,
            response=self.response,
            trials=trials,
        )

    def _measured(self, panel: Panel) -> str:
        """Column of the response; a pseudo-response may be counted as well."""
        if self.response == "count" and panel.response == "value":
            raise DesignError(
                f"{panel.source}: the panel holds values, not counts: say response='pseudo' with"
                " their scale"
            )
        return panel.response

    def _share(self, rows: pd.DataFrame, source: str) -> FloatArray | None:
        if not self.event_share:
            return None
        if "share" not in rows:
            raise DesignError(
                f"{source}: the panel has no shares of the event period, which event_share asks"
                " for: name their column as share"
            )
        return rows["share"].to_numpy(dtype=np.float64)

    def _check_window(self, t: np.ndarray, source: str) -> None:
        first, last = self.window
        for side, there in (("before", (t < 0).any()), ("at or after", (t >= 0).any())):
            if not there:
                raise DesignError(
                    f"{source}: no period {side} the event lies in the window [{first}, {last}]:"
                    " widen the window or check the event column"
                )


def _check_stages(stages: dict[str, FloatArray], t: FloatArray, source: str) -> None:
    """Check that the rows at hand tell the stages apart."""
    columns = np.column_stack(list(stages.values()))
    if np.linalg.matrix_rank(columns) == columns.shape[1]:
        return
    there = ", ".join(str(int(at)) for at in np.unique(t))
    raise DesignError(
        f"{source}: within the window there are rows at {there} periods from the event only, which"
        f" cannot tell the stages {', '.join(list(stages)[1:])} apart: widen the window, or add"
        " the periods that are missing"
    )


def _stratum_columns(
    stages: dict[str, FloatArray], rows: pd.DataFrame, source: str
) -> dict[str, FloatArray]:
    """Return every column once for each stratum, zero elsewhere."""
    if "stratum" not in rows:
        raise DesignError(
            f"{source}: the panel has no strata, which by_stratum asks for: name their column as"
            " stratum"
        )
    if rows["stratum"].isna().any():
        unit = rows["unit"][rows["stratum"].isna()].iloc[0]
        raise DesignError(f"{source}: unit {unit!r} has no stratum, which by_stratum asks for")
    names = sorted(set(rows["stratum"]))
    if len(names) < 2:
        raise DesignError(f"{source}: there is one stratum only, which by_stratum cannot compare")
    columns: dict[str, FloatArray] = {}
    for stratum in names:
        inside = (rows["stratum"] == stratum).to_numpy()
        t = (rows["period"] - rows["event"]).to_numpy(dtype=np.float64)[inside]
        own = {name: column[inside] for name, column in stages.items()}
        _check_stages(own, t, f"{source}, stratum {stratum!r}")
        columns |= {
            stratum_term(name, stratum): np.where(inside, column, 0.0)
            for name, column in stages.items()
        }
    return columns


def _calendar_columns(
    stages: dict[str, FloatArray], period: pd.Series[int], source: str
) -> dict[str, FloatArray]:
    """Return an indicator of each period but the first, the reference.

    No other is left out: where periods and stages are collinear, the stages' estimates would
    depend on which period that were.
    """
    indicators = {f"period_{p}": np.where(period == p, 1.0, 0.0) for p in sorted(set(period))[1:]}
    columns = np.column_stack([*stages.values(), *indicators.values()])
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        raise DesignError(
            f"{source}: effects of calendar periods cannot be told from the stages"
            f" {', '.join(list(stages)[1:])}: units need their events in different periods, with"
            " periods in common; leave calendar out"
        )
    return indicators
