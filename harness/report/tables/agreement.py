"""Bland-Altman limits, Lin, Deming, TOST and digits, by pair of engines."""

from __future__ import annotations

from collections.abc import Iterable

from harness.report.reading import Reading, Record
from harness.report.rounding import NOTHING, brief, fixed, p_text, whole
from harness.report.tables.origins import of_pairs
from harness.report.tables.table import Cell, Column, Table

LIKE = ("like for like",)
OTHERS = ("maximum likelihood", "settings", "estimator")
PAIR = Column("b minus a", "the two engines", numeric=False)
ROWS = Column("Rows", "the strata hold the rows of the whole panel once more", numeric=False)


def pairs_of(reading: Reading, kinds: Iterable[str]) -> list[Record]:
    """Return the summaries of pairs of these kinds, in the order of the kinds."""
    pairs = reading.agreement["pairs"]
    return [pair for kind in kinds for pair in pairs if pair["kind"] == kind]


def limits_table(reading: Reading, kinds: Iterable[str], name: str, title: str) -> Table | None:
    """Return bias and limits of agreement of the pairs of these kinds."""
    rows = tuple(row for pair in pairs_of(reading, kinds) for row in _limit_rows(pair))
    if not rows:
        return None
    columns = (
        PAIR,
        ROWS,
        Column("Quantity", numeric=False),
        Column("n", "stages over all analyses"),
        Column("Bias", "mean difference, under it its 95 % interval"),
        Column("SD", "of one further difference, within and between indicators"),
        Column("Lower limit", "bias − 1.96 SD"),
        Column("Upper limit", "bias + 1.96 SD: 95 % of differences are expected between the two"),
    )
    return Table(name, title, columns, rows, note=_note(reading, kinds), csv="agreement",
                 heads=3, tall=True, origin=of_pairs(reading))  # fmt: skip


def _limit_rows(pair: Record) -> Iterable[tuple[Cell, ...]]:
    for key, quantity in (("estimates", "estimates, in SE"), ("errors", "SE, relative")):
        found = pair[key]
        yield (
            *_head(pair),
            Cell(quantity),
            _n(pair),
            *(_estimated(found[k]) for k in ("mean", "sd", "limit_low", "limit_high")),
        )


def _head(pair: Record) -> tuple[Cell, Cell]:
    return Cell(f"{pair['b']} − {pair['a']}", tone="name"), Cell(pair["rows"])


def _n(pair: Record) -> Cell:
    lost = f"{pair['missing']} analyses lost" if pair["missing"] else ""
    return Cell(whole(pair["n"]), sub=lost)


def _estimated(found: Record) -> Cell:
    limits = "" if found["low"] is None else f"{brief(found['low'])} to {brief(found['high'])}"
    return Cell(brief(found["value"]), sub=limits)


def _note(reading: Reading, kinds: Iterable[str]) -> str:
    method = reading.agreement["method"]
    opening = (
        "Descriptive, never a gate: the fits share one panel. Under each number its 95 % interval"
        f" by {method['resamples']:,} bootstrap samples of whole indicators (expanded percentiles,"
        f" seed {method['seed']}); simulated, it covers the bias in 93 to 96 % and a limit of"
        " agreement in 82 % (six indicators) to 91 % (24)."
    )
    missing = {pair["no_interval"]: None for pair in pairs_of(reading, kinds)}
    reasons = (f"No interval: {reason}." for reason in missing if reason)
    return " ".join(filter(None, (opening, _shared_counts(reading), *reasons)))


def _shared_counts(reading: Reading) -> str:
    counts = [indicator["count"] for indicator in reading.indicators]
    if len(set(counts)) == len(counts):
        return ""
    return (
        f"{len(counts)} indicators share {len(set(counts))} counts: those of one count are"
        " dependent too, and the intervals are the narrower for it."
    )


def closeness_table(reading: Reading, kinds: Iterable[str], name: str, title: str) -> Table | None:
    """Return Lin's coefficient, Deming regression and equivalence of the pairs of these kinds."""
    rows = tuple(_closeness_row(pair) for pair in pairs_of(reading, kinds))
    if not rows:
        return None
    margin = brief(reading.agreement["method"]["equivalence_margin_se"], 1)
    columns = (
        PAIR,
        ROWS,
        Column("n", "stages over all analyses"),
        Column("1 − CCC", "distance of Lin's concordance correlation from perfect agreement"),
        Column("Slope − 1", "Deming regression of b on a, error variances of ratio 1, weighted by"
               " the inverse of the squared standard errors: a slope of 1 is agreement"),
        Column("Height", "of that line above the diagonal, at the mean of a, in log rate ratios"),
        Column("TOST p", "two one-sided tests on indicator means that the mean difference is not"
               f" {margin} standard errors or more; under it the 90 % interval of the mean, in"
               " standard errors"),
        Column("Equivalent", f"at 5 %, margin {margin} standard errors", numeric=False),
    )  # fmt: skip
    return Table(name, title, columns, rows, note=_note(reading, kinds), csv="agreement",
                 heads=2, tall=True, origin=of_pairs(reading))  # fmt: skip


def _closeness_row(pair: Record) -> tuple[Cell, ...]:
    deming = pair["deming"]
    return (
        *_head(pair),
        _n(pair),
        _estimated(pair["one_minus_ccc"]),
        _estimated(deming["slope_minus_one"]),
        _estimated(deming["height"]),
        *_tost(pair["tost"]),
    )


def _tost(found: Record | None) -> tuple[Cell, Cell]:
    if found is None:
        return Cell(NOTHING, sub="one indicator"), Cell(NOTHING)
    limits = f"{brief(found['low'])} to {brief(found['high'])}"
    answer = Cell("yes", tone="good") if found["equivalent"] else Cell("not shown", tone="near")
    return Cell(p_text(found["p_value"]), sub=limits), answer


def digits_table(reading: Reading, kinds: Iterable[str], name: str, title: str) -> Table | None:
    """Return the distribution of the digits of agreement of the pairs of these kinds."""
    rows = tuple(_digits_row(pair) for pair in pairs_of(reading, kinds))
    if not rows:
        return None
    columns = (
        Column("Engines", numeric=False),
        ROWS,
        Column("n", "stages over all analyses"),
        Column("Fewest"),
        Column("Lower quartile"),
        Column("Median"),
        Column("Upper quartile"),
        Column("Most"),
    )
    note = (
        "McCullough's log relative error, −log10(|b − a| / max(|a|, SE)), at most 15: on how many"
        " digits the estimates agree."
    )
    return Table(name, title, columns, rows, note=note, csv="digits", heads=2, tall=True,
                 origin=of_pairs(reading))  # fmt: skip


def _digits_row(pair: Record) -> tuple[Cell, ...]:
    found = pair["digits"]
    keys = ("least", "lower_quartile", "median", "upper_quartile", "most")
    return (
        Cell(f"{pair['a']} – {pair['b']}", tone="name"),
        Cell(pair["rows"]),
        _n(pair),
        *(Cell(fixed(found[key], 1)) for key in keys),
    )
