"""The entry ``scrutiny`` of a study file: which of a referee's questions are asked."""

from __future__ import annotations

from pydantic import Field

from harness.design import Family
from harness.study.parts import MOST_REPLICATES, Part

# The fewest replicates by which a two-sided p-value can fall to 5 %: 2 / (1 + 39).
FEWEST_REPLICATES = 39


class Placebo(Part):
    """Events permuted among the units, so many times; in all strata by default."""

    replicates: int = Field(default=199, ge=FEWEST_REPLICATES, le=MOST_REPLICATES)
    strata: list[str] | None = None


class Autocorrelation(Part):
    """Residual autocorrelation against so many draws from the model.

    Of the base model, and of the variants whose only change is their family.
    """

    replicates: int = Field(default=199, ge=FEWEST_REPLICATES, le=MOST_REPLICATES)
    strata: list[str] | None = None
    families: list[Family] | None = None


class Scrutiny(Part):
    """Questions beyond the fits; what is left out is not asked."""

    contrasts: bool = False
    multiplicity: bool = False
    placebo: Placebo | None = None
    autocorrelation: Autocorrelation | None = None
    composition: bool = False
    regression_to_the_mean: bool = False
    bounds: bool = False
