"""The entries of a study file that describe a data-generating process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from harness.design import FloatArray
from harness.errors import ConfigError
from harness.segments import IMPACTS
from harness.simulation.processes.choice import Selection, Suppression
from harness.simulation.processes.layout import Layout, Plan
from harness.simulation.processes.process import Process
from harness.simulation.processes.shapes import Shape
from harness.simulation.processes.truth import Anticipation, Serial, Truth, intercept_for
from harness.sources.names import suggestion
from harness.study.parts import WHOLE_PANEL, Name, Part, Place, fault_at

Share = Field(default=0.0, ge=0, lt=1)
# Of one draw: a few gigabytes.
MOST_ROWS = 20_000_000
EVERYBODY = (WHOLE_PANEL,)


class DesignPart(Part):
    """A study that is planned; see ``harness.simulation.processes.layout.Plan``."""

    units: int = Field(ge=2, le=1_000_000)
    before: int = Field(default=3, ge=1, le=1000)
    after: int = Field(default=3, ge=0, le=1000)
    events: list[float] = Field(default=[1.0], min_length=1)
    calendar: tuple[int, int] | None = None
    exposure: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    spread: float = Field(default=0.0, ge=0, le=5)
    missing: float = Share
    late: float = Share
    late_by: int = Field(default=1, ge=1, le=1000)
    strata: dict[Name, float] | None = None

    @model_validator(mode="after")
    def _shares(self) -> DesignPart:
        for what, sizes in (("events", self.events), ("strata", (self.strata or {"": 1}).values())):
            if not all(np.isfinite(size) and size >= 0 for size in sizes) or not any(sizes):
                raise fault_at((what,), f"{what}: give numbers of units, none negative, not all 0")
        rows = self.units * (self.before + 1 + self.after)
        if rows > MOST_ROWS:
            text = f"{rows:,} rows: plan {MOST_ROWS:,} at most, with fewer units or periods"
            raise fault_at((), text)
        if self.calendar is not None and self.calendar[0] > self.calendar[1]:
            raise fault_at(("calendar",), "calendar: the first period lies after the last")
        return self

    def layout(self, seed: int, candidates: tuple[int, int] | None) -> Layout:
        """Return the layout."""
        given = self.model_dump(exclude={"strata", "events"})
        strata = tuple((self.strata or {WHOLE_PANEL: 1.0}).items())
        return Plan(
            **given, events=tuple(self.events), strata=strata, candidates=candidates, seed=seed
        ).layout()


class ObservedPart(Part):
    """The rows and exposures of one of the study's own panels: "my own units"."""

    indicator: Name
    stratum: str = WHOLE_PANEL


class RandomPart(Part):
    """Random effects: standard deviations on the log scale, their correlation and shape."""

    intercept: float | None = Field(default=None, ge=0, le=10)
    slope: float | None = Field(default=None, ge=0, le=10)
    correlation: float | None = Field(default=None, ge=-1, le=1)
    shape: Shape = "normal"

    def cov_re(self, fitted: np.ndarray | None) -> np.ndarray:
        """Covariance, shape (2, 2): what is given, and for the rest what was fitted."""
        sd, r = np.zeros(2), 0.0
        if fitted is not None and len(fitted):
            sd[: len(fitted)] = np.sqrt(np.maximum(np.diag(fitted), 0.0))
            if len(fitted) > 1 and sd.all():
                r = float(fitted[0, 1] / (sd[0] * sd[1]))
        for k, own in enumerate((self.intercept, self.slope)):
            sd[k] = sd[k] if own is None else own
        r = r if self.correlation is None else self.correlation
        return np.outer(sd, sd) * np.array([[1.0, r], [r, 1.0]])


class SerialPart(Part):
    """AR(1) noise of the log rate within a unit."""

    sd: float = Field(gt=0, le=10)
    rho: float = Field(gt=-1, lt=1)


class AnticipationPart(Part):
    """A change in the last periods before the event."""

    periods: int = Field(default=1, ge=1)
    percent: float = Field(gt=-100, allow_inf_nan=False)


class SelectionPart(Part):
    """An event that tends to come after a bad period."""

    first: int = Field(default=0, ge=0)
    last: int = Field(ge=0)
    strength: float = Field(ge=0, le=100)


class SuppressionPart(Part):
    """Small counts that are hidden."""

    lowest: int = Field(default=1, ge=0)
    highest: int = Field(default=5, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> SuppressionPart:
        if self.lowest > self.highest:
            raise ValueError(f"lowest {self.lowest} lies above highest {self.highest}")
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """An observed design, and what a fit of its counts found for what a process leaves open.

    Attributes
    ----------
    layout : Layout
    effects : mapping of term to float
    intercept, variance : float
    cov_re : ndarray, shape (q, q)
    """

    layout: Layout
    effects: Mapping[str, float]
    intercept: float
    cov_re: FloatArray
    variance: float


class ProcessPart(Part):
    """A data-generating process: a design, or an observed one, and the truth.

    ``percent`` is the change in % that every term of the impact model makes, 0 where it is not
    given (in an observed design: what was fitted); by stratum, ``{a: {step0: 5}, b: {step0: 9}}``.
    ``baseline`` is the expected count of a unit of median exposure in the last period before the
    event, in every stratum, its random effects being 0; where the event is chosen by the counts,
    in the last period before the first that it may fall into.
    """

    name: Name = "process"
    title: str = ""
    like: Name | None = None
    design: DesignPart | None = None
    observed: ObservedPart | None = None
    impact: str = "two-step"
    percent: dict[str, float | dict[str, float]] = Field(default_factory=dict)
    baseline: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    random: RandomPart = RandomPart()
    family: Literal["poisson", "nb2", "poisson-olre"] = "poisson"
    theta: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    sigma: float | None = Field(default=None, ge=0, le=10)
    serial: SerialPart | None = None
    anticipation: AnticipationPart | None = None
    selection: SelectionPart | None = None
    suppression: SuppressionPart | None = None

    @model_validator(mode="after")
    def _whole(self) -> ProcessPart:
        if (self.design is None) == (self.observed is None):
            raise ValueError("give one of design and observed")
        if self.design is not None and self.baseline is None:
            raise ValueError("a design needs its baseline: the expected count of a unit of median"
                             " exposure in the last period before the event")  # fmt: skip
        if self.impact not in IMPACTS:
            text = f"impact: {self.impact!r}: {suggestion(self.impact, list(IMPACTS))}"
            raise fault_at(("impact",), text)
        self._check_family()
        self._check_percent()
        if self.selection is not None:
            self._check_selection(self.selection)
        return self

    def _check_family(self) -> None:
        needs = {"poisson": None, "nb2": "theta", "poisson-olre": "sigma"}[self.family]
        for name in ("theta", "sigma"):
            if getattr(self, name) is not None and name != needs:
                text = f"{name} does not go with family {self.family!r}: leave it out"
                raise fault_at((name,), text)
        if needs is not None and getattr(self, needs) is None and self.observed is None:
            raise fault_at(("family",), f"family {self.family!r} needs its {needs}: add it")

    def _check_selection(self, selection: SelectionPart) -> None:
        text = None
        if self.design is None:
            text = "selection needs a design: in an observed one the events are known"
        elif self.anticipation is not None:
            text = "selection and anticipation do not go together: leave one out"
        elif self.design.events != [1.0]:
            text = "selection chooses the events: leave design.events out"
        elif selection.last <= selection.first:
            text = "selection.last must lie after selection.first: there is a choice then"
        if text is not None:
            raise fault_at(("selection",), text)

    def _check_percent(self) -> None:
        terms = list(IMPACTS[self.impact](np.zeros(1)))
        for name, value in self.percent.items():
            if not isinstance(value, dict):
                _check_change(("percent", name), value, terms)
                continue
            strata = () if self.design is None else tuple(self.design.strata or EVERYBODY)
            if strata and name not in strata:
                raise fault_at(("percent", name), f"percent.{name}: {suggestion(name, strata)}")
            for term, change in value.items():
                _check_change(("percent", name, term), change, terms)

    def effects(
        self, strata: tuple[str, ...], fitted: Mapping[str, float] | None = None
    ) -> dict[str, dict[str, float]]:
        """Log rate ratios by stratum and term."""
        common = {name: v for name, v in self.percent.items() if not isinstance(v, dict)}
        found = {}
        for stratum in strata:
            own = self.percent.get(stratum, {})
            given = {**common, **(own if isinstance(own, dict) else {})}
            logs = {term: float(np.log1p(change / 100.0)) for term, change in given.items()}
            found[stratum] = {**(fitted or {}), **logs}
        return found

    def process(self, seed: int, fitted: Fitted | None = None) -> Process:
        """Return the process.

        Parameters
        ----------
        seed : int
            Of what a design draws once.
        fitted : Fitted, optional
            Of the observed design.

        Raises
        ------
        HarnessError
            If the design leaves a unit without rows, or an observed one has no such stratum.
        """
        chosen, hidden = self.selection, self.suppression
        candidates = None if chosen is None else (chosen.first, chosen.last)
        if fitted is not None:
            layout = fitted.layout
            for name in (name for name, v in self.percent.items() if isinstance(v, dict)):
                if name not in layout.strata:
                    raise ConfigError(f"percent.{name}: {suggestion(name, layout.strata)}")
        else:
            assert self.design is not None
            layout = self.design.layout(seed, candidates)
        return Process(
            name=self.name,
            layout=layout,
            truth=self._truth(layout, fitted),
            selection=None if chosen is None else Selection(**chosen.model_dump()),
            suppression=None if hidden is None else Suppression(hidden.lowest, hidden.highest),
        )

    def _truth(self, layout: Layout, fitted: Fitted | None) -> Truth:
        effects = self.effects(layout.strata, None if fitted is None else fitted.effects)
        near, noise = self.anticipation, self.serial
        return Truth(
            impact=self.impact,
            effects=effects,
            intercepts=self._intercepts(layout, effects, fitted),
            cov_re=self.random.cov_re(None if fitted is None else fitted.cov_re),
            shape=self.random.shape,
            family=self.family,
            variance=self._variance(fitted),
            serial=None if noise is None else Serial(noise.sd, noise.rho),
            anticipation=None
            if near is None
            else Anticipation(near.periods, float(np.log1p(near.percent / 100))),
        )

    def _intercepts(
        self, layout: Layout, effects: Mapping[str, Mapping[str, float]], fitted: Fitted | None
    ) -> dict[str, float]:
        if self.baseline is None:
            assert fitted is not None
            return dict.fromkeys(layout.strata, fitted.intercept)
        # A design says its median, from which missing rows take nothing.
        median = float(np.median(layout.exposure)) if self.design is None else self.design.exposure
        rate = self.baseline / median
        return {name: intercept_for(rate, self.impact, own) for name, own in effects.items()}

    def _variance(self, fitted: Fitted | None) -> float:
        if self.theta is not None:
            return 1.0 / self.theta
        if self.sigma is not None:
            return self.sigma**2
        return 0.0 if fitted is None else fitted.variance


def _check_change(place: Place, change: float, terms: list[str]) -> None:
    said = ".".join(map(str, place))
    if place[-1] not in terms:
        raise fault_at(place, f"{said}: {suggestion(place[-1], terms)}")
    if not (np.isfinite(change) and change > -100):
        raise fault_at(place, f"{said} is {change:g}: give a change above -100 %")
