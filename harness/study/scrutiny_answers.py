"""Records of the answers that took more than the study's fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from harness.scrutiny.autocorrelation import Autocorrelation
from harness.scrutiny.composition import Composition
from harness.scrutiny.placebo import Placebo
from harness.scrutiny.regression_to_the_mean import Interval, Regression, StratumRegression
from harness.study.plan import WHOLE_PANEL, Cell
from harness.study.runner import StudyRun
from harness.study.writable import number, plain

Row = dict[str, Any]
PLACEBO = ("term", "observed", "low", "median", "high", "p_value", "p_centred")
DRAWN = ("observed", "low", "median", "high", "p_value", "pairs", "replicates", "failures")
COMPOSITION = (
    "term", "estimate", "se", "complete_estimate", "complete_se", "difference_se",
)  # fmt: skip
COUNTS = ("units", "complete_units", "fewest_units", "fewest_at")
REGRESSION = (
    "stratum", "units", "left_out", "level", "level_low", "level_high", "deviation", "change",
    "slope", "slope_low", "slope_high", "rho", "correlation", "expected", "expected_low",
    "expected_high", "at_most", "observed", "observed_all", "observed_difference",
)  # fmt: skip


def answer_records(run: StudyRun, step0: Mapping[tuple[str, str], float]) -> dict[str, list[Row]]:
    """Return the lists of records by question.

    Parameters
    ----------
    step0 : mapping of (indicator, stratum) to float
        What the base model's fits say, where there is a reliable one.
    """
    makers: dict[str, Callable[[Cell, Any], Iterator[Row]]] = {
        "placebo": _placebo,
        "autocorrelation": lambda cell, found: _drawn(run, cell, found),
        "composition": _composition,
        "units_by_t": _units_by_t,
        "regression_to_the_mean": lambda cell, found: _regression(cell, found, step0),
    }
    empty = {
        "placebo": (*PLACEBO, "replicates", "failures"),
        "autocorrelation": DRAWN,
        "composition": (*COUNTS, *COMPOSITION),
        "regression_to_the_mean": REGRESSION,
    }
    found: dict[str, list[Row]] = {name: [] for name in makers}
    for question, answer in run.scrutiny.items():
        cell, kind = question.cell, question.kind
        if answer.found is None:
            where = _where(cell) | _family(run, cell, kind)
            nothing = dict.fromkeys(empty[kind])
            found[kind].append({**nothing, **where, "reason": answer.reason})
            continue
        found[kind] += makers[kind](cell, answer.found)
        if kind == "composition":
            found["units_by_t"] += makers["units_by_t"](cell, answer.found)
    return found


def _where(cell: Cell) -> Row:
    return {"indicator": cell.indicator, "stratum": cell.stratum}


def _family(run: StudyRun, cell: Cell, kind: str) -> Row:
    return {"family": run.data.designs[cell].family} if kind == "autocorrelation" else {}


def _placebo(cell: Cell, found: Placebo) -> Iterator[Row]:
    for one in found.terms:
        yield {**_where(cell), **plain(asdict(one)), "replicates": found.replicates,
               "failures": found.failures, "reason": None}  # fmt: skip


def _drawn(run: StudyRun, cell: Cell, found: Autocorrelation) -> Iterator[Row]:
    family = _family(run, cell, "autocorrelation")
    yield {**_where(cell), **family, **plain(asdict(found)), "reason": None}


def _composition(cell: Cell, found: Composition) -> Iterator[Row]:
    fewest = min(found.units_by_t, key=lambda t: found.units_by_t[t])
    head = {
        **_where(cell),
        "units": found.units,
        "complete_units": found.complete_units,
        "fewest_units": found.units_by_t[fewest],
        "fewest_at": fewest,
    }
    if not found.terms:
        yield {**head, **dict.fromkeys(COMPOSITION), "reason": found.failure}
    for one in found.terms:
        yield {**head, **plain(asdict(one)), "reason": None}


def _units_by_t(cell: Cell, found: Composition) -> Iterator[Row]:
    for t, units in found.units_by_t.items():
        yield {**_where(cell), "t": t, "units": units}


def _regression(
    cell: Cell, found: Regression, step0: Mapping[tuple[str, str], float]
) -> Iterator[Row]:
    slope_low, slope_high = _ends(found.slope_interval)
    shared = {
        "left_out": found.left_out,
        "slope": number(found.slope), "slope_low": slope_low, "slope_high": slope_high,
        "rho": number(found.rho), "correlation": number(found.correlation),
    }  # fmt: skip
    everyone = step0.get((cell.indicator, WHOLE_PANEL), math.nan)
    for one in found.strata:
        own = step0.get((cell.indicator, one.stratum), math.nan)
        yield {
            "indicator": cell.indicator,
            **_stratum(one),
            **shared,
            "observed": number(own),
            "observed_all": number(everyone),
            "observed_difference": number(own - everyone),
            "reason": None,
        }


def _stratum(one: StratumRegression) -> Row:
    level_low, level_high = _ends(one.level_interval)
    expected_low, expected_high = _ends(one.expected_interval)
    return {
        "stratum": one.stratum, "units": one.units,
        "level": number(one.level), "level_low": level_low, "level_high": level_high,
        "deviation": number(one.deviation), "change": number(one.change),
        "expected": number(one.expected),
        "expected_low": expected_low, "expected_high": expected_high,
        "at_most": number(one.at_most),
    }  # fmt: skip


def _ends(interval: Interval) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else interval
