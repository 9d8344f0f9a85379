"""A small workbook that unpacks to more than memory holds ends in one line before it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import PanelError
from harness.sources.england_import.spreadsheet import read_sheet
from harness.sources.england_import.workbook import LARGEST, check_workbook
from tests.security.workbooks import HEAD, SHEET, sheet, understated, workbook

CELL = '<row r="1"><c r="A1"><v>1</v></c></row>'
UNPACKS = f"unpacks to more than {LARGEST:,} bytes"
LONG = " " * (LARGEST + 1)
REFUSED = {
    "a part of nothing": ({"xl/media/picture.png": LONG}, UNPACKS),
    "a sheet of nothing": (sheet(CELL + LONG), UNPACKS),
    "many parts": ({f"xl/{k}": LONG[: LARGEST // 4] for k in range(5)}, UNPACKS),
    "a cell far away": (
        sheet(f'{CELL}<row r="2"><c r="XFD1048576"><v>1</v></c></row>'),
        "spans 1,048,576 rows and 16,384 columns",
    ),
    "a row far away": (
        sheet(f'{CELL}<row r="4000000000"><c t="inlineStr"><is><t>x</t></is></c></row>'),
        "spans 4,000,000,000 rows and 1 columns",
    ),
    "a part that is named otherwise": (
        {"xl/sheet.bin": sheet('<row><c r="XFD999999"><v>1</v></c></row>')[SHEET]},
        r"xl/sheet.bin\) spans 999,999 rows",
    ),
    "another kind": ({"xl/workbook.bin": ""}, "no .xlsx workbook"),
    "entities": (sheet(CELL, f"{HEAD}<!DOCTYPE x [<!ENTITY a 'a'>]>"), "has a document type"),
    "damaged": ({SHEET: "<worksheet><sheetData>"  "</row>"}, f"cannot be read: {SHEET}: mismatched"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "says"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, parts: dict[str, str], says: str) -> None:
    file = workbook(tmp_path / "w.xlsx", parts)
    with pytest.raises(PanelError, match=f"^w.xlsx: .*{says}") as raised:
        check_workbook(file)
    assert len(str(raised.value).splitlines()) == 1


def test_sizes_that_are_untrue(tmp_path: Path) -> None:
    file = workbook(tmp_path / "w.xlsx", {"xl/media/picture.png": LONG})
    with pytest.raises(PanelError, match=UNPACKS):
        check_workbook(understated(file, len(LONG)))


def test_cells_far_away_that_are_empty_are_no_matter(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    rows = f'{CELL}<row r="2"><c r="B2"><v>2</v></c><c r="XFD2" s="1"/></row><row r="1048576"/>'
    found = read_sheet(workbook(tmp_path / "w.xlsx", sheet(rows)), 0)
    assert found.to_numpy().tolist() == [["1", ""], ["", "2"]]
