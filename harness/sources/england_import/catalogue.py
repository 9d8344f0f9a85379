"""Every release that the importer knows, in one place."""

from __future__ import annotations

from harness.sources.england_import import children_in_need, looked_after, other_publications
from harness.sources.england_import.releases import Publication, Release

COUNTS: tuple[Release, ...] = (
    children_in_need.OSR28_2010,
    children_in_need.OSR26_2011,
    children_in_need.SFR27_2012,
    *children_in_need.YEARLY_2013_TO_2017,
    *children_in_need.TIME_SERIES,
    *looked_after.RELEASES,
)
RELEASES: tuple[Release, ...] = (
    *COUNTS, other_publications.ESTIMATES, other_publications.WORKFORCE,
)  # fmt: skip
OTHERS: tuple[Publication, ...] = (
    looked_after.LEGAL_STATUS_2010,
    *other_publications.REBASED,
    other_publications.INTERACTIVE_TOOL,
    other_publications.DEFLATOR,
    other_publications.EXPENDITURE,
    other_publications.INSPECTIONS,
)
YEARS = tuple(range(2010, 2020))
