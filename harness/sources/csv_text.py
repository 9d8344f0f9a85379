"""CSV file -> text table, nothing guessed: every cell stays the text that was written.

The standard library's reader is used, not pandas': pandas renames repeated columns, pads short
rows in silence and counts rows in its own way, and each of these would hide a fault of the file
or misplace it.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from harness.errors import PanelError

OTHER_SEPARATORS = (";", "\t", "|")


def read_text_csv(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a comma-separated file (tab-separated if it ends in ``.tsv``) as text.

    Parameters
    ----------
    path : str or path-like
        UTF-8, with or without a byte-order mark; column names in the first row.

    Returns
    -------
    DataFrame, shape (rows, columns)
        Text cells, indexed by the line of the file on which a row begins (the header is line 1).
        Blank rows are left out, and the lines after them keep their numbers.

    Raises
    ------
    PanelError
        For a file that is missing, unreadable, not UTF-8, empty, without rows, or not rectangular.
    """
    file = Path(path)
    separator = "\t" if file.suffix.lower() == ".tsv" else ","
    records = list(_records(_text(file), file.name, separator))
    if not records:
        raise PanelError(f"{file.name}: the file is empty: give a header and rows")
    (header_line, header), rows = records[0], records[1:]
    _check_separator(header, header_line, file.name)
    if not rows:
        raise PanelError(f"{file.name}: the file has a header but no rows: add the data")
    for line, row in rows:
        if len(row) != len(header):
            raise PanelError(
                f"{file.name}: row {line} has {len(row)} cells, the header in row {header_line}"
                f" has {len(header)}: give every row one cell a column, put a cell that holds a"
                " comma in double quotes, and delete title lines"
            )
    index = pd.Index([line for line, _ in rows], name="row")
    return pd.DataFrame([row for _, row in rows], columns=header, index=index, dtype=object)


def _text(file: Path) -> str:
    try:
        # A device or a pipe may have no end.
        if file.exists() and not file.is_file():
            raise PanelError(f"{file}: is no file: give the path of a CSV file")
        raw = file.read_bytes()
    except FileNotFoundError:
        raise PanelError(f"{file}: there is no such file: check the name and the folder") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL within the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise PanelError(f"{str(file)[:200]}: the file cannot be read: {reason}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise PanelError(
            f"{file.name}: row {line} holds the byte 0x{raw[error.start]:02x}, which is not UTF-8"
            ' text: save the file as "CSV UTF-8"'
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise PanelError(
            f'{file.name}: row {line} holds a NUL byte, so this is not a CSV: save as "CSV UTF-8"'
        )
    return text


def _records(text: str, name: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise PanelError(
                f"{name}: row {line} is not CSV ({error}): check its double quotes"
            ) from None
        if any(cell.strip() for cell in record):
            yield line, record


def _check_separator(header: list[str], line: int, name: str) -> None:
    if len(header) > 1:
        return
    for separator in OTHER_SEPARATORS:
        if separator in header[0]:
            raise PanelError(
                f"{name}: row {line} seems to be separated by {separator!r}: save the file with"
                " commas"
            )
