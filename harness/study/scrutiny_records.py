"""The block ``scrutiny`` of ``results.json``: flat records, one list a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.report.reading import EXACT, PREFERENCE, Record, reliable
from harness.result import FitResult
from harness.scrutiny.bounds import suppression_bounds
from harness.scrutiny.contrasts import STAGE_CONTRASTS, linear_contrast, stage_contrasts
from harness.scrutiny.multiplicity import adjusted
from harness.study.config import BASE
from harness.study.plan import Cell, PlannedFit
from harness.study.runner import StudyRun
from harness.study.scrutiny_answers import answer_records
from harness.study.writable import number, plain

Rows = list[dict[str, Any]]
NO_FIT = "no reliable maximum-likelihood fit"
NUMBERS = ("estimate", "se", "z", "p_value", "low", "high", "df")


def scrutiny_block(run: StudyRun, fits: Sequence[Record]) -> dict[str, Rows] | None:
    """Return the block, None where the study asks nothing.

    Parameters
    ----------
    fits : sequence of mapping
        As ``results.json`` holds them, in the order of the run's.
    """
    asked = run.study.scrutiny
    if asked is None:
        return None
    spoken = _spoken(run, fits)
    return {
        "contrasts": list(_contrasts(spoken)) if asked.contrasts else [],
        "multiplicity": list(_multiplicity(spoken)) if asked.multiplicity else [],
        **answer_records(run, _step0(spoken, run.study.model.family)),
        "bounds": list(_bounds(run, fits)) if asked.bounds else [],
    }


Spoken = Mapping[tuple[str, str, str], tuple[str, FitResult] | None]


def _spoken(run: StudyRun, fits: Sequence[Record]) -> Spoken:
    """Return id and fit that speak for an indicator, a stratum and a family; None: no reliable."""
    variants = {str(run.study.model.family): BASE}
    variants |= {f: name for f, name in run.study.families_beside.items() if f not in variants}
    found: dict[tuple[str, str, str], tuple[str, FitResult] | None] = {}
    for family, variant in variants.items():
        for cell in run.data.designs:
            if cell.variant == variant:
                found[cell.indicator, cell.stratum, family] = _speaker(run, fits, cell)
    return found


def _speaker(run: StudyRun, fits: Sequence[Record], cell: Cell) -> tuple[str, FitResult] | None:
    own = [
        (planned.id, fit)
        for (planned, fit), record in zip(run.fits.items(), fits, strict=True)
        if planned.cell == cell and record["estimator"] == EXACT and reliable(record)
    ]
    return min(own, key=lambda pair: _rank(pair[1]), default=None)


def _rank(fit: FitResult) -> tuple[int, bool]:
    place = PREFERENCE.index(fit.engine) if fit.engine in PREFERENCE else len(PREFERENCE)
    return place, fit.settings != "tight"


def _step0(spoken: Spoken, family: str) -> dict[tuple[str, str], float]:
    return {
        key[:2]: float(pair[1].params["step0"])
        for key, pair in spoken.items()
        if key[2] == family and pair is not None and "step0" in pair[1].params
    }


def _contrasts(spoken: Spoken) -> Iterator[dict[str, Any]]:
    for (indicator, stratum, family), pair in spoken.items():
        head = {"indicator": indicator, "stratum": stratum, "family": family}
        if pair is None:
            nothing = dict.fromkeys((*NUMBERS, "significant", "intervals_apart", "rules_disagree"))
            for name in STAGE_CONTRASTS:
                yield {**head, "fit": None, "contrast": name, **nothing, "reason": NO_FIT}
            continue
        for one in stage_contrasts(pair[1]):
            values = asdict(one.contrast)
            yield {
                **head,
                "fit": pair[0],
                "contrast": one.name,
                **{name: number(values[name]) for name in NUMBERS},
                "significant": one.significant,
                "intervals_apart": one.intervals_apart,
                "rules_disagree": one.rules_disagree,
                "reason": None,
            }


def _multiplicity(spoken: Spoken) -> Iterator[dict[str, Any]]:
    """Yield every measure's p-value among those of the same question, stratum and family."""
    tested: dict[tuple[str, str, str], dict[str, float]] = {}
    for (indicator, stratum, family), pair in spoken.items():
        for question, p in _p_values(pair[1]).items() if pair else ():
            tested.setdefault((family, stratum, question), {})[indicator] = p
    for (family, stratum, question), p_values in tested.items():
        for one in adjusted(p_values):
            yield {
                "family": family,
                "stratum": stratum,
                "kind": "contrast" if question in STAGE_CONTRASTS else "stage",
                "question": question,
                "indicator": one.measure,
                "fit": _id(spoken[one.measure, stratum, family]),
                "p_value": one.p_value,
                "holm": one.holm,
                "benjamini_hochberg": one.benjamini_hochberg,
                "tests": one.tests,
                "significant": one.significant,
                "survives_holm": one.survives_holm,
                "survives_benjamini_hochberg": one.survives_benjamini_hochberg,
            }


def _id(pair: tuple[str, FitResult] | None) -> str | None:
    return pair[0] if pair else None


def _p_values(fit: FitResult) -> dict[str, float]:
    stages = [term for term in fit.params.index if term != "intercept"]
    found = {term: linear_contrast(fit, {term: 1.0}).p_value for term in stages}
    found |= {one.name: one.contrast.p_value for one in stage_contrasts(fit)}
    return {question: p for question, p in found.items() if number(p) is not None}


def _bounds(run: StudyRun, fits: Sequence[Record]) -> Iterator[dict[str, Any]]:
    by_id = {record["id"]: record for record in fits}
    for cell in run.data.designs:
        if cell.variant != BASE:
            continue
        speaker, fillings = _filled(run, by_id, cell)
        if not fillings:
            continue
        name, base = speaker or (None, None)
        head = {"indicator": cell.indicator, "stratum": cell.stratum, "fit": name}
        filled = " ".join(fillings)
        if base is None or None in fillings.values():
            nothing = dict.fromkeys(
                ("term", "estimate", "se", "lowest", "highest", "range_se", "conclusion_changes")
            )
            yield {**head, **nothing, "fillings": filled, "reason": NO_FIT}
            continue
        there = {variant: fit for variant, fit in fillings.items() if fit is not None}
        for one in suppression_bounds(base, there):
            values = plain({**asdict(one), "range_se": one.range_se})
            del values["states"]
            yield {**head, **values, "conclusion_changes": one.conclusion_changes,
                   "fillings": filled, "reason": None}  # fmt: skip


def _filled(
    run: StudyRun, by_id: Mapping[str, Record], cell: Cell
) -> tuple[tuple[str, FitResult] | None, dict[str, FitResult | None]]:
    """Return id and base fit, and those of the fillings, by the engine that fitted these."""

    def reliable_fit(planned: PlannedFit) -> FitResult | None:
        record = by_id.get(planned.id)
        return run.fits[planned] if record is not None and reliable(record) else None

    fillings: dict[str, FitResult | None] = {}
    base: tuple[str, FitResult] | None = None
    for variant in run.study.fillings:
        filled = Cell(cell.indicator, cell.stratum, variant.name)
        if filled in run.data.designs:
            engine, settings = variant.engines[0], variant.settings[0]
            fillings[variant.name] = reliable_fit(PlannedFit(filled, engine, settings))
            own = PlannedFit(cell, engine, settings)
            fit = reliable_fit(own)
            base = base or (None if fit is None else (own.id, fit))
    return base, fillings
