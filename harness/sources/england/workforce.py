"""``workforce.csv`` -> rates and posts at 30 September, by the year printed and the year that fits.

A snapshot of 30 September 2017 is printed as 2017 and lies in the financial year that ends in
2018, which is what every other column of the panel calls 2018.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pandas as pd

from harness.sources.england.files import numbers, read_file, refuse_duplicates, whole

FILE = "workforce.csv"
SNAPSHOT = "at 30 September"
WORKFORCE = MappingProxyType(
    {
        "vacancy_rate": f"vacant posts of children's social workers, % of all posts {SNAPSHOT}",
        "agency_rate": f"agency workers, % of all children's social workers {SNAPSHOT}",
        "turnover_rate": f"social workers who left in the year, % of those in post {SNAPSHOT}",
        "social_worker_fte": f"children's social workers {SNAPSHOT}, full-time equivalents",
        "caseload": f"cases a children's social worker {SNAPSHOT}",
    }
)
EXPOSURE = "social_worker_fte"


def read_workforce(folder: Path) -> pd.DataFrame:
    """Read ``workforce.csv``.

    Returns
    -------
    DataFrame, indexed by ``la_code`` and ``year``
        The columns of ``WORKFORCE`` by the year printed; with the suffix ``_fy`` by the financial
        year that contains the snapshot, one later. NaN where not published; a number of social
        workers that is not above 0 is empty too, as it is an exposure.

    Raises
    ------
    PanelError
        If the file or a column is missing, a cell is no number or stands twice.
    """
    frame = read_file(folder, FILE, ("la_code", "year", "indicator", "value"))
    refuse_duplicates(frame, ("la_code", "year", "indicator"), FILE)
    values = frame[["la_code", "indicator"]].assign(
        year=whole(frame, "year", FILE), value=numbers(frame, "value", FILE)
    )
    wide = values.pivot(index=["la_code", "year"], columns="indicator", values="value")
    printed = wide.reindex(columns=list(WORKFORCE)).rename_axis(columns=None)
    printed[EXPOSURE] = printed[EXPOSURE].where(printed[EXPOSURE] > 0)
    code, year = printed.index.get_level_values("la_code"), printed.index.get_level_values("year")
    later = printed.add_suffix("_fy").set_axis(
        pd.MultiIndex.from_arrays([code, year + 1], names=["la_code", "year"])
    )
    return printed.join(later, how="outer")
