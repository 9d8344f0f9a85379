"""Cells -> one column a series, and the same with suppressed cells filled."""

from __future__ import annotations

import pandas as pd

from harness.sources.england.published import BAND_SUPPRESSED, SUPPRESSED
from harness.sources.england.series import FIRST_YEAR, SHARES, SUMS

# A suppressed cell is a number from 1 to 5, unless it hides another one (secondary suppression).
FILLS = (1, 5)


def wide_counts(cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row an authority and year, three columns a series.

    Parameters
    ----------
    cells : DataFrame
        As ``read_cells`` returns them.

    Returns
    -------
    DataFrame, indexed by ``la_code`` and ``year``
        Each series as published (NaN where it was not), and ``<series>_if_1`` and
        ``<series>_if_5``, in which suppressed cells hold 1 or 5. A sum of which a part is
        suppressed is filled by its parts; where the parts are not in the file it stays empty.
    """
    counts = _pivot(cells, cells["count"])
    small = (cells["flag"] == SUPPRESSED) & (cells["published_cell"] != BAND_SUPPRESSED)
    filled = [
        _with_sums(_pivot(cells, cells["count"].mask(small, fill))).add_suffix(f"_if_{fill}")
        for fill in FILLS
    ]
    return _usable(pd.concat([counts, *filled], axis=1))


def _pivot(cells: pd.DataFrame, values: pd.Series[float]) -> pd.DataFrame:
    wide = cells.assign(value=values).pivot(
        index=["la_code", "year"], columns="indicator", values="value"
    )
    return wide.astype(float).rename_axis(columns=None)


def _with_sums(filled: pd.DataFrame) -> pd.DataFrame:
    sums = {
        name: filled[name].fillna(filled[first] + filled[second])
        for name, (first, second) in SUMS.items()
        if {name, first, second} <= set(filled)
    }
    return filled.assign(**sums)


def _usable(counts: pd.DataFrame) -> pd.DataFrame:
    years = counts.index.get_level_values("year")
    late = {
        column: counts[column].where(years >= first)
        for name, first in FIRST_YEAR.items()
        for column in _versions(counts, name)
    }
    return counts.assign(**late)


def _versions(counts: pd.DataFrame, name: str) -> list[str]:
    names = (name, *(f"{name}_if_{fill}" for fill in FILLS))
    return [column for column in names if column in counts]


def as_shares(counts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep a numerator only where its denominator is a positive number.

    Parameters
    ----------
    counts : DataFrame
        As ``wide_counts`` returns them.

    Returns
    -------
    counts : DataFrame
        A denominator of 0 is empty too: it is no exposure. A filled numerator is at most its
        denominator.
    above : dict of numerator to int
        Published cells in which the numerator exceeds its denominator. They are kept.
    """
    above: dict[str, int] = {}
    for numerator, denominator in SHARES:
        if not {numerator, denominator} <= set(counts):
            continue
        positive = counts[denominator] > 0
        counts = counts.assign(**{denominator: counts[denominator].where(positive)})
        above[numerator] = int((counts[numerator] > counts[denominator]).sum())
        for column in _versions(counts, numerator):
            part = counts[column].where(positive)
            if column != numerator:
                published = counts[numerator].notna()
                part = part.where(published | ~(part > counts[denominator]), counts[denominator])
            counts = counts.assign(**{column: part})
    return counts, above
