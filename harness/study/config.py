"""The study file: what to read, what to fit, in which engines."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from harness.concordance.verdict import Verdict
from harness.design import Response
from harness.engines import engine
from harness.engines.base import SeMethod, Settings
from harness.errors import HarnessError
from harness.model import SegmentedPoisson
from harness.sources.names import suggestion
from harness.study.parts import (
    EngineLimits,
    EngineName,
    Indicator,
    Model,
    Name,
    Part,
    Source,
    Strata,
    Variant,
    Words,
)

BASE = "base"


class Study(Part):
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
    engine_limits: dict[EngineName, EngineLimits] = Field(default_factory=dict)
    variants: list[Variant] = Field(default_factory=list)
    unfit: Literal["error", "list"] = "error"
    publish_rows: bool = True
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
    def _named_indicators(self) -> Study:
        known = [indicator.name for indicator in self.indicators]
        for k, variant in enumerate(self.variants):
            for name in variant.indicators or ():
                if name not in known:
                    text = f"variants.{k}.indicators: {name!r}: {suggestion(name, known)}"
                    raise _at(("variants", k, "indicators"), text)
        return self

    @model_validator(mode="after")
    def _within_reach(self) -> Study:
        """Every engine can fit what it is asked for."""
        model = self.model.build()
        for k, name in enumerate(self.engines):
            for response in self.responses_of(name):
                reason = engine(name).refusal(model.family, model.covariance, response)
                if reason is not None:
                    raise _at(("engines", k), f"engines: {reason}")
        for at, variant in enumerate(self.variants):
            model = self.model.build(**variant.changes)
            for k, name in enumerate(variant.engines):
                for response in self._responses_under(variant):
                    reason = _refusal(name, model, response, variant.se_method)
                    if reason is not None:
                        place = ("variants", at, "engines")
                        raise _at((*place, k), f"variants.{at}.engines: {reason}")
        return self

    def indicator(self, name: str) -> Indicator:
        """Return the indicator of this name."""
        return next(indicator for indicator in self.indicators if indicator.name == name)

    def variant(self, name: str) -> Variant | None:
        """Return the variant of this name, None for the base model."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def responses_of(self, name: str) -> list[Response]:
        """Return the kinds of response that an engine is asked to fit under the base model."""
        there = list(dict.fromkeys(indicator.response for indicator in self.indicators))
        limits = self.engine_limits.get(name)
        asked = None if limits is None else limits.responses
        return [response for response in there if asked is None or response in asked]

    def _responses_under(self, variant: Variant) -> list[Response]:
        there = dict.fromkeys(
            indicator.response
            for indicator in self.indicators
            if indicator.response in variant.responses
        )
        return ["pseudo"] if variant.rate is not None else list(there)


def _refusal(
    name: str, model: SegmentedPoisson, response: Response, se_method: SeMethod
) -> str | None:
    if response == "pseudo" and model.family != "poisson":
        return (
            f"family {model.family!r} needs counts, and some indicators are a pseudo-response:"
            " add responses: [count]"
        )
    return engine(name).refusal(model.family, model.covariance, response, se_method)


Place = tuple[str | int, ...]


def _at(place: Place, text: str) -> PydanticCustomError:
    """An error of the whole file that knows which entry it is about."""
    return PydanticCustomError("value_error", "{text}", {"text": text, "place": place})
