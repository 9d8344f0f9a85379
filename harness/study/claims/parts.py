"""The entries of a study file's claims."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from harness.errors import HarnessError
from harness.study.claims.patterns import Formula, about, every, most, parse_formula
from harness.study.parts import WHOLE_PANEL, Name, Part


class Said(Part):
    """Statements about some indicators in some strata.

    ``says`` are statements (``step0 > pre``), patterns (``spike``), denied ones (``no spike``) or
    ``largest STAGE``, which compares with every indicator of ``among``. All statements must hold,
    of all analyses or, with ``hold: most``, of more than half of them.
    """

    about: list[Name] = Field(min_length=1)
    strata: list[str] = Field(default=[WHOLE_PANEL], min_length=1)
    says: list[str] = Field(min_length=1)
    among: list[Name] = Field(default_factory=list)
    hold: Literal["all", "most"] = "all"

    @model_validator(mode="after")
    def _readable(self) -> Said:
        try:
            self.formula()
        except HarnessError as error:
            raise ValueError(str(error)) from None
        return self

    def formula(self) -> Formula:
        """Return everything that is said, made about its analyses."""
        others = [name for name in self.among if name not in self.about]
        says = every(*(parse_formula(text, others) for text in self.says))
        each = [about(says, name, stratum) for stratum in self.strata for name in self.about]
        return most(*each) if self.hold == "most" else every(*each)


class Claim(Part):
    """A sentence of a paper and the statements that it comes down to; all must hold."""

    id: Name
    text: str
    parts: list[Said] = Field(min_length=1)

    def formula(self) -> Formula:
        """Return everything that the claim says."""
        return every(*(part.formula() for part in self.parts))

    @property
    def indicators(self) -> list[str]:
        """Indicators that it is about, each once."""
        return list(dict.fromkeys(name for part in self.parts for name in part.about))

    @property
    def strata(self) -> list[str]:
        """Strata that it is about, each once."""
        return list(dict.fromkeys(name for part in self.parts for name in part.strata))


class Basis(Part):
    """What claims are judged by: of each analysis, the first of these variants that is asked of it.

    So that a claim about counts and amounts can be judged by the negative binomial for the ones and
    by cluster-robust errors for the others.
    """

    name: Name
    label: str
    variants: list[Name] = Field(min_length=1)
