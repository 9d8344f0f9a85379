"""Yearly releases against the later time series: where the Department revised a count."""

from __future__ import annotations

import pandas as pd

KEYS = ["la_code", "year", "indicator"]


def revisions(yearly: pd.DataFrame, used: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of the yearly releases beside those of the panel.

    Parameters
    ----------
    yearly, used : DataFrame
        Cells as of ``read_release``.

    Returns
    -------
    DataFrame
        ``la_code``, ``year``, ``indicator``, ``first`` (yearly release), ``used``; rows where both
        are numbers.
    """
    both = yearly.merge(used, on=KEYS, suffixes=("_first", "_used"), validate="one_to_one")
    both = both[both["count_first"].notna() & both["count_used"].notna()]
    renamed = both.rename(columns={"count_first": "first", "count_used": "used"})
    return renamed[[*KEYS, "first", "used"]].reset_index(drop=True)


def summary(compared: pd.DataFrame) -> pd.DataFrame:
    """Return how many authorities and how much of their sum changed, by series and year.

    Returns
    -------
    DataFrame
        ``indicator``, ``year``, ``n`` (authorities whose count changed) and ``change`` (relative,
        of the sum over authorities); series and years without a change are left out.
    """
    changed = compared.assign(n=compared["first"] != compared["used"])
    sums = changed.groupby(["indicator", "year"])[["first", "used", "n"]].sum().reset_index()
    sums = sums[sums["n"] > 0]
    return sums.assign(change=sums["used"] / sums["first"] - 1)[
        ["indicator", "year", "n", "change"]
    ]
