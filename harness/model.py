"""SegmentedPoisson: the model as a user states it, and the Design it makes of a panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from harness.design import Covariance, Design, Family, FloatArray, Random
from harness.errors import ConfigError, DesignError
from harness.panel import Panel
from harness.segments import IMPACTS, stage_columns


@dataclass(frozen=True, slots=True)
class SegmentedPoisson:
    """A multilevel segmented Poisson model.

    Parameters
    ----------
    impact : str
        Impact model; see ``harness.segments.IMPACTS``.
    window : (int, int)
        First and last period around the event that enter, both included.
    random : {"none", "intercept", "slope"}
        Random effects of the unit: none, an intercept, or an intercept and a slope in t.
    covariance : {"unstructured", "diagonal"}
        Of intercept and slope. A diagonal one depends on the origin of t, here the event.
    family : {"poisson", "nb2", "poisson-olre"}
    response : {"count"}
        Counts with an exposure.

    Raises
    ------
    ConfigError
        For a value that is not one of these, or a window without a period on either side.
    """

    impact: str = "two-step"
    window: tuple[int, int] = (-3, 3)
    random: Random = "slope"
    covariance: Covariance = "unstructured"
    family: Family = "poisson"
    response: Literal["count"] = "count"

    def __post_init__(self) -> None:
        for name, known in (
            ("impact", tuple(IMPACTS)),
            ("random", get_args(Random)),
            ("covariance", get_args(Covariance)),
            ("family", get_args(Family)),
            ("response", ("count",)),
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

    def _bounds(self) -> tuple[int, int]:
        match self.window:
            case (int() as first, int() as last):
                return first, last
        raise ConfigError(
            f"window {self.window!r} must be two whole numbers, first and last period around the"
            " event, such as (-3, 3)"
        )

    def design(self, panel: Panel) -> Design:
        """Return the arrays of this model on a panel, rows outside the window left out.

        Raises
        ------
        DesignError
            If no row falls before, or none at or after, the event within the window, or for
            any reason that ``Design`` gives.
        """
        rows = panel.frame[panel.t.between(*self.window)]
        t = (rows["period"] - rows["event"]).to_numpy(dtype=np.float64)
        self._check_window(t, panel.source)
        stages = {"intercept": np.ones_like(t), **stage_columns(self.impact, t)}
        _check_stages(stages, t, panel.source)
        slopes = {"none": [], "intercept": ["intercept"], "slope": ["intercept", "t"]}
        z = {"intercept": np.ones_like(t), "t": t}
        names = slopes[self.random]
        return Design(
            endog=rows["count"].to_numpy(),
            exog=np.column_stack(list(stages.values())),
            groups=rows["unit"].to_numpy(),
            exog_re=np.column_stack([z[name] for name in names]) if names else None,
            offset=np.log(rows["exposure"].to_numpy()),
            exog_names=list(stages),
            exog_re_names=names or None,
            family=self.family,
            covariance=self.covariance,
            random=self.random,
        )

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
