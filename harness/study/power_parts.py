"""The entry ``power`` of a study file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from harness.engines import engine
from harness.errors import HarnessError
from harness.simulation.methods import COMPILED
from harness.simulation.power.decisions import DRAWS, Test
from harness.simulation.power.search import scale_of
from harness.study.parts import EngineName, Part, Place, fault_at
from harness.study.process_parts import DesignPart, ProcessPart
from harness.study.simulation_parts import MethodPart
from harness.yaml_file import one_line

# A whole number of draws, but for the rounding of alpha.
ROUNDING = 1e-9
# Points of a curve along one axis.
MOST_VALUES = 1000
# What a curve can run over: where it stands in the process, and its label. ``percent`` is the
# effect of the term that is tested.
AXES = {
    "units": "Number of units",
    "before": "Periods before the event",
    "after": "Periods after the event period",
    "baseline": "Expected count of a unit before the event",
    "percent": "Effect, % change",
    "slope": "Standard deviation of the random slope",
    "intercept": "Standard deviation of the random intercept",
    "theta": "Theta of the negative binomial",
    "sigma": "Standard deviation of the observation effects",
}
Axis = Literal[
    "units", "before", "after", "baseline", "percent", "slope", "intercept", "theta", "sigma"
]


class SearchPart(Part):
    """What to search over, and between which values."""

    over: Literal["units", "before", "after", "baseline", "percent"]
    between: tuple[float, float]
    evaluations: int = Field(default=12, ge=3, le=100)

    @model_validator(mode="after")
    def _in_order(self) -> SearchPart:
        try:
            scale_of(self.over, self.between)
        except HarnessError as error:
            raise fault_at(("between",), str(error)) from None
        return self


class AuditPart(Part):
    """The engine that refits a random share of the replicates."""

    engine: EngineName | None = None
    share: float = Field(default=0.1, gt=0, le=1)
    most: int = Field(default=100, ge=1)


class Power(Part):
    """A power analysis: a process, a contrast, a test, and what to vary.

    ``term`` is the term whose effect ``percent`` is about; by default the first of the contrast.
    """

    process: ProcessPart
    method: MethodPart = MethodPart()
    contrast: str
    term: str | None = None
    test: Test = "wald-t"
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    target: float = Field(default=0.8, gt=0.5, lt=1)
    replicates: int = Field(default=1000, ge=1, le=10_000_000)
    half_width: float | None = Field(default=None, gt=0, lt=0.5)
    vary: dict[Axis, Annotated[list[float], Field(max_length=MOST_VALUES)]] = Field(
        default_factory=dict, max_length=2
    )
    search: SearchPart | None = None
    detectable: SearchPart | None = None
    audit: AuditPart | None = AuditPart()

    @model_validator(mode="after")
    def _about_one_process(self) -> Power:
        if self.process.like is not None:
            raise fault_at(("process", "like"), "process.like: goes with simulate.processes only")
        for axis, values in self.vary.items():
            if not values or len(set(values)) < len(values):
                raise fault_at(("vary", axis), f"vary.{axis}: give different values, one at least")
            self._check_values(("vary", axis), axis, values)
        for name in ("search", "detectable"):
            part: SearchPart | None = getattr(self, name)
            if part is not None:
                self._check_values((name, "between"), part.over, part.between)
        if self.detectable is not None and self.detectable.over != "percent":
            raise fault_at(("detectable", "over"), "detectable is an effect: say over: percent")
        self._check_test()
        return self

    def _check_values(self, place: Place, axis: str, values: Sequence[float]) -> None:
        for value in values:
            try:
                self.at({axis: value})
            except ValueError as error:
                raise fault_at(place, f"{'.'.join(map(str, place))}: {error}") from None

    def _check_test(self) -> None:
        fits, text = engine(self.method.engine), None
        if self.method.small_sample:
            text = "method.small_sample: the test decides it: say test: wald-t"
        elif self.test in ("lr", "bootstrap") and fits.estimator != "maximum likelihood":
            text = f"test {self.test!r} needs a likelihood, which engine {fits.name!r} has not"
        elif self.test == "bootstrap" and fits.name not in COMPILED:
            text = f"test 'bootstrap' goes with the engines {' and '.join(COMPILED)}"
        elif self.test == "bootstrap" and _off_whole(self.alpha * (DRAWS + 1)) > ROUNDING:
            text = (
                f"test 'bootstrap' by {DRAWS} draws has the levels k / {DRAWS + 1}: alpha"
                f" {self.alpha:g} is none of them"
            )
        if text is not None:
            raise fault_at(("test",), text)

    def at(self, point: dict[str, float]) -> ProcessPart:
        """Return the process at a point of the curve.

        Raises
        ------
        ValueError
            If the process has nothing of the kind, or not that value.
        """
        data = self.process.model_dump(exclude_none=True)
        for axis, value in point.items():
            _put(data, axis, value, self)
        try:
            return ProcessPart.model_validate(data)
        except ValidationError as error:
            raise ValueError(one_line(error.errors()[0], ProcessPart)) from None

    @property
    def effect_term(self) -> str:
        """The term whose effect ``percent`` is about."""
        return self.term or self.contrast.replace("=", " ").replace("-", " ").split()[0]


def _put(data: dict[str, Any], axis: str, value: float, power: Power) -> None:
    if axis in DesignPart.model_fields:
        if data.get("design") is None:
            raise ValueError(f"{axis} goes with a design: an observed one has its own")
        if not math.isfinite(value) or value != int(value):
            raise ValueError(f"{axis}: {value:g}: give a whole number")
        data["design"] = {**data["design"], axis: int(value)}
    elif axis in ("slope", "intercept"):
        data["random"] = {**data.get("random", {}), axis: value}
    elif axis == "percent":
        data["percent"] = _changed(data.get("percent", {}), power.effect_term, value)
    else:
        data[axis] = value


def _changed(percent: dict[str, Any], term: str, value: float) -> dict[str, Any]:
    """Put the effect of a term; ``step0[a]`` is that of the stratum a alone."""
    name, _, rest = term.partition("[")
    stratum = rest.removesuffix("]")
    if not stratum:
        return {**percent, name: value}
    return {**percent, stratum: {**percent.get(stratum, {}), name: value}}


def _off_whole(value: float) -> float:
    return abs(value - round(value))
