"""Where the numbers of a table come from that are those of no one fit, and how to make them again.

The lines in Python name ``panel``, the rows of an indicator and a stratum, and ``model``, the
study's own; ``indicator``, ``stratum`` and ``variant`` are their names in the files.
"""

from __future__ import annotations

from harness.report.reading import WHOLE_PANEL, Reading
from harness.report.tables.table import Origin

REFITTED = "From refits made for this table, none of them among the fits listed here"


def of_pairs(reading: Reading) -> Origin:
    """Return the origin of what is counted or summed over pairs of fits."""
    return _origin(reading, "Worked out over the pairs of fits", "concordance")


def of_fits(reading: Reading, text: str = "Worked out over the fits, one by one") -> Origin:
    """Return the origin of what is counted or summed over fits."""
    return _origin(reading, text, "failures")


def of_fillings(reading: Reading, names: str) -> Origin:
    """Return the origin of ranges over the variants that fill suppressed cells."""
    return of_fits(reading, f"Worked out over the fits of the base model and of {names}")


def of_claims(reading: Reading) -> Origin:
    """Return the origin of what becomes of a paper's sentences."""
    text = (
        "Worked out from the tight fits of what each sentence speaks of, and the covariances of"
        " their estimates"
    )
    return _origin(reading, text, "by-hand")


def of_data(reading: Reading) -> Origin:
    """Return the origin of what is seen before any fit."""
    return _origin(reading, "Counted in the data, before any fit")


def of_placebo(reading: Reading, replicates: int) -> Origin:
    """Return the origin of placebo events."""
    seed = _seed(reading, "placebo", "indicator, stratum", '"base"')
    return _refit(reading, f"harness.scrutiny.placebo.placebo(panel, model, {replicates}, {seed})")


def of_autocorrelation(reading: Reading, replicates: int) -> Origin:
    """Return the origin of the residual autocorrelation and of its range."""
    seed = _seed(reading, "autocorrelation", "indicator, stratum", "variant")
    line = (
        "harness.scrutiny.autocorrelation.residual_autocorrelation("
        f"model.design(panel), t, {replicates}, {seed})"
    )
    return _refit(reading, line)


def of_composition(reading: Reading) -> Origin:
    """Return the origin of what the complete units say."""
    return _refit(reading, "harness.scrutiny.composition.composition(panel, model)")


def of_regression(reading: Reading) -> Origin:
    """Return the origin of regression to the mean; no model is refitted for it."""
    seed = _seed(reading, "regression_to_the_mean", f'indicator, "{WHOLE_PANEL}"', '"base"')
    line = (
        "harness.scrutiny.regression_to_the_mean.regression_to_the_mean("
        f"panel, {reading.window[0]}, {seed})"
    )
    text = "Worked out from the rates of the panel; Observed from the base model's fits"
    return _origin(reading, text, "", line)


def _refit(reading: Reading, line: str) -> Origin:
    return _origin(reading, REFITTED, "", line)


def _seed(reading: Reading, kind: str, where: str, variant: str) -> str:
    seed = reading.agreement["method"].get("seed", "seed")
    return f'harness.study.seeds.seed_of({seed}, "{kind}", {where}, {variant})'


def _origin(reading: Reading, text: str, anchor: str = "", *lines: str) -> Origin:
    command = reading.study["command"]
    return Origin(text, anchor, tuple(filter(None, (command, *lines))))
