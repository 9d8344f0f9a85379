"""The study file: what to read, what to fit, in which engines."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from harness.concordance.verdict import Verdict
from harness.design import Response
from harness.engines import engine
from harness.engines.base import SeMethod, Settings
from harness.errors import HarnessError
from harness.model import SegmentedPoisson
from harness.sources.names import suggestion
from harness.study.claims.faults import claim_fault
from harness.study.claims.parts import Basis, Claim
from harness.study.parts import (
    MOST_REPLICATES,
    WHOLE_PANEL,
    EngineLimits,
    EngineName,
    Indicator,
    Model,
    Name,
    Part,
    Place,
    Source,
    Strata,
    Variant,
    Words,
    fault_at,
)
from harness.study.power_parts import Power
from harness.study.products import Product, product_fault
from harness.study.scrutiny_parts import Scrutiny
from harness.study.simulation_parts import Simulate

BASE = "base"


class StudyFile(Part):
    """What every study file holds; one that only simulates needs no data and no engines."""

    study: Name
    title: str
    words: Words = Words()
    model: Model = Model()
    simulate: Simulate | None = None
    power: Power | None = None


class Study(StudyFile):
    """A whole study file."""

    source: Source
    no_event: Literal["error", "drop"] = "error"
    indicators: list[Indicator] = Field(min_length=1)
    strata: Strata | None = None
    engines: list[EngineName] = Field(min_length=1)
    settings: list[Settings] = Field(default=["default", "tight"], min_length=1)
    engine_limits: dict[EngineName, EngineLimits] = Field(default_factory=dict)
    variants: list[Variant] = Field(default_factory=list)
    products: list[Product] = Field(default_factory=list)
    unfit: Literal["error", "list"] = "error"
    publish_rows: bool = True
    level: Verdict = "concordant"
    dispersion_replicates: int = Field(default=499, ge=0, le=MOST_REPLICATES)
    claims: list[Claim] = Field(default_factory=list)
    claims_by: list[Basis] = Field(default=[Basis(name=BASE, label="Base model", variants=[BASE])])
    scrutiny: Scrutiny | None = None

    @model_validator(mode="after")
    def _different_names(self) -> Study:
        parts: list[Study | Variant] = [self, *self.variants]
        places: list[Place] = [(), *(("variants", k) for k in range(len(self.variants)))]
        listed: list[tuple[Place, list[str]]] = [
            (("indicators",), [part.name for part in self.indicators]),
            (("variants",), [part.name for part in self.variants]),
            (("claims",), [part.id for part in self.claims]),
            (("claims_by",), [part.name for part in self.claims_by]),
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
                    raise fault_at((*place, at), text)
        return self

    @model_validator(mode="after")
    def _buildable_variants(self) -> Study:
        for k, variant in enumerate(self.variants):
            if variant.by_stratum and self.strata is None:
                text = (
                    f"variants.{k}.by_stratum: the study has no strata: add them, or leave it out"
                )
                raise fault_at(("variants", k, "by_stratum"), text)
            if variant.name == BASE:
                raise fault_at(
                    ("variants", k), f"variants.{k}: {BASE!r} is the model itself: rename it"
                )
            try:
                self.model.build(**variant.changes)
            except HarnessError as error:
                raise fault_at(("variants", k), f"variants.{k}: {error}") from None
            points = variant.n_quadrature
            if points is not None and points % 2 == 0:
                text = f"variants.{k}.n_quadrature: {points} is even: use an odd number of points"
                raise fault_at(("variants", k, "n_quadrature"), text)
        return self

    @model_validator(mode="after")
    def _named_indicators(self) -> Study:
        known = [indicator.name for indicator in self.indicators]
        for k, variant in enumerate(self.variants):
            for name in variant.indicators or ():
                if name not in known:
                    text = f"variants.{k}.indicators: {name!r}: {suggestion(name, known)}"
                    raise fault_at(("variants", k, "indicators"), text)
        return self

    @model_validator(mode="after")
    def _claims_about_this_study(self) -> Study:
        labels = self.strata.labels if self.strata else {}
        strata = None if labels is None else [WHOLE_PANEL, *labels.values()]
        variants = [BASE, *(variant.name for variant in self.variants)]
        fault = claim_fault(
            self.claims, self.claims_by, [i.name for i in self.indicators], strata, variants
        )
        if fault is not None:
            raise fault_at(*fault)
        return self

    @model_validator(mode="after")
    def _makeable_products(self) -> Study:
        labels = self.strata.labels if self.strata else {}
        strata = None if labels is None else list(labels.values())
        fault = product_fault(self.products, [i.name for i in self.indicators], strata)
        if fault is not None:
            raise fault_at(*fault)
        return self

    @model_validator(mode="after")
    def _within_reach(self) -> Study:
        """Every engine can fit what it is asked for."""
        model = self.model.build()
        for k, name in enumerate(self.engines):
            for response in self.responses_of(name):
                reason = engine(name).refusal(model.family, model.covariance, response)
                if reason is not None:
                    raise fault_at(("engines", k), f"engines: {reason}")
        for at, variant in enumerate(self.variants):
            model = self.model.build(**variant.changes)
            for k, name in enumerate(variant.engines):
                for response in self._responses_under(variant):
                    reason = _refusal(name, model, response, variant.se_method)
                    if reason is not None:
                        place = ("variants", at, "engines")
                        raise fault_at((*place, k), f"variants.{at}.engines: {reason}")
        return self

    @model_validator(mode="after")
    def _scrutiny_can_be_answered(self) -> Study:
        asked = self.scrutiny or Scrutiny()
        two_step = self.model.impact == "two-step"
        lacks = {
            "contrasts": None if two_step else "needs impact: two-step",
            "placebo": None if two_step else "needs impact: two-step",
            "regression_to_the_mean": None if self.strata else "needs strata",
            "bounds": None if self.fillings else "needs variants that change count alone",
        }
        for key, lack in lacks.items():
            if getattr(asked, key) and lack:
                raise fault_at(
                    ("scrutiny", key), f"scrutiny.{key} {lack}: add it, or leave the key out"
                )
        return self

    @property
    def fillings(self) -> list[Variant]:
        """The variants that change the column of counts alone: fillings of suppressed cells."""
        return [variant for variant in self.variants if variant.differs_in == {"count"}]

    @property
    def families_beside(self) -> dict[str, str]:
        """The first variant that changes nothing but the family, by family."""
        return {
            str(variant.family): variant.name
            for variant in reversed(self.variants)
            if variant.differs_in == {"family"}
        }

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
