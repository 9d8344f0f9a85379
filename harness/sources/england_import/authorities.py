"""Local authorities: one number and name for each, and the rule that leaves two out.

The three-digit number of the Department for Education is the key: it did not change between 2010
and 2019 for any authority that existed throughout, while the nine-character ONS codes of Gateshead
and Northumberland did (boundary changes of 2013), names are spelt in several ways, and files made
after 2019 know Buckinghamshire, Dorset and Northamptonshire under the codes of their successors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from harness.errors import PanelError
from harness.sources.england_import.releases import Layout

# City of London has 1,621 children and the Isles of Scilly 386 at most; the next, Rutland, 7,711
# at least. Nearly every cell of the two is suppressed.
FEWEST_CHILDREN = 5_000
# Words that some releases write and others leave out.
OPTIONAL_WORDS = frozenset({"city", "of", "county", "borough", "the", "towns", "and"})
# Codes under which a file made after 2019 holds an area: successors of the authority and, where
# several share them, of its neighbours as well (Christchurch went from Dorset to Bournemouth and
# Poole in 2019, so neither can be told from the others).
SUCCESSORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "825": ("E06000060",),
        "928": ("E06000061", "E06000062"),
        "835": ("E06000058", "E06000059"),
        "836": ("E06000058", "E06000059"),
        "837": ("E06000058", "E06000059"),
    }
)
REORGANISATIONS: Mapping[str, str] = MappingProxyType(
    {
        "825": "Buckinghamshire became a unitary authority in April 2020 with the code E06000060",
        "928": "Northamptonshire was divided in April 2021 into North Northamptonshire (E06000061)"
        " and West Northamptonshire (E06000062), which are added up",
        "835": "Dorset was reorganised with Bournemouth and Poole in April 2019 (E06000058 and"
        " E06000059); the three are scaled together",
        "836": "Poole was reorganised with Dorset and Bournemouth in April 2019 (E06000058 and"
        " E06000059); the three are scaled together",
        "837": "Bournemouth was reorganised with Dorset and Poole in April 2019 (E06000058 and"
        " E06000059); the three are scaled together",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Authorities:
    """The authorities of the panel.

    Attributes
    ----------
    table : DataFrame
        Columns ``ons_code``, ``la_name``, ``region``; the index ``la_code`` is sorted.
    excluded : DataFrame
        The same with ``children``, the largest number of children in any year, for those left out
        by rule.
    """

    table: pd.DataFrame
    excluded: pd.DataFrame


def local_rows(frame: pd.DataFrame, layout: Layout, year: int | None = None) -> pd.DataFrame:
    """Return the rows about local authorities, of one year where the layout has years."""
    rows = frame[frame[layout.level].str.strip() == layout.local]
    if layout.year and year is not None:
        rows = rows[rows[layout.year].str.strip() == str(year)]
    return rows


def read_authorities(
    frame: pd.DataFrame, layout: Layout, year: int, children: pd.Series[float]
) -> Authorities:
    """Take the authorities of the last year as the panel's, without the very small ones.

    Parameters
    ----------
    frame : DataFrame
        A release in the layout of Explore Education Statistics, with ``region_name``.
    layout : Layout
    year : int
        The last year of the panel.
    children : Series
        Largest number of children aged 0 to 17 in any year, by ``la_code``.

    Raises
    ------
    PanelError
        If an authority has no population.
    """
    rows = local_rows(frame, layout, year)
    table = pd.DataFrame(
        {
            "ons_code": rows[layout.ons].str.strip().to_numpy(),
            "la_name": rows[layout.name].str.strip().to_numpy(),
            "region": rows["region_name"].str.strip().to_numpy(),
        },
        index=pd.Index(rows[layout.code].str.strip(), name="la_code"),
    ).sort_index()
    known = children.reindex(table.index)
    if known.isna().any():
        name = table.loc[known.isna(), "la_name"].iloc[0]
        raise PanelError(f"{name} has no mid-year population: check the population estimates")
    small = known < FEWEST_CHILDREN
    return Authorities(table[~small], table[small].assign(children=known[small].astype(int)))


def plain_name(name: str) -> str:
    """Return a name without case, punctuation and the words that releases may leave out."""
    words = re.sub(r"[^a-z]+", " ", name.casefold().replace("&", " and ")).split()
    return " ".join(word for word in words if word not in OPTIONAL_WORDS)


def codes_by_plain_name(names: pd.Series[str], file: str) -> dict[str, str]:
    """Return ``la_code`` by plain name.

    Raises
    ------
    PanelError
        If two authorities have the same plain name.
    """
    codes: dict[str, str] = {}
    for code, name in names.items():
        plain = plain_name(name)
        if plain in codes:
            raise PanelError(f"{file}: two authorities are called {name!r}: give their numbers")
        codes[plain] = str(code)
    return codes


def reconciled(
    frame: pd.DataFrame, layout: Layout, years: tuple[int, ...], table: pd.DataFrame
) -> list[tuple[str, str, str, str]]:
    """List names and codes that a file prints otherwise than the panel.

    Returns
    -------
    list of (kind, la_code, printed, used)
        ``kind`` is ``name_variant`` or ``code_change``.
    """
    rows = local_rows(frame, layout)
    if layout.year:
        rows = rows[rows[layout.year].str.strip().isin(list(map(str, years)))]
    rows = rows[rows[layout.code].str.strip().isin(table.index)]
    used = table.reindex(rows[layout.code].str.strip())
    pairs = [("name_variant", layout.name, "la_name"), ("code_change", layout.ons, "ons_code")]
    found: set[tuple[str, str, str, str]] = set()
    for kind, column, ours in pairs:
        if column:
            printed = rows[column].str.strip()
            trios = zip(used.index, printed, used[ours], strict=True)
            found |= {(kind, str(code), a, b) for code, a, b in trios if a != b}
    return sorted(found)
