"""Zeros that mean that nothing was returned: kept as published, flagged, and without a count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class SuspiciousZero:
    """Indicators and years in which a published 0 is no count, the flag it gets, and the reason."""

    flag: str
    indicators: frozenset[str]
    years: frozenset[int]
    reason: str


RULES = (
    SuspiciousZero(
        "zero_suspect_nonreturn",
        frozenset({"s47", "icpc", "icpc_15days"}),
        frozenset({2010}),
        "no authority of this size goes a year without enquiries or conferences; in the first year"
        " of the census 0 stands where nothing was returned",
    ),
    SuspiciousZero(
        "zero_transition_year",
        frozenset({"assessments", "assessments_45days"}),
        frozenset({2014}),
        "authorities moved from initial and core to continuous assessments during 2013-14; 0 means"
        " not yet moved",
    ),
)


def flag_suspicious_zeros(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells with the zeros of ``RULES`` flagged and their count emptied."""
    flagged = cells.copy()
    for rule in RULES:
        hit = (
            flagged["indicator"].isin(rule.indicators)
            & flagged["year"].isin(rule.years)
            & (flagged["count"] == 0)
        )
        flagged.loc[hit, "flag"] = rule.flag
        flagged.loc[hit, "count"] = np.nan
    return flagged
