"""The entry ``simulate`` of a study file."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from harness.design import Covariance, Family, Random
from harness.engines import engine
from harness.engines.base import POINTS, FitOptions, SeMethod, Settings, Transport
from harness.errors import HarnessError
from harness.simulation.methods import Method
from harness.sources.names import suggestion
from harness.study.parts import MOST_POINTS, EngineName, Model, Name, Part, fault_at
from harness.study.process_parts import ProcessPart


class MethodPart(Part):
    """How replicates are analysed: what differs from the study's model, and who fits it."""

    name: Name = "laplace"
    label: str = ""
    engine: EngineName = "laplace"
    settings: Settings = "tight"
    impact: str | None = None
    window: tuple[int, int] | None = None
    random: Random | None = None
    covariance: Covariance | None = None
    family: Family | None = None
    calendar: bool | None = None
    by_stratum: bool | None = None
    se_method: SeMethod = "observed"
    n_quadrature: int = Field(default=POINTS, ge=1, le=MOST_POINTS)
    small_sample: bool = False

    @model_validator(mode="after")
    def _odd_points(self) -> MethodPart:
        if self.n_quadrature % 2 == 0:
            text = f"n_quadrature: {self.n_quadrature} is even: use an odd number of points"
            raise fault_at(("n_quadrature",), text)
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from the study's model."""
        fields = ("impact", "window", "random", "covariance", "family", "calendar", "by_stratum")
        return {name: value for name in fields if (value := getattr(self, name)) is not None}

    def method(
        self, model: Model, contrasts: tuple[str, ...], transport: Transport = "auto"
    ) -> Method:
        """Return the method.

        Raises
        ------
        HarnessError
            If the model cannot be built, or its engine does not fit it.
        """
        built = model.build(**self.changes)
        reason = engine(self.engine).refusal(
            built.family, built.covariance, built.response, self.se_method
        )
        if built.family == "binomial":
            reason = "family 'binomial' is of shares, and a process draws counts: choose another"
        if reason is not None:
            raise HarnessError(reason)
        return Method(
            name=self.name,
            engine=self.engine,
            model=built,
            options=FitOptions(
                settings=self.settings,
                se_method=self.se_method,
                n_quadrature=self.n_quadrature,
                transport=transport,
            ),
            contrasts=contrasts,
            small_sample=self.small_sample,
        )


class Simulate(Part):
    """A simulation study: processes, methods, and how often."""

    aims: str = ""
    replicates: int = Field(default=1000, ge=1, le=10_000_000)
    processes: list[ProcessPart] = Field(min_length=1)
    methods: list[MethodPart] = Field(default=[MethodPart()], min_length=1)
    contrasts: list[str] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _alike(cls, data: Any) -> Any:
        """Give a process that is ``like`` an earlier one what it does not say itself."""
        if not isinstance(data, dict) or not isinstance(data.get("processes"), list):
            return data
        whole: dict[str, dict[str, Any]] = {}
        processes = []
        for k, part in enumerate(data["processes"]):
            own = part
            if isinstance(part, dict) and "like" in part:
                name = str(part["like"])
                if name not in whole:
                    known = suggestion(name, whole) if whole else "no process stands before it"
                    raise fault_at(
                        ("processes", k, "like"), f"processes.{k}.like: {name!r}: {known}"
                    )
                # Its own title, or none: that of another would say what it is not.
                own = _merged({**whole[name], "title": ""}, part)
            processes.append(own)
            if isinstance(own, dict):
                whole[str(own.get("name"))] = own
        return {**data, "processes": processes}

    @model_validator(mode="after")
    def _different_names(self) -> Simulate:
        for what, names in (
            ("processes", [part.name for part in self.processes]),
            ("methods", [part.name for part in self.methods]),
            ("contrasts", self.contrasts),
        ):
            for at, name in enumerate(names):
                if name in names[:at]:
                    text = f"{what}.{at}: {name!r} stands there twice: keep one"
                    raise fault_at((what, at), text)
        return self


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """What ``own`` says, and for the rest what ``base`` says, entry by entry."""
    found = dict(base)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        found[key] = _merged(base[key], value) if both else value
    return found
