"""The study file: what to read, what to fit, in which engines."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from harness.concordance.verdict import Verdict
from harness.design import Covariance, Family, Random
from harness.engines import engine
from harness.engines.base import Settings
from harness.errors import HarnessError
from harness.model import SegmentedPoisson
from harness.sources import check_options

# Names become folders and parts of ids.
BASE = "base"
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
Name = Annotated[str, Field(pattern=NAME, max_length=80)]


def _known_engine(name: str) -> str:
    try:
        return engine(name).name
    except HarnessError as error:
        raise ValueError(str(error)) from None


EngineName = Annotated[str, AfterValidator(_known_engine)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """What this field calls a unit, a period and the event, for the report's sentences."""

    unit: str = "unit"
    period: str = "period"
    event: str = "event"


class Source(_Part):
    """A reader by name, and its own options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    reader: str

    @model_validator(mode="after")
    def _readable(self) -> Source:
        try:
            check_options(self.reader, self.options)
        except HarnessError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def options(self) -> dict[str, Any]:
        """The reader's own options."""
        return dict(self.model_extra or {})


class Indicator(_Part):
    """One count series, its exposure and the scale of its rate."""

    name: Name
    label: str
    count: str
    exposure: str
    per: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    unit: str = ""


class Strata(_Part):
    """A column that divides the units, and names for its values."""

    column: str
    labels: dict[str, Name] | None = None
    minimum_units: int = Field(default=5, ge=2)

    @model_validator(mode="before")
    @classmethod
    def _text_keys(cls, data: Any) -> Any:
        # YAML reads true and false as truth values; tables hold them as text.
        if isinstance(data, dict) and isinstance(data.get("labels"), dict):
            labels = {
                str(key).lower() if isinstance(key, bool) else str(key): value
                for key, value in data["labels"].items()
            }
            return {**data, "labels": labels}
        return data


class Model(_Part):
    """The model; see ``harness.SegmentedPoisson``."""

    impact: str = "two-step"
    window: tuple[int, int] = (-3, 3)
    random: Random = "slope"
    covariance: Covariance = "unstructured"
    family: Family = "poisson"

    @model_validator(mode="after")
    def _buildable(self) -> Model:
        try:
            self.build()
        except HarnessError as error:
            raise ValueError(str(error)) from None
        return self

    def build(self, **changes: Any) -> SegmentedPoisson:
        """Return the model, with a variant's changes."""
        return SegmentedPoisson(**{**self.model_dump(), **changes})


class Variant(_Part):
    """A named sensitivity: what differs from the base model, and who fits it."""

    name: Name
    engines: list[EngineName] = Field(min_length=1)
    settings: list[Settings] = Field(default=["tight"], min_length=1)
    impact: str | None = None
    window: tuple[int, int] | None = None
    random: Random | None = None
    covariance: Covariance | None = None
    family: Family | None = None
    n_quadrature: int | None = Field(default=None, ge=1)

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from the base model."""
        fields = ("impact", "window", "random", "covariance", "family")
        return {name: value for name in fields if (value := getattr(self, name)) is not None}


class Study(_Part):
    """A whole study file."""

    study: Name
    title: str
    words: Words = Words()
    source: Source
    no_event: Literal["error", "drop"] = "error"
    indicators: list[Indicator] = Field(min_length=1)
    strata: Strata | None = None
    model: Model = Model()
    engines: list[EngineName] = Field(min_length=1)
    settings: list[Settings] = Field(default=["default", "tight"], min_length=1)
    variants: list[Variant] = []
    level: Verdict = "concordant"
    dispersion_replicates: int = Field(default=499, ge=0)

    @model_validator(mode="after")
    def _different_names(self) -> Study:
        parts: list[Study | Variant] = [self, *self.variants]
        places: list[Place] = [(), *(("variants", k) for k in range(len(self.variants)))]
        listed: list[tuple[Place, list[str]]] = [
            (("indicators",), [part.name for part in self.indicators]),
            (("variants",), [part.name for part in self.variants]),
            *(((*at, "engines"), part.engines) for at, part in zip(places, parts, strict=True)),
            *(
                ((*at, "settings"), [str(name) for name in part.settings])
                for at, part in zip(places, parts, strict=True)
            ),
        ]
        for place, names in listed:
            for at, name in enumerate(names):
                if name in names[:at]:
                    text = f"{'.'.join(map(str, place))}: {name!r} stands there twice: keep one"
                    raise _at((*place, at), text)
        return self

    @model_validator(mode="after")
    def _buildable_variants(self) -> Study:
        for k, variant in enumerate(self.variants):
            if variant.name == BASE:
                raise _at(("variants", k), f"variants.{k}: {BASE!r} is the model itself: rename it")
            try:
                self.model.build(**variant.changes)
            except HarnessError as error:
                raise _at(("variants", k), f"variants.{k}: {error}") from None
            points = variant.n_quadrature
            if points is not None and points % 2 == 0:
                text = f"variants.{k}.n_quadrature: {points} is even: use an odd number of points"
                raise _at(("variants", k, "n_quadrature"), text)
        return self

    @model_validator(mode="after")
    def _within_reach(self) -> Study:
        """Every engine can fit what it is asked for."""
        asked: list[tuple[Place, SegmentedPoisson, list[EngineName]]] = [
            (("engines",), self.model.build(), self.engines),
            *(
                (("variants", k, "engines"), self.model.build(**variant.changes), variant.engines)
                for k, variant in enumerate(self.variants)
            ),
        ]
        for place, model, names in asked:
            for k, name in enumerate(names):
                reason = engine(name).refusal(model.family, model.covariance, model.response)
                if reason is not None:
                    raise _at((*place, k), f"{'.'.join(map(str, place))}: {reason}")
        return self


Place = tuple[str | int, ...]


def _at(place: Place, text: str) -> PydanticCustomError:
    """An error of the whole file that knows which entry it is about."""
    return PydanticCustomError("value_error", "{text}", {"text": text, "place": place})
