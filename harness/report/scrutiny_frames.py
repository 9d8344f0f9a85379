"""Tidy tables of the block ``scrutiny``, one a CSV file; none where nothing was asked."""

from __future__ import annotations

from typing import Any

from harness.report.reading import Reading

WHERE = ("indicator", "stratum")
# What a table without rows still says.
SCRUTINY_HEADS = {
    "scrutiny_contrasts": (*WHERE, "family", "fit", "contrast", "estimate", "se", "z", "p_value"),
    "scrutiny_multiplicity": ("family", "stratum", "kind", "question", "indicator", "p_value"),
    "scrutiny_placebo": (*WHERE, "term", "observed", "low", "median", "high", "p_value"),
    "scrutiny_autocorrelation": (*WHERE, "family", "observed", "low", "median", "high", "p_value"),
    "scrutiny_composition": (*WHERE, "units", "complete_units", "term", "difference_se"),
    "scrutiny_units_by_t": (*WHERE, "t", "units"),
    "scrutiny_regression_to_the_mean": (*WHERE, "units", "level", "slope", "expected"),
    "scrutiny_bounds": (*WHERE, "term", "estimate", "se", "lowest", "highest"),
}


def scrutiny_rows(reading: Reading) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table by file stem."""
    if "scrutiny" not in reading.results:
        return {}
    return {
        stem: [dict(row) for row in reading.scrutiny(stem.removeprefix("scrutiny_"))]
        for stem in SCRUTINY_HEADS
    }
