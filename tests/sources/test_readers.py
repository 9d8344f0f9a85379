"""The register of readers, and the reader of one's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import sources
from harness.errors import ConfigError, PanelError
from harness.panel import Panel

COLUMNS = {"unit": "la", "period": "year", "event": "visit", "stratum": "grade"}
TEXT = (
    "la,year,visit,grade,n,pop\n01,2011,2012,good,3,10\n01,2012,2012,good,x,10\n"
    "02,2011,,,5,20\n02,2012,,,,20\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "my.csv").write_text(TEXT)
    return tmp_path


def test_readers_are_found_by_name() -> None:
    assert {"table", "us_traffic"} <= set(sources.READERS)


def test_table_is_relative_to_its_base(folder: Path) -> None:
    table = sources.read("table", base=folder, path="data/my.csv", columns=COLUMNS)
    assert table.frame["la"].tolist() == ["01", "01", "02", "02"]
    assert (table.unit, table.period, table.event) == ("la", "year", "visit")
    assert table.strata == ("grade",)
    assert table.name == "my.csv"


def test_absolute_path_needs_no_base(folder: Path) -> None:
    table = sources.read("table", path=str(folder / "data" / "my.csv"), columns=COLUMNS)
    assert len(table.frame) == 4


def test_panel_of_a_table_names_the_line_of_the_file(folder: Path) -> None:
    table = sources.read("table", base=folder, path="data/my.csv", columns=COLUMNS)
    with pytest.raises(PanelError, match=r"^my.csv: row 3, column 'n': count 'x' is text"):
        Panel.from_table(table, "n", "pop", no_event="drop")


@pytest.mark.parametrize(
    ("name", "options", "error", "says"),
    [
        ("tabel", {}, ConfigError, "no reader 'tabel': did you mean 'table'"),
        ("us_traffic", {"events": "gdl"}, ConfigError, "no option 'events': did you mean 'event'"),
        ("table", {"path": "a.csv"}, ConfigError, "needs the option 'columns'"),
        (
            "table",
            {"path": "data/my.csv", "columns": COLUMNS | {"strata": "grade"}},
            ConfigError,
            "no role 'strata': did you mean 'stratum'",
        ),
        (
            "table",
            {"path": "data/my.csv", "columns": {"unit": "la", "period": "year"}},
            ConfigError,
            "add 'event'",
        ),
        (
            "table",
            {"path": "data/my.csv", "columns": COLUMNS | {"event": "visits"}},
            PanelError,
            "^my.csv: there is no column 'visits', given as event: did you mean 'visit'",
        ),
        (
            "table",
            {"path": "my.csv", "columns": COLUMNS},
            PanelError,
            "my.csv: there is no such file",
        ),
    ],
)
def test_bad_options(
    folder: Path, name: str, options: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        sources.read(name, base=folder, **options)
