"""Impact models compared by AIC and BIC: the study's own and every variant that changes only it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.result import FitResult
from harness.study.claims.patterns import Criterion
from harness.study.config import BASE, Study
from harness.study.parts import Variant
from harness.study.plan import Cell, changes_of
from harness.study.runner import StudyRun
from harness.study.writable import number


@dataclass(frozen=True, slots=True)
class Selection:
    """The candidates of one analysis in one engine.

    Attributes
    ----------
    variant : str
        What the candidates have in common: the base model, or a variant with another family.
    own : str
        Impact model of the study.
    aic, bic : mapping of str to float
    fits : mapping of str to str
        Ids of the fits; all three by impact model.
    """

    indicator: str
    stratum: str
    variant: str
    family: str
    engine: str
    own: str
    aic: Mapping[str, float]
    bic: Mapping[str, float]
    fits: Mapping[str, str]

    def lowest(self, criterion: Criterion) -> str:
        """Return the impact model with the lowest criterion."""
        values = self._values(criterion)
        return min(values, key=lambda impact: values[impact])

    def advantage(self, criterion: Criterion) -> float:
        """Return how far the study's own model lies below the best other; negative if above."""
        values = self._values(criterion)
        return min(v for impact, v in values.items() if impact != self.own) - values[self.own]

    def _values(self, criterion: Criterion) -> Mapping[str, float]:
        return self.aic if criterion == "aic" else self.bic


def candidates(study: Study, variant: str) -> dict[str, str]:
    """Return the variant of each candidate impact model, the study's own first.

    Candidates differ from ``variant`` in the impact model and in nothing else.
    """
    own = changes_of(study, variant)
    base = study.variant(variant)
    found = {own.get("impact", study.model.impact): variant}
    for other in study.variants:
        changes = other.changes
        impact = changes.pop("impact", None)
        if impact is not None and changes == own and _apart(other) == _apart(base):
            found.setdefault(impact, other.name)
    return found


def _apart(variant: Variant | None) -> tuple[object, ...]:
    """Data and methods of a variant, beside its model."""
    if variant is None:
        return {}, "observed", None
    return variant.data_changes, variant.se_method, variant.n_quadrature


def selections(run: StudyRun) -> list[Selection]:
    """Return every analysis that has candidates, in each engine that fitted them all."""
    found = []
    for variant in (BASE, *(v.name for v in run.study.variants)):
        among = candidates(run.study, variant)
        if len(among) > 1:
            found += _of_variant(run, variant, among)
    return found


def _of_variant(run: StudyRun, variant: str, among: dict[str, str]) -> list[Selection]:
    fitted = _sharpest(run)
    found = []
    own = next(iter(among))
    for cell, engine in [key for key in fitted if key[0].variant == variant]:
        each = {
            impact: fitted.get((Cell(cell.indicator, cell.stratum, name), engine))
            for impact, name in among.items()
        }
        there = {impact: pair for impact, pair in each.items() if pair is not None}
        rows = {fit.nobs for _, fit in there.values()}
        if len(there) == len(among) and len(rows) == 1:
            found.append(
                Selection(
                    cell.indicator, cell.stratum, variant, there[own][1].family, engine, own,
                    {impact: fit.aic for impact, (_, fit) in there.items()},
                    {impact: fit.bic for impact, (_, fit) in there.items()},
                    {impact: name for impact, (name, _) in there.items()},
                )
            )  # fmt: skip
    return found


def _sharpest(run: StudyRun) -> dict[tuple[Cell, str], tuple[str, FitResult]]:
    """Id and fit of those that have an AIC, at an engine's tightest settings."""
    order = sorted(run.fits.items(), key=lambda item: item[0].settings == "tight")
    return {
        (planned.cell, planned.engine): (planned.id, fit)
        for planned, fit in order
        if fit.failure is None and np.isfinite(fit.aic)
    }


def selection_records(run: StudyRun) -> list[dict[str, Any]]:
    """Return one record an analysis, engine and impact model, as ``results.json`` has them."""
    return [
        {
            "indicator": one.indicator,
            "stratum": one.stratum,
            "variant": one.variant,
            "family": one.family,
            "engine": one.engine,
            "impact": impact,
            "fit": one.fits[impact],
            "aic": number(one.aic[impact]),
            "bic": number(one.bic[impact]),
            "lowest_aic": impact == one.lowest("aic"),
            "lowest_bic": impact == one.lowest("bic"),
        }
        for one in selections(run)
        for impact in one.aic
    ]
