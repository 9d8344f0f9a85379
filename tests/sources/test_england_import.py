"""The importer of the official releases, on the real ones and on spoilt copies of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from harness.errors import HarnessError
from harness.sources.england_import.compare import Reason, differences
from harness.sources.england_import.run import import_england
from tests.sources.england_page import PAGE, page

DATA = Path(os.environ.get("HARNESS_DATA") or Path(__file__).parents[3] / "shared/data/england")
needs_releases = pytest.mark.skipif(
    not (DATA / "raw").is_dir(),
    reason="needs the official releases: set HARNESS_DATA to a folder that holds raw/",
)
RELEASE = "raw/cin/SFR27-2012ud.csv"


def quiet(text: str) -> None:
    """Say nothing of the progress."""


def panel(**cell: str) -> pd.DataFrame:
    """One cell of a long panel, as text."""
    return pd.DataFrame(
        [{"la_code": "202", "year": "2014", "indicator": "s47", "count": "7"} | cell]
    )


@pytest.mark.parametrize(
    ("other", "reasons", "found"),
    [
        ({}, [], 0),
        ({"count": "8"}, [], 1),
        ({"count": "8"}, [Reason("corrected later", year="2014", column="count")], 1),
        ({"count": "8"}, [Reason("of another year", year="2015")], 1),
        ({"year": "2015"}, [], 2),
    ],
)
def test_every_difference_is_listed(
    other: dict[str, str], reasons: list[Reason], found: int
) -> None:
    listed = differences(panel(), panel(**other), reasons)
    assert len(listed) == found
    covered = [reason for reason in reasons if reason.year == "2014"]
    told = [text for text in listed.get("reason", []) if text]
    assert told == [reason.reason for reason in covered]


@needs_releases
def test_it_agrees_with_the_panel_cell_for_cell(tmp_path: Path) -> None:
    done = import_england(DATA, tmp_path / "made", quiet)
    assert (done.authorities, done.differences) == (150, 0)
    made, given = (
        pd.read_csv(folder / "panel.csv", dtype=str, keep_default_na=False)
        for folder in (tmp_path / "made", DATA)
    )
    pd.testing.assert_frame_equal(made, given)
    shutil.rmtree(tmp_path / "made")


def _other_head(path: Path) -> None:
    """Give every column another name, as a new layout would."""
    head, rows = path.read_bytes().split(b"\n", 1)
    path.write_bytes(b",".join(b"new_" + name for name in head.split(b",")) + b"\n" + rows)


@needs_releases
@pytest.mark.parametrize(
    ("spoil", "says"),
    [(_other_head, r"SFR27-2012ud\.csv.*2012"), (Path.unlink, r"2011-12|2012")],
)
def test_a_release_that_is_not_there_or_not_itself(
    tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    folder = tmp_path / "england"
    shutil.copytree(DATA, folder, copy_function=shutil.copyfile)
    (folder / RELEASE).parent.chmod(0o755)
    spoil(folder / RELEASE)
    with pytest.raises(HarnessError, match=says) as caught:
        import_england(folder, tmp_path / "made", quiet)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "made").exists()


def test_the_page_names_every_publication() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
