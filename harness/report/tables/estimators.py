"""Engines that are a different estimator: how far they lie from maximum likelihood, no verdict."""

from __future__ import annotations

import numpy as np

from harness.report.derived import conclusion_differs
from harness.report.reading import EXACT, Reading, Record, answered
from harness.report.rounding import NOTHING, brief
from harness.report.tables.cells import analysis_cell
from harness.report.tables.concordance import MAX_D, MAX_S, asked, reproduction, severity
from harness.report.tables.origins import of_fits
from harness.report.tables.table import Cell, Column, Table


def estimators_table(reading: Reading) -> Table | None:
    """Return how far each different estimator lies from the reference; no verdicts."""
    engines = {
        (fit["engine"], fit["settings"], fit["estimator"]): None
        for fit in reading.fits
        if fit["estimator"] != EXACT and fit["variant"] == "base"
    }
    if not engines or not any(voice.exact for voice in reading.voices):
        return None
    columns = (
        Column("Engine", numeric=False),
        Column("Estimator", "what it computes instead of maximum likelihood", numeric=False),
        Column("Answered", "analyses in which it and the reference gave an answer"),
        Column("Converged", "fits whose optimiser came to its end"),
        Column("Median difference", "of the stage estimates, in reference standard errors"),
        Column("Largest difference", "the same, largest"),
        Column("SE ratio", "median of its standard error over the reference one"),
        Column("SD ratio", "median of its time-slope SD (or the last one) over the reference one"),
        Column("Other conclusions", "stages that differ in sign or 5 % significance"),
    )
    return Table(
        "estimators",
        "Different estimators against the maximum-likelihood reference",
        columns,
        tuple(_estimator_row(reading, *key) for key in engines),
        note="Reference: the first language column of the stage table. Where an engine did not"
        " converge, its numbers are not even its own estimator's.",
        csv="coefficients",
        origin=of_fits(reading),
    )


def _estimator_row(
    reading: Reading, engine: str, settings: str, estimator: str
) -> tuple[Cell, ...]:
    names = [(i["name"], s["name"]) for i, s in reading.analyses]
    fits = [fit for key in names if (fit := reading.fit(*key, engine, settings))]
    both = [
        (fit, reference)
        for fit in fits
        if answered(fit) and (reference := reading.reference(fit["indicator"], fit["stratum"]))
    ]
    terms = [(f["params"][s], r["params"][s]) for f, r in both for s in reading.stages]
    known = [(p, q) for p, q in terms if p["se"] and q["se"]]
    shifts = [abs(p["estimate"] - q["estimate"]) / q["se"] for p, q in known]
    differ = sum(conclusion_differs(f, r, s) for f, r in both for s in reading.stages)
    return (
        Cell(f"{engine} {settings}", tone="name"),
        Cell(estimator),
        Cell(f"{len(both)} of {len(fits)}"),
        Cell(f"{sum(bool(fit['converged']) for fit in fits)} of {len(fits)}"),
        Cell(_median(shifts)),
        Cell(brief(max(shifts, default=None))),
        Cell(_median([p["se"] / q["se"] for p, q in known])),
        Cell(_median([ratio for f, r in both for ratio in _last_sd_ratio(f, r)])),
        Cell(f"{differ} of {len(terms)}"),
    )


def _median(values: list[float]) -> str:
    return brief(float(np.median(values))) if values else NOTHING


def _last_sd_ratio(fit: Record, reference: Record) -> list[float]:
    own, other = fit["sd_re"], reference["sd_re"]
    return [own[-1] / other[-1]] if own and other and own[-1] is not None and other[-1] else []


def other_pairs_table(reading: Reading) -> Table:
    """Return the comparisons with a different estimator, largest difference first, no verdict."""
    columns = (
        Column("Analysis", "indicator and stratum", numeric=False),
        Column("Fit a", "engine and settings", numeric=False),
        Column("Fit b", "engine and settings it is compared with", numeric=False),
        Column("Evidence", numeric=False, wraps=True),
        Column("Difference", MAX_D),
        Column("SE difference", MAX_S),
        Column("SD difference", "largest relative difference of the random-effect SDs"),
        Column("Conclusion", "whether sign or 5 % significance of a stage differs", numeric=False),
    )
    rows = tuple(
        (
            analysis_cell(reading, pair),
            Cell(asked(reading.fit_by_id(pair["fit_a"])), link=pair["fit_a"]),
            Cell(asked(reading.fit_by_id(pair["fit_b"])), link=pair["fit_b"]),
            Cell(pair["evidence"] or NOTHING, tone="muted", file=reproduction(pair)),
            Cell(brief(pair["max_diff_se"])),
            Cell(brief(pair["max_rel_se"])),
            Cell(brief(pair["sd_re_diff"])),
            Cell("differs" if pair["conclusion_changes"] else "same"),
        )
        for pair in sorted(reading.other_pairs, key=severity)
    )
    title = "Comparisons with a different estimator"
    return Table("other-pairs", title, columns, rows, csv="comparisons", tall=True)
