"""Series that are sums of published ones; a row only where every part has a number."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from harness.sources.england_import.cells import ROUNDED_TO_5
from harness.sources.england_import.read import COLUMNS


@dataclass(frozen=True, slots=True)
class Derived:
    """An indicator, the indicators that it is the sum of, and what the panel calls its source.

    ``years`` says where it is not published itself; empty for all years.
    """

    indicator: str
    parts: tuple[str, str]
    source: str
    years: tuple[int, ...] = ()


DERIVED = (
    Derived(
        "cla_care_orders",
        ("cla_ico", "cla_fco"),
        "derived: interim + full care orders at 31 March (2010 rounded to 5)",
    ),
    Derived("cpp_ceased_lt6m", ("cpp_ceased_lt3m", "cpp_ceased_3to6m"), "derived: <3m + 3-6m"),
    Derived(
        "icpc_15days",
        ("icpc_d0_10", "icpc_d11_15"),
        "derived: 0-10 + 11-15 days",
        tuple(range(2012, 2020)),
    ),
)


def derive(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the derived rows of a frame of cells, in the same columns."""
    return pd.concat([_derive(cells, derived) for derived in DERIVED], ignore_index=True)


def _derive(cells: pd.DataFrame, derived: Derived) -> pd.DataFrame:
    keys = ["la_code", "year"]
    first, second = (cells[cells["indicator"] == part] for part in derived.parts)
    both = first.merge(second, on=keys, suffixes=("", "_2"), validate="one_to_one")
    if derived.years:
        both = both[both["year"].isin(derived.years)]
    both = both[both["count"].notna() & both["count_2"].notna()]
    count = both["count"] + both["count_2"]
    rounded = (both["flag"] == ROUNDED_TO_5) | (both["flag_2"] == ROUNDED_TO_5)
    return both.assign(
        indicator=derived.indicator,
        count=count,
        published_cell=count.astype(int).astype(str),
        flag=rounded.map({True: ROUNDED_TO_5, False: ""}),
        source=derived.source,
    )[COLUMNS]
