"""The entry ``power`` of a study file."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from harness.simulation.power.decisions import Test
from harness.simulation.power.search import SCALES
from harness.study.parts import EngineName, Part
from harness.study.process_parts import DesignPart, ProcessPart
from harness.study.simulation_parts import MethodPart

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
        low, high = self.between
        if not SCALES[self.over].to(low) < SCALES[self.over].to(high):
            raise ValueError(f"between: [{low:g}, {high:g}]: the second must be the larger one")
        if self.over != "percent" and low <= 0:
            raise ValueError(f"between: {low:g}: it must be above 0")
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
    vary: dict[Axis, list[float]] = Field(default_factory=dict, max_length=2)
    search: SearchPart | None = None
    detectable: SearchPart | None = None
    audit: AuditPart | None = AuditPart()

    @model_validator(mode="after")
    def _about_one_process(self) -> Power:
        for axis, values in self.vary.items():
            if not values or len(set(values)) < len(values):
                raise ValueError(f"vary.{axis}: give different values, one at least")
            for value in values:
                self.at({axis: value})
        if self.search is not None:
            for value in self.search.between:
                self.at({self.search.over: value})
        if self.detectable is not None and self.detectable.over != "percent":
            raise ValueError("detectable is an effect: over: percent")
        if self.test == "bootstrap" and self.method.engine not in ("laplace", "agq"):
            raise ValueError("test: bootstrap goes with the engines laplace and agq")
        return self

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
        return ProcessPart.model_validate(data)

    @property
    def effect_term(self) -> str:
        """The term whose effect ``percent`` is about."""
        return self.term or self.contrast.replace("=", " ").replace("-", " ").split()[0]


def _put(data: dict[str, Any], axis: str, value: float, power: Power) -> None:
    if axis in DesignPart.model_fields:
        if data.get("design") is None:
            raise ValueError(f"{axis} goes with a design: an observed one has its own")
        if value != int(value):
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
