"""What was broken, reconciled, left out, flagged or revised: one row a fact."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from harness.sources.england_import import catalogue
from harness.sources.england_import.assemble import Releases, Tables
from harness.sources.england_import.authorities import (
    FEWEST_CHILDREN,
    REORGANISATIONS,
    reconciled,
)
from harness.sources.england_import.breaks import BREAKS
from harness.sources.england_import.looked_after import LEGAL_STATUS_2010, MISPRINTS
from harness.sources.england_import.releases import Publication
from harness.sources.england_import.revisions import summary
from harness.sources.england_import.suspicious import RULES

NO_NUMBER = "no number in either publication"
COLUMNS = ["kind", "subject", "la_code", "year", "n", "note"]
Note = tuple[str, str, str, str, str, str]


def notes(tables: Tables, releases: Releases, files: Iterable[Path]) -> pd.DataFrame:
    """Return the notes on a run.

    Parameters
    ----------
    tables : Tables
    releases : Releases
    files : iterable of Path
        Every file in the folder of releases; those that were not read are named.

    Returns
    -------
    DataFrame
        Text columns ``kind``, ``subject``, ``la_code``, ``year``, ``n``, ``note``; empty where a
        column does not apply.
    """
    rows = [
        *_sources(releases, files),
        *_excluded(tables),
        *_reconciled(tables, releases),
        *(("definition_break", b.indicator, "", str(b.year), "", b.note) for b in BREAKS),
        *(("misprint", name, "", "", "", note) for name, note in MISPRINTS.items()),
        *_flagged(tables),
        *_revised(tables),
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=str)


def _sources(releases: Releases, files: Iterable[Path]) -> list[Note]:
    publications = {r.name: r.publication for r in catalogue.RELEASES}
    publications |= {p.title: p for p in catalogue.OTHERS}
    rows = [
        ("source", path.name, "", "", "", _cited(publications[name]))
        for name, path in releases.paths.items()
    ]
    read = set(releases.paths.values())
    rows += [
        ("not_read", path.name, "", "", "", "no series of the panel is in it")
        for path in files
        if path not in read
    ]
    return rows


def _cited(publication: Publication) -> str:
    return f"{publication.title}; {publication.publisher}, {publication.published}"


def _excluded(tables: Tables) -> list[Note]:
    rule = f"fewer than {FEWEST_CHILDREN} children aged 0 to 17 in every year; n is the most"
    rows = [
        ("excluded_authority", str(row.la_name), str(code), "", str(row.children), rule)
        for code, row in tables.authorities.excluded.iterrows()
    ]
    excluded = set(tables.authorities.excluded.index)
    rows += [
        ("not_in_panel", "workforce", code, "", "", "no authority with this number in 2010 to 2019")
        for code in tables.left_out
        if code not in excluded
    ]
    return rows


def _reconciled(tables: Tables, releases: Releases) -> list[Note]:
    table = tables.authorities.table
    rows = [
        (kind, release.name, code, "", "", f"printed {printed!r}, used {used!r}")
        for release in catalogue.RELEASES
        for kind, code, printed, used in reconciled(
            releases.frames[release.name], release.layout, release.years, table
        )
    ]
    rows += [
        (
            "name_variant", releases.paths[LEGAL_STATUS_2010.title].name, code, "2010", "",
            f"printed {printed!r}, used {table.at[code, 'la_name']!r}; joined by name",
        )
        for code, printed in sorted(tables.name_variants_2010.items())
    ]  # fmt: skip
    rows += [
        ("reorganisation", str(table.at[code, "la_name"]), code, "", "", note)
        for code, note in REORGANISATIONS.items()
        if code in table.index
    ]
    return rows


def _flagged(tables: Tables) -> list[Note]:
    reasons = {rule.flag: rule.reason for rule in RULES}
    workforce = tables.workforce.assign(
        flag=tables.workforce["value"].isna().map({True: NO_NUMBER, False: ""})
    )
    rows: list[Note] = []
    for frame in (tables.panel, tables.expenditure, workforce):
        flagged = frame[frame["flag"] != ""].assign(n=1)
        counts = flagged.groupby(["indicator", "year", "flag"])["n"].sum().reset_index()
        for row in counts.itertuples(index=False):
            flag = str(row.flag)
            note = f"{flag}: {reasons[flag]}" if flag in reasons else flag
            rows.append(("flagged_cells", str(row.indicator), "", str(row.year), str(row.n), note))
    return rows


def _revised(tables: Tables) -> list[Note]:
    note = "authorities whose count differs from the yearly release; their sum changes by"
    return [
        ("revision", str(row.indicator), "", str(row.year), str(row.n), f"{note} {row.change:+.2%}")
        for row in summary(tables.revised).itertuples(index=False)
    ]
