"""The entries of a study file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from harness.design import Covariance, Family, Random, Response
from harness.engines import engine
from harness.engines.base import SeMethod, Settings
from harness.errors import HarnessError
from harness.model import SegmentedPoisson
from harness.sources import check_options
from harness.sources.names import suggestion

# Names become folders and parts of ids.
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
Name = Annotated[str, Field(pattern=NAME, max_length=80)]
# What one line may ask for, far beyond any use, so that a slip of the keyboard ends in one line:
# replicates, and points of a quadrature by dimension (Stata has 195 at most).
MOST_REPLICATES = 1_000_000
MOST_POINTS = 201
BOTH: tuple[Response, ...] = ("count", "pseudo")
WHOLE_PANEL = "all"
Place = tuple[str | int, ...]
# Place in the file and text of what is wrong there.
Fault = tuple[Place, str]


def fault_at(place: Place, text: str) -> PydanticCustomError:
    """Return an error of an entry that knows which place below it is meant."""
    return PydanticCustomError("value_error", "{text}", {"text": text, "place": place})


def _known_engine(name: str) -> str:
    try:
        return engine(name).name
    except HarnessError as error:
        raise ValueError(str(error)) from None


EngineName = Annotated[str, AfterValidator(_known_engine)]


class Part(BaseModel):
    """An entry: unknown keys are refused, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Part):
    """What this field calls a unit, a period and the event, for the report's sentences."""

    unit: str = "unit"
    period: str = "period"
    event: str = "event"


class Source(Part):
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


class Indicator(Part):
    """One series: a count with its exposure, or a value that stands for itself.

    ``count`` and ``exposure`` name columns of counts; ``value`` names a column of amounts or
    rates, which are fitted as a pseudo-response and need their ``scale`` in words.
    """

    name: Name
    label: str
    count: str | None = None
    exposure: str | None = None
    value: str | None = None
    response: Response = "count"
    scale: str | None = None
    per: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    unit: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Indicator:
        if self.response == "pseudo":
            if self.value is None or self.scale is None:
                raise ValueError("a pseudo-response needs value (its column) and scale (its unit)")
            if self.count is not None or self.exposure is not None:
                raise ValueError("a pseudo-response has a value, not a count with an exposure")
        elif self.count is None or self.exposure is None:
            raise ValueError("give count and exposure (columns), or value, scale and"
                             " response: pseudo")  # fmt: skip
        elif self.value is not None:
            raise ValueError("value goes with response: pseudo; a count needs none")
        return self


class Strata(Part):
    """A column that divides the units, names for its values, and what a report calls those."""

    column: str
    labels: dict[str, Name] | None = None
    titles: dict[str, str] = Field(default_factory=dict)
    minimum_units: int = Field(default=5, ge=2)

    @model_validator(mode="after")
    def _titles_of_strata(self) -> Strata:
        known = list((self.labels or {}).values())
        for name in self.titles:
            if self.labels is not None and name not in known:
                raise ValueError(f"titles: {name!r}: {suggestion(name, known)}")
        return self

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


class Model(Part):
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


class EngineLimits(Part):
    """Where one of the study's engines is asked under the base model; everywhere by default."""

    strata: list[str] | None = None
    settings: list[Settings] | None = None
    responses: list[Response] | None = None


class Variant(Part):
    """A named sensitivity: what differs from the base model or its data, and who fits it.

    ``event``, ``exposure`` (old column: new column) and ``share`` name other columns of the
    table; ``count`` and ``value`` are patterns such as ``"{}_if_1"``, filled with the indicator's
    own column; ``where`` keeps the rows in which columns hold given values. ``by_stratum`` fits
    the strata in one model of the whole panel.
    """

    name: Name
    engines: list[EngineName] = Field(min_length=1)
    settings: list[Settings] = Field(default=["tight"], min_length=1)
    indicators: list[Name] | None = None
    strata: list[str] | None = None
    responses: list[Response] = Field(default=list(BOTH), min_length=1)
    impact: str | None = None
    window: tuple[int, int] | None = None
    random: Random | None = None
    covariance: Covariance | None = None
    family: Family | None = None
    calendar: bool | None = None
    by_stratum: bool | None = None
    n_quadrature: int | None = Field(default=None, ge=1, le=MOST_POINTS)
    se_method: SeMethod = "observed"
    rate: str | None = None
    event: str | None = None
    share: str | None = None
    exposure: dict[str, str] | None = None
    count: str | None = None
    value: str | None = None
    where: dict[str, str] | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from the base model."""
        fields = ("impact", "window", "random", "covariance", "family", "calendar", "by_stratum")
        return {name: value for name in fields if (value := getattr(self, name)) is not None}

    @property
    def data_changes(self) -> dict[str, Any]:
        """What differs from the base model's data."""
        fields = ("rate", "event", "share", "exposure", "count", "value", "where")
        return {name: value for name in fields if (value := getattr(self, name)) is not None}

    @property
    def differs_in(self) -> frozenset[str]:
        """Fields by which it differs from the base model or its data; who fits it is none."""
        about = {"name", "engines", "settings", "indicators", "strata", "responses"}
        return frozenset(self.model_dump(exclude=about, exclude_defaults=True))

    def concerns(self, indicator: Indicator, stratum: str) -> bool:
        """Whether the variant is asked of an indicator in a stratum."""
        if self.indicators is not None and indicator.name not in self.indicators:
            return False
        if self.strata is not None and stratum not in self.strata:
            return False
        if self.by_stratum and stratum != WHOLE_PANEL:
            return False
        if indicator.response not in self.responses:
            return False
        return self.exposure is None or indicator.exposure in self.exposure
