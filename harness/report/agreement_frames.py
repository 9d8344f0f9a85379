"""Tidy tables of the block ``agreement``, one a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.report.reading import Reading, Record

PAIR = ("a", "b", "variant", "kind", "rows", "n", "indicators", "missing")
QUANTITIES = {
    "difference in standard errors": "estimates",
    "relative difference of standard errors": "errors",
}
MEASURES = ("mean", "sd", "limit_low", "limit_high")
DIGITS = ("least", "lower_quartile", "median", "upper_quartile", "most")
COUNTS = ("conclusions", "changed", "knife_edge", "patterns", "patterns_changed")
# What a table without rows still says.
AGREEMENT_HEADS = {
    "agreement": (*PAIR, "measure", "value", "low", "high", "no_interval"),
    "equivalence": (*PAIR, "mean", "low", "high", "p_value", "equivalent"),
    "digits": (*PAIR, *DIGITS, *(f"digits_{k}" for k in range(16))),
    "distances": ("fit", "reference", "reference_decrement", "diff_se", "rel_se", "digits",
                  "reason"),
    "odd_one_out": ("indicator", "stratum", "variant", "settings", "engines", "outcome", "odd",
                    "nearest", "others", "largest"),
    "conclusions": ("a", "b", "variant", "kind", "missing", *COUNTS),
    "changed_conclusions": ("indicator", "stratum", "term", "a", "b", "variant", "kind",
                            "knife_edge"),
}  # fmt: skip


def agreement_rows(reading: Reading) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table by file stem."""
    found = reading.agreement
    return {
        "agreement": [row for pair in found["pairs"] for row in _estimated(pair)],
        "equivalence": [{**_pair(p), **p["tost"]} for p in found["pairs"] if p["tost"]],
        "digits": [_digits(pair) for pair in found["pairs"]],
        "distances": [dict(row) for row in found["distances"]],
        "odd_one_out": [
            {**row, "engines": " ".join(row["engines"])} for row in found["odd_one_out"]
        ],
        "conclusions": [dict(row) for row in found["conclusions"]["pairs"]],
        "changed_conclusions": [dict(row) for row in found["conclusions"]["changed"]],
    }


def _pair(pair: Record) -> dict[str, Any]:
    return {key: pair[key] for key in PAIR}


def _estimated(pair: Record) -> Iterator[dict[str, Any]]:
    """Yield every measure that has a bootstrap interval, one a row."""
    measures = {
        f"{measure}, {quantity}": pair[key][measure]
        for quantity, key in QUANTITIES.items()
        for measure in MEASURES
    }
    measures |= {
        "1 minus Lin's concordance correlation": pair["one_minus_ccc"],
        "Deming slope minus 1": pair["deming"]["slope_minus_one"],
        "Deming line above the diagonal at the mean": pair["deming"]["height"],
    }
    for measure, found in measures.items():
        yield {**_pair(pair), "measure": measure, **found, "no_interval": pair["no_interval"]}


def _digits(pair: Record) -> dict[str, Any]:
    found = pair["digits"]
    counts = {f"digits_{k}": n for k, n in enumerate(found["counts"])}
    return {**_pair(pair), **{key: found[key] for key in DIGITS}, **counts}
