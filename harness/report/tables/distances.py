"""How far each engine lies from the exact maximum, and who is the odd one out."""

from __future__ import annotations

import statistics

from harness.report.reading import WHOLE_PANEL, Reading, Record
from harness.report.rounding import NOTHING, brief, fixed, whole
from harness.report.tables.origins import of_fits, of_pairs
from harness.report.tables.table import Cell, Column, Table


def named(fit: Record) -> str:
    """Return engine, settings and variant of a fit."""
    extra = "" if fit["variant"] == "base" else f" ({fit['variant']})"
    return f"{fit['engine']} {fit['settings']}{extra}"


def distance_table(reading: Reading) -> Table | None:
    """Return the distances from the exact maximum, one row an engine and settings."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for row in reading.agreement["distances"]:
        fit = reading.fit_by_id(row["fit"])
        if fit is not None:
            rows_of = "whole panel" if fit["stratum"] == WHOLE_PANEL else "strata"
            groups.setdefault((named(fit), rows_of), []).append(row)
    rows = tuple(_distance_row(*key, own) for key, own in groups.items())
    if not rows:
        return None
    columns = (
        Column("Engine", numeric=False),
        Column("Rows", numeric=False),
        Column("Fits", "with a distance, of those asked for"),
        Column("Median", "over analyses of the largest difference of a fit, in standard errors"),
        Column("Largest", "difference of an estimate, in standard errors"),
        Column("Largest, SE", "relative difference of a standard error"),
        Column("Fewest digits", "of an estimate (log relative error)"),
    )
    return Table("distances", "Distance from the exact maximum", columns, rows,
                 note=reference_note(reading), csv="distances", heads=2,
                 origin=of_fits(reading))  # fmt: skip


def reference_note(reading: Reading) -> str:
    """Return what the distances are measured from."""
    steps = [row["reference_decrement"] for row in reading.agreement["distances"]]
    known = [abs(step) for step in steps if step is not None]
    off = f", here at most {brief(max(known))} standard errors" if known else ""
    return (
        "Measured from the fit of the same analysis whose exact likelihood is the highest. How far"
        f" that one may itself be from the maximum is its Newton decrement{off}. Standard errors:"
        " from the exact Hessian there."
    )


def _distance_row(name: str, rows_of: str, own: list[Record]) -> tuple[Cell, ...]:
    d = [row["diff_se"] for row in own if row["diff_se"] is not None]
    s = [row["rel_se"] for row in own if row["rel_se"] is not None]
    digits = [row["digits"] for row in own if row["digits"] is not None]
    return (
        Cell(name, tone="name"),
        Cell(rows_of),
        Cell(f"{len(d)} of {len(own)}"),
        Cell(brief(statistics.median(d)) if d else NOTHING),
        Cell(brief(max(d, default=None)), link=_furthest(own, "diff_se")),
        Cell(brief(max(s, default=None)), link=_furthest(own, "rel_se")),
        Cell(fixed(min(digits, default=None), 1)),
    )


def _furthest(own: list[Record], key: str) -> str:
    """Return the id of the fit that lies furthest."""
    known = [row for row in own if row[key] is not None]
    return max(known, key=lambda row: row[key])["fit"] if known else ""


def odd_table(reading: Reading) -> Table | None:
    """Return how often each engine stood alone among three or more that answer the same."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for row in reading.agreement["odd_one_out"]:
        groups.setdefault((row["variant"], row["settings"]), []).append(row)
    if not groups:
        return None
    names = list(dict.fromkeys(e for own in groups.values() for row in own for e in row["engines"]))
    columns = (
        Column("Settings", numeric=False),
        Column("Analyses", "with three or more engines of one estimator and method"),
        Column("All identical", "all pairs lie within the limits of “identical”"),
        Column("No single one", "they differ, but no engine stands apart from all the others"),
        *(Column(name, "how often it alone differs; under it its least distance", "Odd one out")
          for name in names),
    )  # fmt: skip
    rows = tuple(_odd_row(*key, own, names) for key, own in groups.items())
    separation = whole(reading.agreement["method"]["separation"])
    note = (
        "An engine is named where it is not identical to any of the others and lies at least"
        f" {separation} times as far from each as they lie from one another. Distance: the larger"
        " of the difference of estimates in standard errors and the relative difference of"
        " standard errors."
    )
    title = "Which engine is the odd one out?"
    return Table("odd-one-out", title, columns, rows, note=note, csv="odd_one_out",
                 origin=of_pairs(reading))  # fmt: skip


def _odd_row(variant: str, settings: str, own: list[Record], names: list[str]) -> tuple[Cell, ...]:
    extra = "" if variant == "base" else f" ({variant})"
    outcomes = [row["outcome"] for row in own]
    cells = []
    for name in names:
        odd = [row["nearest"] for row in own if row["odd"] == name]
        least = f"{brief(min(odd))} to {brief(max(odd))}" if odd else ""
        asked = any(name in row["engines"] for row in own)
        cells.append(
            Cell(str(len(odd)) if asked else NOTHING, sub=least, tone="" if odd else "muted")
        )
    return (
        Cell(f"{settings}{extra}", tone="name"),
        Cell(str(len(own))),
        Cell(str(outcomes.count("all identical"))),
        Cell(str(outcomes.count("no single one"))),
        *cells,
    )
