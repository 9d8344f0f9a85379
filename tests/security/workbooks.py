"""Small workbooks, honest and not."""

from __future__ import annotations

import zipfile
from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<?xml version="1.0"?>'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = (
    f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="{type}" Target="{target}"/></Relationships>'
)
PARTS = {
    "_rels/.rels": RELATIONS.format(type=f"{OFFICE}/officeDocument", target="xl/workbook.xml"),
    "xl/_rels/workbook.xml.rels": RELATIONS.format(
        type=f"{OFFICE}/worksheet", target="worksheets/sheet1.xml"
    ),
    "xl/workbook.xml": (
        f'{HEAD}<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
}


def sheet(rows: str, head: str = HEAD) -> dict[str, str]:
    return {SHEET: f"{head}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"}


def workbook(file: Path, more: dict[str, str]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**PARTS, **more}.items():
            archive.writestr(name, text)
    return file


def understated(file: Path, size: int) -> Path:
    """Let the workbook say of its largest part that it unpacks to one byte."""
    content = file.read_bytes()
    old, new = size.to_bytes(4, "little"), (1).to_bytes(4, "little")
    assert content.count(old) == 2  # before the part, and in the list of parts
    file.write_bytes(content.replace(old, new))
    return file
