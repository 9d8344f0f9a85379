"""Folder of releases -> the file of each release, by its name or, failing that, by its columns."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.errors import ConfigError, PanelError
from harness.sources.csv_text import read_text_csv
from harness.sources.england_import.recognise import fits, likeness, nearest_release
from harness.sources.england_import.releases import Publication, Release
from harness.sources.names import suggestion

# Half of a release's columns under their own names, years aside: chance never gives so many,
# and a file of another year always does.
LOOKS_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """Files of a folder of releases.

    Attributes
    ----------
    folder : Path
        The folder that holds the releases.
    parent : Path
        The folder above, which may hold ``expenditure.csv``, ``inspections.csv``, ``panel.csv``.
    files : tuple of Path
        Every file in ``folder`` and below, in the order of its path.
    """

    folder: Path
    parent: Path
    files: tuple[Path, ...]


def find_files(raw: Path) -> Found:
    """List the files of a folder of releases, given itself or its parent.

    Raises
    ------
    ConfigError
        If there is no such folder, or no file in it.
    """
    if not raw.is_dir():
        raise ConfigError(f"{raw}: there is no such folder: give the folder of the releases")
    folder = raw / "raw" if (raw / "raw").is_dir() else raw
    files = tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
    if not files:
        raise ConfigError(f"{raw}: the folder is empty: put the releases into it")
    return Found(folder, folder.parent, files)


def find_publication(publication: Publication, found: Found) -> Path:
    """Find the file of a publication among the releases, or in the folder above them.

    Raises
    ------
    ConfigError
        If it is missing, or there is more than one.
    """
    above = (path for path in sorted(found.parent.glob("*")) if path.is_file())
    for files in (found.files, above):
        path = _only(_named(publication, files), publication)
        if path is not None:
            return path
    raise missing(publication)


def find_releases(
    releases: Iterable[Release], found: Found
) -> tuple[dict[str, pd.DataFrame], dict[str, Path]]:
    """Read the file of every release as text, with its columns checked.

    A file is known by its name. Where no file bears a release's name, a file with exactly this
    release's columns, and no other's, is taken for it.

    Returns
    -------
    frames : dict of release name to DataFrame
        Text cells, indexed by the line of the file.
    paths : dict of release name to Path

    Raises
    ------
    ConfigError
        If a release has no file, or more than one.
    PanelError
        If a file is not readable, or lacks a column: the message says which release it looks
        like.
    """
    releases = tuple(releases)
    paths = {r.name: _only(_named(r.publication, found.files), r.publication) for r in releases}
    others = [path for path in found.files if path not in paths.values()]
    strangers = _strangers(others) if None in paths.values() else {}
    frames: dict[str, pd.DataFrame] = {}
    known: dict[str, Path] = {}
    for release in releases:
        path = paths[release.name] or _by_columns(release, releases, strangers)
        frame = strangers[path] if path in strangers else read_text_csv(path)
        _check_columns(frame, release, releases, path)
        frames[release.name], known[release.name] = frame, path
    return frames, known


def missing(publication: Publication) -> ConfigError:
    """Return the error for a publication that has no file."""
    return ConfigError(
        f"no file {publication.file!r}: it is {publication.title!r} ({publication.publisher},"
        f" {publication.published}); fetch it from {publication.where}"
    )


def _named(publication: Publication, files: Iterable[Path]) -> list[Path]:
    pattern = publication.file.casefold()
    return [path for path in files if fnmatch.fnmatch(path.name.casefold(), pattern)]


def _only(paths: list[Path], publication: Publication) -> Path | None:
    if len(paths) > 1:
        raise ConfigError(
            f"{paths[0]} and {paths[1]} are both named like {publication.title!r}: keep one"
        )
    return paths[0] if paths else None


def _strangers(paths: Iterable[Path]) -> dict[Path, pd.DataFrame]:
    """Files that bear no release's name and can be read as a table."""
    tables = {}
    for path in paths:
        if path.suffix.casefold() == ".csv":
            try:
                tables[path] = read_text_csv(path)
            except PanelError:  # a CSV of another kind, such as one with title lines
                continue
    return tables


def _by_columns(
    release: Release, releases: tuple[Release, ...], strangers: Mapping[Path, pd.DataFrame]
) -> Path:
    for path, frame in strangers.items():
        if [r for r in releases if fits(frame.columns, r)] == [release]:
            return path
    for path, frame in strangers.items():
        alike = likeness(frame.columns, release)
        if alike >= LOOKS_ALIKE and nearest_release(frame.columns, releases) == release:
            _check_columns(frame, release, releases, path)
    raise missing(release.publication)


def _check_columns(
    frame: pd.DataFrame, release: Release, releases: tuple[Release, ...], path: Path
) -> None:
    if fits(frame.columns, release):
        return
    alike = nearest_release(frame.columns, releases)
    if alike is not None and alike != release and fits(frame.columns, alike):
        raise PanelError(
            f"{path.name}: this file has the name of {release.publication.title!r} but the columns"
            f" of {alike.publication.title!r}: give each file its own name"
        )
    lacking = [column for column in release.columns if column not in set(frame.columns)]
    more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    raise PanelError(
        f"{path.name}: this looks like {release.publication.title!r} in an unknown layout: there is"
        f" no column {lacking[0]!r}{more}: {suggestion(lacking[0], frame.columns)}"
    )
