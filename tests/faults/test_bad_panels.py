"""Every bad panel ends in one line that names place and value; its good neighbour passes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.errors import ConfigError, PanelError
from harness.panel import Panel

HEADER = ["area", "year", "deaths", "people", "law", "region"]
# Line 2 of the file is the first of these rows: 3 areas, 4 years, all in the north but Ayr.
ROWS = [
    [area, str(year), str(10 + year % 7), "1000", str(law), region]
    for area, law, region in [("Ayr", 2003, "s"), ("Bute", 2002, "n"), ("Cork", 2003, "n")]
    for year in range(2001, 2005)
]
ROLES: dict[str, Any] = {
    "unit": "area",
    "period": "year",
    "count": "deaths",
    "exposure": "people",
    "event": "law",
    "stratum": "region",
}


def write(folder: Path, rows: list[list[str]], header: list[str] = HEADER) -> Path:
    path = folder / "deaths.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def with_cell(line: int, column: str, value: str) -> list[list[str]]:
    rows = [list(row) for row in ROWS]
    rows[line - 2][HEADER.index(column)] = value
    return rows


def frame_with(row: int, column: str, value: object) -> pd.DataFrame:
    frame = pd.DataFrame(ROWS, columns=HEADER)
    numbers = ["year", "deaths", "people", "law"]
    frame[numbers] = frame[numbers].astype(int)
    cells: list[Any] = frame[column].tolist()
    cells[row] = value
    return frame.assign(**{column: pd.Series(cells, dtype=object)})


def message(error: pytest.ExceptionInfo[Exception]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text.count(": ") >= 2, "place, problem and mend"
    return text


CELLS = [
    # column, bad, good neighbour, what the message says beside file, row, column and value
    ("deaths", "-1", "0", "is negative"),
    ("deaths", "2.5", "2.0", "is not a whole number"),
    ("deaths", "1e-3", "1e3", "is not a whole number"),
    ("deaths", "1,234", "1234", "write 1234, without thousands separators"),
    ("deaths", "-1 234 567.0", "1234567", "write -1234567.0, without thousands separators"),
    ("deaths", "twelve", "12", "is text, not a number"),
    ("deaths", "c", "", "leave the cell empty where it is not known"),
    ("deaths", "-", "NA", "leave the cell empty where it is not known"),
    ("deaths", "TRUE", "1", "is text, not a number"),
    ("deaths", "1_000", " 1000 ", "without thousands separators"),
    ("deaths", "\u0661\u0662", "12", "is text, not a number"),
    ("deaths", "inf", "12", "is text, not a number"),
    ("deaths", "1e400", "1e4", "is not finite"),
    ("deaths", "9007199254740992", "9007199254740991", "is too large"),
    ("people", "0", "0.5", "is not above 0"),
    ("people", "-1000", "1000", "is not above 0"),
    ("people", "12,5", "12.5", "write 12.5, with a decimal point"),
    ("people", "1e400", "1e300", "is not finite"),
    ("year", "2002.5", "2002.0", "is not a whole number"),
    ("year", "2002/03", "2002", "such as 2014"),
    ("law", "2003.25", "2003.0", "is not a whole number"),
    ("law", "spring 2003", "2003", "is text, not a number"),
    ("law", "2004", "2003", "but 2003 in row 2"),
    ("region", "n", "s", "but 's' in row 2"),
    ("region", "all", "s", "the whole panel"),
    ("area", "Ayr ", "Ayr", "looks the same as 'Ayr' in row 2"),
]


@pytest.mark.parametrize(("column", "bad", "good", "says"), CELLS)
def test_cell_of_a_file(tmp_path: Path, column: str, bad: str, good: str, says: str) -> None:
    path = write(tmp_path, with_cell(3, column, bad))
    with pytest.raises(PanelError) as error:
        Panel.read_csv(path, **ROLES)
    text = message(error)
    assert text.startswith(f"deaths.csv: row 3, column {column!r}: ")
    assert bad in text or f"{float(bad):g}" in text
    assert says in text
    assert Panel.read_csv(write(tmp_path, with_cell(3, column, good)), **ROLES).nobs in (11, 12)


MISSING_CELLS = [
    # column, what the message says; the neighbour is the panel with the cell filled
    ("area", "unit is missing"),
    ("year", "period is missing"),
    ("people", "exposure is missing beside a count"),
    ("law", "unit 'Ayr' has event missing, but 2003 in row 2"),
    ("region", "unit 'Ayr' has stratum missing, but 's' in row 2"),
]


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize(("column", "says"), MISSING_CELLS)
def test_missing_cell_of_a_file(tmp_path: Path, column: str, says: str, blank: str) -> None:
    path = write(tmp_path, with_cell(3, column, blank))
    with pytest.raises(PanelError) as error:
        Panel.read_csv(path, **ROLES)
    assert message(error).startswith(f"deaths.csv: row 3, column {column!r}: {says}")
    assert Panel.read_csv(write(tmp_path, ROWS), **ROLES).nobs == 12


FRAME_CELLS = [
    # column, bad, good neighbour, how the message shows the value, what it says
    ("deaths", True, 1, "True", "is a boolean"),
    ("deaths", np.bool_(False), 0, "False", "is a boolean"),
    ("deaths", -3, 3, "-3", "is negative"),
    ("deaths", 2.5, 2.0, "2.5", "is not a whole number"),
    ("deaths", np.inf, 1.0, "inf", "is not finite"),
    ("deaths", 10**400, 10**4, "1000", "is not finite"),
    ("deaths", "1,234", "1234", "'1,234'", "write 1234"),
    ("deaths", 1 + 0j, 1, "(1+0j)", "is a complex, not a number"),
    ("deaths", [1], 1, "[1]", "is a list, not a number"),
    ("people", -np.inf, 0.1, "-inf", "is not finite"),
    ("people", 0.0, 0.1, "0", "is not above 0"),
    ("people", None, 1, "", "is missing"),
    ("people", pd.NA, 1, "", "is missing"),
    ("year", date(2002, 1, 1), 2002, "datetime.date(2002, 1, 1)", "is a date, not a number"),
    ("year", True, 2002, "True", "is a boolean"),
    ("year", np.nan, 2002, "", "is missing"),
    ("law", pd.Timestamp(2003, 1, 1), 2003, "Timestamp", "is a Timestamp, not a number"),
    ("area", 7, "Ayr", "7", "is a number, but 'Ayr' in row 0 is text"),
    ("area", True, "Ayr", "True", "is a boolean, but 'Ayr' in row 0 is text"),
    ("area", np.nan, "Ayr", "", "is missing"),
]


@pytest.mark.parametrize(("column", "bad", "good", "shown", "says"), FRAME_CELLS)
def test_cell_of_a_frame(column: str, bad: object, good: object, shown: str, says: str) -> None:
    with pytest.raises(PanelError) as error:
        Panel.from_frame(frame_with(1, column, bad), **ROLES)
    text = message(error)
    assert text.startswith(f"data frame: row 1, column {column!r}: ")
    assert shown in text
    assert says in text
    assert Panel.from_frame(frame_with(1, column, good), **ROLES).nobs == 12


def test_a_row_is_called_by_its_own_label() -> None:
    frame = frame_with(1, "deaths", -1).set_axis([f"r{k}" for k in range(12)])
    with pytest.raises(PanelError, match=r"^data frame: row 'r1', column 'deaths': count -1 is"):
        Panel.from_frame(frame, **ROLES)


def test_unit_period_given_twice(tmp_path: Path) -> None:
    path = write(tmp_path, with_cell(5, "year", "2002.0"))
    with pytest.raises(PanelError) as error:
        Panel.read_csv(path, **ROLES)
    assert "row 5, column 'year': unit 'Ayr' has period 2002 already in row 3" in message(error)
    assert Panel.read_csv(write(tmp_path, with_cell(5, "year", "2005")), **ROLES).nobs == 12


@pytest.mark.parametrize("role", ROLES)
def test_misspelt_column(tmp_path: Path, role: str) -> None:
    path = write(tmp_path, ROWS)
    misspelt = ROLES[role].capitalize()[:-1]
    with pytest.raises(PanelError) as error:
        Panel.read_csv(path, **(ROLES | {role: misspelt}))
    text = message(error)
    assert text.startswith(f"deaths.csv: there is no column {misspelt!r}, given as {role}")
    assert f"did you mean {ROLES[role]!r}?" in text


def test_column_unlike_any_other_lists_them(tmp_path: Path) -> None:
    with pytest.raises(PanelError, match="choose one of 'area', 'year', 'deaths'"):
        Panel.read_csv(write(tmp_path, ROWS), **(ROLES | {"count": "zzz"}))


def test_spaces_around_a_column_name(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS, [" area ", *HEADER[1:]])
    with pytest.raises(PanelError, match="no column 'area', given as unit: did you mean ' area '"):
        Panel.read_csv(path, **ROLES)
    assert Panel.read_csv(path, **(ROLES | {"unit": " area "})).nobs == 12


def test_repeated_column_name(tmp_path: Path) -> None:
    rows = [[*row, "5", "6"] for row in ROWS]
    path = write(tmp_path, rows, [*HEADER, "deaths", "other"])
    with pytest.raises(PanelError) as error:
        Panel.read_csv(path, **ROLES)
    assert "'deaths', given as count, appears 2 times (columns 3 and 7)" in message(error)
    unused = write(tmp_path, rows, [*HEADER, "other", "other"])
    assert Panel.read_csv(unused, **ROLES).nobs == 12


def test_one_column_in_two_parts(tmp_path: Path) -> None:
    with pytest.raises(PanelError, match="column 'deaths' is given as count and as exposure"):
        Panel.read_csv(write(tmp_path, ROWS), **(ROLES | {"exposure": "deaths"}))


def test_event_missing_for_some_units(tmp_path: Path) -> None:
    rows = [[*row[:4], "" if row[0] == "Bute" else row[4], row[5]] for row in ROWS]
    path = write(tmp_path, rows)
    with pytest.raises(PanelError) as error:
        Panel.read_csv(path, **ROLES)
    text = message(error)
    assert text.startswith("deaths.csv: row 6, column 'law': event is missing for 1 of 3 units")
    assert "('Bute')" in text
    assert Panel.read_csv(path, **ROLES, no_event="drop").units == ("Ayr", "Cork")


def test_nothing_left(tmp_path: Path) -> None:
    path = write(tmp_path, [[*row[:4], "", row[5]] for row in ROWS])
    with pytest.raises(PanelError, match=r"^deaths.csv: no row has both a count and an event: "):
        Panel.read_csv(path, **ROLES, no_event="drop")


def test_unknown_no_event(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no_event is 'keep'"):
        Panel.read_csv(write(tmp_path, ROWS), **ROLES, no_event="keep")  # type: ignore[arg-type]


def test_not_a_frame() -> None:
    with pytest.raises(PanelError, match=r"^data frame: a list is not a pandas data frame"):
        Panel.from_frame(ROWS, **ROLES)  # type: ignore[arg-type]


def test_frame_without_rows() -> None:
    frame = pd.DataFrame(ROWS, columns=HEADER)
    with pytest.raises(PanelError, match=r"^data frame: there are no rows"):
        Panel.from_frame(frame.iloc[:0], **ROLES)
    assert Panel.from_frame(frame, **ROLES).nobs == 12


GOOD = "area,year,deaths,people,law,region\nAyr,2001,3,10,2002,s\nAyr,2002,4,10,2002,s\n"
FILES = [
    # bad bytes, good neighbour, what the message says
    (b"", GOOD.encode(), "the file is empty"),
    (b"\xef\xbb\xbf \n\n,\n", b"\xef\xbb\xbf" + GOOD.encode(), "the file is empty"),
    (GOOD.encode()[:35], GOOD.encode(), "the file has a header but no rows"),
    (
        GOOD.replace("Ayr", "Móna").encode("latin-1"),
        GOOD.replace("Ayr", "Móna").encode(),
        "row 2 holds the byte 0xf3, which is not UTF-8 text",
    ),
    (GOOD.encode("utf-16"), GOOD.encode("utf-8-sig"), "row 1 holds the byte 0xff"),
    (b"PK\x03\x04\0\0" + GOOD.encode(), GOOD.encode(), "row 1 holds a NUL byte"),
    (GOOD.replace(",", ";").encode(), GOOD.encode(), "row 1 seems to be separated by ';'"),
    (
        GOOD.replace("4,10", "4,10,").encode(),
        GOOD.replace("4,10", '4,"10"').encode(),
        "row 3 has 7 cells, the header in row 1 has 6",
    ),
    (GOOD.replace("4,10,", "4,").encode(), GOOD.encode(), "row 3 has 5 cells"),
    (("Table 1\n" + GOOD).encode(), ("\n" + GOOD).encode(), "row 2 has 6 cells, the header in"),
    (
        GOOD.replace("3,10", '"3,10').encode(),
        GOOD.replace("3,10", '"3",10').encode(),
        "row 2 is not CSV",
    ),
]


@pytest.mark.parametrize(("bad", "good", "says"), FILES)
def test_file(tmp_path: Path, bad: bytes, good: bytes, says: str) -> None:
    path = tmp_path / "deaths.csv"
    path.write_bytes(bad)
    with pytest.raises(PanelError) as error:
        Panel.read_csv(path, **ROLES)
    assert message(error).startswith(f"deaths.csv: {says}")
    path.write_bytes(good)
    assert Panel.read_csv(path, **ROLES).nobs == 2


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PanelError) as error:
        Panel.read_csv(tmp_path / "none.csv", **ROLES)
    assert "none.csv: there is no such file" in message(error)


def test_file_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PanelError, match=r": is no file: give the path of a CSV file$"):
        Panel.read_csv(tmp_path, **ROLES)


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "deaths.csv"
    path.write_text(GOOD.replace("Ayr,2001", '\n"A\nyr",2001').replace("4,10", "-4,10"))
    with pytest.raises(PanelError, match=r"row 5, column 'deaths': count '-4' is negative"):
        Panel.read_csv(path, **ROLES)
