"""Yearly releases against the later time series: where the Department revised a count."""

from __future__ import annotations

import pandas as pd

KEYS = ["la_code", "year", "indicator"]


def revisions(yearly: pd.DataFrame, used: pd.DataFrame) -> pd.DataFrame:
    """Return the cells whose count differs between a yearly release and the panel.

    Parameters
    ----------
    yearly, used : DataFrame
        Cells as of ``read_release``; both counts must be numbers for a difference to count.

    Returns
    -------
    DataFrame
        ``la_code``, ``year``, ``indicator``, ``first`` (yearly release), ``used``.
    """
    both = yearly.merge(used, on=KEYS, suffixes=("_first", "_used"), validate="one_to_one")
    both = both[both["count_first"].notna() & both["count_used"].notna()]
    changed = both[both["count_first"] != both["count_used"]]
    renamed = changed.rename(columns={"count_first": "first", "count_used": "used"})
    return renamed[[*KEYS, "first", "used"]].reset_index(drop=True)
