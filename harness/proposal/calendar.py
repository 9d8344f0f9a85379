"""Periods written as dates: how to number them one by one."""

from __future__ import annotations

import re

import numpy as np

from harness.proposal.facts import Facts

YEAR = r"(1[89]|20|21)\d\d"
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
# The kind of writing, its pattern, and how such periods are numbered; {} is the first of them.
WRITINGS = (
    ("quarters", rf"{YEAR}[ ._/-]?[Qq][1-4]|[Qq][1-4][ ._/-]?{YEAR}", "4 * year + quarter"),
    ("months", rf"{YEAR}[-/._](0?[1-9]|1[0-2])", "12 * year + month"),
    ("months", rf"({MONTHS})[a-z]*[ ._/-]*{YEAR}|{YEAR}[ ._/-]*({MONTHS})[a-z]*",
     "12 * year + month"),
    ("weeks", rf"{YEAR}-?[Ww]([0-4]?\d|5[0-3])", "weeks since the first one"),
    ("dates", rf"{YEAR}[-/.]\d\d?[-/.]\d\d?([T ].*)?|\d\d?[-/.]\d\d?[-/.]{YEAR}",
     "12 * year + month, or weeks or days since the first one"),
    ("years of two halves", rf"{YEAR}[-/–]({YEAR}|\d\d)", "the year in which each ends"),
)  # fmt: skip
PATTERNS = [(kind, re.compile(pattern, re.IGNORECASE), how) for kind, pattern, how in WRITINGS]
# Whole numbers that hold a year and a part of it: last digits, what they are, how they jump.
PACKED = ((100, 12, "months", "12 * year + month"), (10, 4, "quarters", "4 * year + quarter"))
FIRST_YEAR, LAST_YEAR = 1800, 2200


def how_to_number(facts: Facts) -> str | None:
    """Return one line on a column of dates and how to number them, None for any other column."""
    found = _written(facts) or _packed(facts)
    if found is None:
        return None
    kind, how = found
    return (
        f"column {facts.name!r} holds {kind} such as {facts.values[0]!r}: periods are whole numbers"
        f" that count one by one, so add a column that numbers them ({how}), and one that numbers"
        " the events likewise"
    )


def _written(facts: Facts) -> tuple[str, str] | None:
    if not facts.values:
        return None
    for kind, pattern, how in PATTERNS:
        if all(pattern.fullmatch(value) for value in facts.values):
            return kind, how
    return None


def _packed(facts: Facts) -> tuple[str, str] | None:
    """Months as 201903 and quarters as 20191: they count one by one, but not over the year."""
    if not facts.whole or len(facts.levels) < 2:
        return None
    for base, most, kind, how in PACKED:
        year, part = np.divmod(facts.levels, base)
        inside = (year >= FIRST_YEAR) & (year < LAST_YEAR) & (part >= 1) & (part <= most)
        if inside.all():
            return kind, how
    return None


def far_apart(facts: Facts) -> str | None:
    """Return one line on whole numbers that count by more than one, None for any other column."""
    steps = set(np.diff(facts.levels))
    if not facts.whole or len(steps) != 1 or 1.0 in steps:
        return None
    step = steps.pop()
    return (
        f"column {facts.name!r} counts by {step:.0f}s: periods count one by one, so number them"
        f" 1, 2, 3, ... (({facts.name} - {facts.levels[0]:.0f}) / {step:.0f} + 1), and the events"
        " likewise"
    )
