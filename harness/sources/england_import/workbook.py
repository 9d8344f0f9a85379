"""Workbook -> whether it may be opened: what a small file unpacks to is counted beforehand."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import IO
from xml.parsers import expat

from harness.errors import PanelError

# Bytes of a workbook's parts: a thousand times those of the published one.
LARGEST = 2**27
# Cells up to the last that holds anything, each of which takes room whether it does or not: these
# take two thirds of a gigabyte, and no published sheet has a thousandth of them.
MOST_CELLS = 10_000_000
CHUNK = 2**20
# Of a row and of a cell; one with more digits is none that a reader takes.
NUMBER = re.compile("[0-9]{1,10}")
PLACE = re.compile("([A-Za-z]{1,7})([0-9]{1,10})")
# What other kinds of workbooks have, whose cells stand elsewhere.
OTHERS = frozenset({"xl/workbook.bin", "content.xml"})


def check_workbook(path: Path) -> None:
    """Pass a workbook that may be opened; ``.xls`` may always, for it holds 65,536 rows at most.

    Raises
    ------
    PanelError
        If its parts unpack to more, or one of its sheets spans more, than any real one does; or
        if it is a workbook of another kind, or damaged.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            _check_kind(archive, path.name)
            room = LARGEST
            for part in archive.infolist():
                part.file_size = LARGEST + 1  # what it says itself may be untrue
                with archive.open(part) as stream:
                    room = _room_after(stream, _Sheet(path.name, part.filename), room)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise PanelError(f"{path.name}: the workbook cannot be read: {error}") from None


def _check_kind(archive: zipfile.ZipFile, name: str) -> None:
    parts = {part.replace("\\", "/").casefold() for part in archive.namelist()}
    if "xl/workbook.xml" not in parts or parts & OTHERS:
        raise PanelError(f"{name}: this is no .xlsx workbook: save it as one")


def _room_after(stream: IO[bytes], sheet: _Sheet, room: int) -> int:
    while chunk := stream.read(CHUNK):
        room -= len(chunk)
        if room < 0:
            raise PanelError(
                f"{sheet.file}: the workbook unpacks to more than {LARGEST:,} bytes, which no"
                " published one does: fetch it again"
            )
        sheet.feed(chunk)
    return room


class _Sheet:
    """How far the cells of a part reach; a part that is no XML has none."""

    def __init__(self, file: str, part: str) -> None:
        self.file, self.part = file, part
        self._rows = self._columns = 0
        self._row = self._column = 0
        self._parser: expat.XMLParserType | None = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, chunk: bytes) -> None:
        if self._parser is None:
            return
        try:
            self._parser.Parse(chunk)
        except expat.ExpatError as error:
            if self.part.casefold().endswith(".xml"):
                raise zipfile.BadZipFile(f"{self.part}: {error}") from None
            self._parser = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind, place = name.rpartition(":")[2], attributes.get("r", "")
        if kind == "row":
            self._row, self._column = int(place) if NUMBER.fullmatch(place) else self._row + 1, 0
        elif kind == "c":
            self._column += 1
            if found := PLACE.fullmatch(place):
                self._column, self._row = _number(found[1]), int(found[2])
        elif kind in ("v", "is"):
            self._rows = max(self._rows, self._row)
            self._columns = max(self._columns, self._column)
            if self._rows * self._columns > MOST_CELLS:
                raise PanelError(
                    f"{self.file}: a sheet ({self.part}) spans {self._rows:,} rows and"
                    f" {self._columns:,} columns, more than {MOST_CELLS:,} cells: delete what"
                    " stands far from the table"
                )

    def _refuse(self, *_: object) -> None:
        raise zipfile.BadZipFile(f"{self.part}: has a document type, as no workbook does")


def _number(letters: str) -> int:
    """A column's number, 1 for A."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number
