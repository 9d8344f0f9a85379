"""Releases -> the tables that the importer writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.sources.england_import import catalogue, children_in_need, other_publications
from harness.sources.england_import.authorities import Authorities, read_authorities
from harness.sources.england_import.derived import derive
from harness.sources.england_import.files import Found, find_publication, find_releases
from harness.sources.england_import.inspections import read_inspections
from harness.sources.england_import.legal_status import read_legal_status
from harness.sources.england_import.looked_after import LEGAL_STATUS_2010
from harness.sources.england_import.money import deflate, read_deflator, read_expenditure
from harness.sources.england_import.nomis import read_nomis
from harness.sources.england_import.population import MID_YEARS, mid_year, read_population, rebase
from harness.sources.england_import.read import read_release
from harness.sources.england_import.releases import Release
from harness.sources.england_import.revisions import revisions
from harness.sources.england_import.suspicious import flag_suspicious_zeros
from harness.sources.england_import.workforce import join_workforce, read_release_values, read_tool

PANEL_COLUMNS = [
    "la_code", "ons_code", "la_name", "region", "year", "indicator", "count", "population",
    "population_published", "inspection_year", "judgement", "published_cell", "flag", "source",
]  # fmt: skip
# Before the time series of estimates begins, each release prints the estimates that it used.
PRINTED_POPULATION = (
    (2010, children_in_need.OSR28_2010, "Mid2009Pop0-17"),
    (2011, children_in_need.OSR26_2011, "Mid2010Pop0-17"),
    (2012, children_in_need.SFR27_2012, "Mid2011Pop0-17"),
)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Releases:
    """Every release as text, and the file it came from.

    Attributes
    ----------
    frames : mapping of release name to DataFrame
    paths : mapping of release name or title to Path
    """

    frames: Mapping[str, pd.DataFrame]
    paths: Mapping[str, Path]

    def file(self, release: Release) -> str:
        """Name of the file of a release."""
        return self.paths[release.name].name


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What the importer makes.

    Attributes
    ----------
    panel : DataFrame
        Long, columns ``PANEL_COLUMNS``, sorted by indicator, authority and year.
    workforce, gdp_deflator, expenditure, inspections : DataFrame
    revised : DataFrame
        Counts of the yearly releases beside the later ones that are used.
    authorities : Authorities
    name_variants_2010 : mapping of la_code to str
        Names in the table of legal status.
    left_out : tuple of str
        Numbers of authorities in the workforce publications that the panel does not have.
    """

    panel: pd.DataFrame
    workforce: pd.DataFrame
    gdp_deflator: pd.DataFrame
    expenditure: pd.DataFrame
    inspections: pd.DataFrame
    revised: pd.DataFrame
    authorities: Authorities
    name_variants_2010: Mapping[str, str]
    left_out: tuple[str, ...]


def read_all(found: Found, say: Say) -> Releases:
    """Find and read every release; check that no publication is missing before anything is made.

    Raises
    ------
    ConfigError
        If a publication has no file.
    PanelError
        If a file is not what its name says.
    """
    others = {p.title: find_publication(p, found) for p in catalogue.OTHERS}
    frames, paths = find_releases(catalogue.RELEASES, found)
    say(f"{len(paths) + len(others)} files found in {found.folder}")
    return Releases(frames, {**paths, **others})


def assemble(releases: Releases, say: Say) -> Tables:
    """Make every table.

    Raises
    ------
    ConfigError
        If a package that reads a format is not installed.
    PanelError
        If a file cannot be read as what it is.
    """
    estimates = _estimates(releases)
    authorities = read_authorities(
        releases.frames[children_in_need.B1.name],
        children_in_need.B1.layout,
        catalogue.YEARS[-1],
        estimates.max(axis=1),
    )
    names = authorities.table["la_name"]
    say(f"{len(names)} authorities, {len(authorities.excluded)} excluded as very small")
    yearly, cells = _counts(releases, names.index)
    legal_status, variants = read_legal_status(releases.paths[LEGAL_STATUS_2010.title], names)
    cells = pd.concat([cells, legal_status], ignore_index=True)
    say(f"{len(cells)} published cells read")
    cells = flag_suspicious_zeros(pd.concat([cells, derive(cells)], ignore_index=True))
    inspections = read_inspections(releases.paths[other_publications.INSPECTIONS.title], names)
    population = _population(releases, authorities, estimates)
    workforce, left_out = _workforce(releases, names)
    deflator = read_deflator(releases.paths[other_publications.DEFLATOR.title])
    spent = read_expenditure(releases.paths[other_publications.EXPENDITURE.title], names.index)
    return Tables(
        panel=_panel(cells, authorities.table, population, inspections),
        workforce=workforce,
        gdp_deflator=deflator,
        expenditure=deflate(spent, deflator),
        inspections=inspections,
        revised=revisions(yearly, cells),
        authorities=authorities,
        name_variants_2010=variants,
        left_out=left_out,
    )


def _counts(releases: Releases, la_codes: pd.Index[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells of the yearly releases that were revised later, and those of all other releases."""
    read = {
        release.name: read_release(
            release, releases.frames[release.name], releases.file(release), la_codes
        )
        for release in catalogue.COUNTS
    }
    yearly = [read[r.name] for r in catalogue.COUNTS if r.later_revised]
    used = [read[r.name] for r in catalogue.COUNTS if not r.later_revised]
    return pd.concat(yearly, ignore_index=True), pd.concat(used, ignore_index=True)


def _estimates(releases: Releases) -> pd.DataFrame:
    """Mid-year estimates of the time series by ``la_code`` and calendar year."""
    release = other_publications.ESTIMATES
    frame, file = releases.frames[release.name], releases.file(release)
    return pd.DataFrame(
        {
            year: read_population(release, frame, file, "population_estimate", year)
            for year in release.years
        }
    )


def _population(
    releases: Releases, authorities: Authorities, estimates: pd.DataFrame
) -> pd.DataFrame:
    """``population`` and ``population_published`` by ``la_code`` and financial year."""
    printed = {
        year: read_population(r, releases.frames[r.name], releases.file(r), column)
        for year, r, column in PRINTED_POPULATION
    }
    later = {y: estimates[mid_year(y)] for y in catalogue.YEARS if y not in printed}
    published = pd.DataFrame({**printed, **later}).reindex(authorities.table.index).astype(int)
    ages = [read_nomis(releases.paths[p.title], MID_YEARS) for p in other_publications.REBASED]
    younger = sum(ages[1:], start=ages[0])
    rebased = rebase(published, younger, authorities.table["ons_code"])
    return pd.DataFrame({"population": rebased.stack(), "population_published": published.stack()})


def _workforce(releases: Releases, names: pd.Series[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    release = other_publications.WORKFORCE
    tool = read_tool(releases.paths[other_publications.INTERACTIVE_TOOL.title])
    published = read_release_values(release, releases.frames[release.name], releases.file(release))
    # The tool numbers England and its regions from 970 on.
    areas = set(tool["la_code"]) | set(published["la_code"])
    left_out = tuple(sorted(code for code in areas - set(names.index) if code < "970"))
    return join_workforce(tool, published, names), left_out


def _panel(
    cells: pd.DataFrame, table: pd.DataFrame, population: pd.DataFrame, inspections: pd.DataFrame
) -> pd.DataFrame:
    inspected = inspections.set_index("la_code")[["inspection_year", "judgement"]].astype(int)
    panel = (
        cells.join(table, on="la_code")
        .join(population, on=["la_code", "year"])
        .join(inspected, on="la_code")
    )
    return panel.sort_values(["indicator", "la_code", "year"])[PANEL_COLUMNS].reset_index(drop=True)
