"""What a release is: its publication, the layout of its file and the series read from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Publication:
    """An official publication and the name of the file that holds it.

    Attributes
    ----------
    title, published, publisher, where : str
        Title, year of publication, publisher, and the collection or site that it is listed in.
    file : str
        Pattern (as in a shell, case aside) of the file's name in any folder below RAW.
    """

    title: str
    published: str
    publisher: str
    where: str
    file: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns that say which area and year a row is about.

    Attributes
    ----------
    level, local : str
        Column of the geographic level, and its value for a local authority.
    code, name : str
        Columns of the authority's three-digit number and of its name.
    ons : str
        Column of the nine-character ONS code; empty where the file has none.
    year : str
        Column of the year; empty where the file holds one year.
    """

    level: str
    local: str
    code: str
    name: str
    ons: str = ""
    year: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One indicator in a release.

    Attributes
    ----------
    indicator : str
        Name of the series in the panel.
    columns : tuple of str
        Column that holds it; several are summed.
    where : (str, str), optional
        Column and value that choose the rows, in a file with one row a measure.
    source : str
        What the panel calls the source, where it is not the release's own name.
    years : tuple of int
        Financial years ending; empty for all years of the release.
    """

    indicator: str
    columns: tuple[str, ...]
    where: tuple[str, str] | None = None
    source: str = ""
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """A release in one CSV file.

    Attributes
    ----------
    name : str
        What the panel calls it in its column ``source``.
    publication : Publication
    layout : Layout
    years : tuple of int
        Financial years ending that are read; one where the layout has no column of years.
    series : tuple of Series
    signature : tuple of str
        Further columns that the file must have; they tell it from files of a similar layout.
    later_revised : bool
        True for a release that the panel does not use because a later one revised it: it is read
        to count the revisions.
    """

    name: str
    publication: Publication
    layout: Layout
    years: tuple[int, ...]
    series: tuple[Series, ...]
    signature: tuple[str, ...] = ()
    later_revised: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the file must have, each once."""
        places = (self.layout.level, self.layout.code, self.layout.name)
        optional = (self.layout.ons, self.layout.year)
        chosen = tuple(s.where[0] for s in self.series if s.where is not None)
        values = tuple(column for s in self.series for column in s.columns)
        named = (*places, *(c for c in optional if c), *chosen, *values, *self.signature)
        return tuple(dict.fromkeys(named))
