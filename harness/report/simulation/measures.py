"""Performance measures: their names, units and how many digits their Monte Carlo error allows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.report.reading import Record
from harness.report.rounding import NOTHING, fixed

PERCENT = 100.0
FEWEST, MOST = 1, 8


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its name in results.json, its head and meaning in a table, and its scale.

    ``percent`` says that a proportion is shown times 100; ``places`` fixes the decimals, None lets
    the Monte Carlo error decide.
    """

    name: str
    head: str
    meaning: str
    percent: bool = False
    places: int | None = None

    @property
    def factor(self) -> float:
        """What a value of results.json is multiplied by to be shown."""
        return PERCENT if self.percent else 1.0


MEASURES = (
    Measure("bias", "Bias", "mean of the estimates minus the truth, log rate ratio"),
    Measure("relative_bias", "Relative bias, %", "the same in percent of the truth", places=1),
    Measure("empirical_se", "Empirical SE", "standard deviation of the estimates"),
    Measure("model_se", "Model SE", "root mean square of the standard errors reported"),
    Measure(
        "relative_error_se", "Error of SE, %",
        "model SE over empirical SE, minus 1: below 0 the reported errors are too small", places=1,
    ),
    Measure("mse", "MSE", "mean squared error"),
    Measure("rmse", "RMSE", "its root"),
    Measure("coverage", "Coverage, %", "intervals that hold the truth", True, 1),
    Measure(
        "bias_eliminated_coverage", "Bias-eliminated coverage, %",
        "intervals that hold the mean of the estimates: what is left when bias is set aside",
        True, 1,
    ),
    Measure(
        "rejection", "Rejected, %",
        "tests of “no change” that reject: type I error where the truth is 0, otherwise power",
        True, 1,
    ),
    Measure("rejection_lowest", "Rejected at least, %", "had no failed one rejected", True, 1),
    Measure("rejection_highest", "Rejected at most, %", "had every failed one rejected", True, 1),
    Measure("type_s", "Type S, %", "significant estimates with the wrong sign", True, 1),
    Measure("type_m", "Type M", "mean size of the significant estimates over the true size",
            places=2),
    Measure("half_width", "Half width", "mean half width of the intervals, log rate ratio"),
)  # fmt: skip
BY_NAME = {measure.name: measure for measure in MEASURES}


def measured(rows: Iterable[Record]) -> list[Measure]:
    """Return the measures of these rows in the order of the table, those not known here last."""
    names = dict.fromkeys(row["measure"] for row in rows)
    known = [measure for measure in MEASURES if measure.name in names]
    return known + [measure_named(name) for name in names if name not in BY_NAME]


def measure_named(name: str) -> Measure:
    """Return a measure by its name; one not known here is shown as it is."""
    return BY_NAME.get(name) or Measure(name, name.replace("_", " ").capitalize(), "")


def decimals(measure: Measure, mcse: float | None) -> int:
    """Return the decimals to show: fixed, or those of two digits of the Monte Carlo error."""
    if measure.places is not None:
        return measure.places
    if not mcse:
        return 4
    return min(MOST, max(FEWEST, 1 - math.floor(math.log10(mcse))))


def value_text(measure: Measure, row: Record) -> str:
    """Return the value of a measure, to the digits that its Monte Carlo error allows."""
    if row["value"] is None:
        return NOTHING
    return fixed(measure.factor * row["value"], decimals(measure, row["mcse"]))


def error_text(measure: Measure, row: Record) -> str:
    """Return its Monte Carlo error; empty where there is none."""
    if row["value"] is None or row["mcse"] is None:
        return ""
    return fixed(measure.factor * row["mcse"], decimals(measure, row["mcse"]))
