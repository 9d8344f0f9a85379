"""Columns of a file -> the release that they look like."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.sources.england_import.releases import Release

DIGITS = re.compile(r"\d+")


def fits(columns: Iterable[object], release: Release) -> bool:
    """Return whether every column that a release must have is there."""
    return set(release.columns) <= set(map(str, columns))


def likeness(columns: Iterable[object], release: Release) -> float:
    """Return the share of a release's columns that are there, digits aside.

    Digits are left out because column names carry the year: the file of another year has the same
    names but for them.
    """
    there = {_stem(str(column)) for column in columns}
    return sum(_stem(column) in there for column in release.columns) / len(release.columns)


def nearest_release(columns: Iterable[object], releases: Iterable[Release]) -> Release | None:
    """Return the release whose columns are most alike, exact names before names but for digits."""
    names = list(map(str, columns))
    exact = set(names)

    def rank(release: Release) -> tuple[float, float]:
        share = sum(column in exact for column in release.columns) / len(release.columns)
        return (likeness(names, release), share)

    return max(releases, key=rank, default=None)


def _stem(column: str) -> str:
    return DIGITS.sub("", column).strip().casefold()
