"""Any name works: it reaches R safely, changes no number and is escaped in the report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from harness.study.loading import load_study
from harness.study.prepared import RunOptions
from harness.study.runner import run_study
from harness.study.writing import write_run
from tests.engines.panels import frame

pytestmark = pytest.mark.needs_r

# In the order of code points, in which units are fitted: the same order as a00 to a11, so that
# the sums, and with them the last bits, are the same.
UNITS = sorted(
    [
        "01", "1", "NA", "TRUE", "if", "NULL", "'; DROP TABLE units; --", 'say "x", twice',
        "back\\slash `tick`", "<script>alert('unit')</script>", "&amp; Söhne, 東京 🚦",
        "two\nlines",
    ]
)  # fmt: skip
COLUMNS = {
    "area": "function",
    "year": "a,b; \"c\" 'd'",
    "law": "T; stop('law')",
    "cases": "<img src=x onerror=alert('cases')>",
    "people": "Bevölkerung (1\u202f000) `x`",
    "region": "next",
}
REGIONS = {"n": "<b>north</b>/../up", "s": "NA"}
PLAIN_REGIONS = {"n": "<", "s": "N"}  # of the same order
WORDS = {
    "title": "A <script>alert('title')</script> & \"title\"\non two lines",
    "label": "Cases <i>per</i> head & more\n| on | two | lines |",
    "unit": "<u>council</u>",
    "period": 'year & "term"',
    "event": "the <b>law</b>",
}
# summary() prints five digits.
PRINTED_ATOL = 6e-5
# What the two runs may not share; the rest of a fit is the same, bit by bit.
NAMED = {"id", "exposure", "stratum", "reproduce"}


def study(columns: dict[str, str], words: dict[str, str]) -> dict[str, Any]:
    return {
        "study": "names",
        "title": words["title"],
        "words": {key: words[key] for key in ("unit", "period", "event")},
        "source": {
            "reader": "table",
            "path": "table.csv",
            "columns": {
                "unit": columns["area"], "period": columns["year"], "event": columns["law"],
            },
        },
        "indicators": [
            {
                "name": "cases", "label": words["label"], "count": columns["cases"],
                "exposure": columns["people"], "per": 1000, "unit": words["unit"],
            }
        ],
        "strata": {"column": columns["region"]},
        "engines": ["lme4", "laplace"],
        "settings": ["default"],
        "dispersion_replicates": 0,
    }  # fmt: skip


def ran(folder: Path, table: pd.DataFrame, columns: dict[str, str], words: dict[str, str]) -> Path:
    """Run the study in ``folder`` and return the folder of its report."""
    table.rename(columns=columns).to_csv(folder / "table.csv", index=False)
    file = folder / "names.yaml"
    with file.open("w", encoding="utf-8") as out:
        YAML(typ="safe").dump(study(columns, words), out)
    run = run_study(load_study(file), RunOptions(base=folder, jobs=2), lambda *_: None)
    return write_run(run, folder / "out").parent


def table_with(units: list[str], regions: dict[str, str]) -> pd.DataFrame:
    table = frame(units=len(units))
    names = dict(zip(sorted(table["area"].unique()), units, strict=True))
    return table.assign(area=table["area"].map(names), region=table["region"].map(regions))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    return ran(folder, table_with(UNITS, REGIONS), COLUMNS, WORDS)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    units = [f"a{k:02d}" for k in range(len(UNITS))]
    words = {key: key for key in WORDS}
    same = {name: name for name in COLUMNS}
    table = table_with(units, PLAIN_REGIONS)
    return ran(tmp_path_factory.mktemp("plain"), table, same, words)


def results(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return found


def test_every_number_is_that_of_plain_names(hostile: Path, plain: Path) -> None:
    ours, theirs = results(hostile), results(plain)
    assert ours["counts"] == theirs["counts"]
    assert ours["counts"]["fits_done"] == 6
    assert len(ours["comparisons"]) == 3
    assert [entry["name"] for entry in ours["study"]["strata"]] == ["all", *REGIONS.values()]
    for a, b in zip(ours["fits"], theirs["fits"], strict=True):
        assert a["failure"] is None
        assert {key: a[key] for key in a.keys() - NAMED} == {
            key: b[key] for key in b.keys() - NAMED
        }
    for key in ("max_diff_se", "max_rel_se", "llf_diff", "sd_re_diff", "verdict"):
        assert [p[key] for p in ours["comparisons"]] == [p[key] for p in theirs["comparisons"]]


def test_names_are_kept_letter_for_letter(hostile: Path) -> None:
    found = results(hostile)
    assert found["study"]["title"] == WORDS["title"]
    assert found["study"]["indicators"][0]["label"] == WORDS["label"]
    assert found["fits"][0]["exposure"] == COLUMNS["people"]
    assert found["panel"]["units"] == len(UNITS)


class Page(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_has_no_tag_of_a_name(hostile: Path, plain: Path) -> None:
    found = (hostile / "index.html").read_text(encoding="utf-8")
    ours, theirs = Page(found), Page((plain / "index.html").read_text(encoding="utf-8"))
    # A name adds no tag and no attribute: the tags are those of the plain page.
    assert {tag for tag, _ in ours.tags} == {tag for tag, _ in theirs.tags}
    assert not [attrs for _, attrs in ours.tags if any(name.startswith("on") for name in attrs)]
    scripts = [tag for tag, _ in ours.tags].count("script")
    assert scripts == [tag for tag, _ in theirs.tags].count("script")
    for word in ("alert('title')", "alert('unit')", "onerror=alert"):
        assert f"<script>{word}" not in found
        assert f"<img src=x {word}" not in found
    # What was written is shown as text.
    shown = " ".join(" ".join(ours.text).split())
    assert "A <script>alert('title')</script> & \"title\" on two lines" in shown
    assert "Cases <i>per</i> head & more" in shown
    assert "<b>north</b>/../up" in shown


def test_markdown_tables_keep_their_shape(hostile: Path, plain: Path) -> None:
    def widths(folder: Path) -> Iterator[int]:
        for line in (folder / "report.md").read_text(encoding="utf-8").splitlines():
            if line.startswith("|"):
                yield line.replace("\\|", "").count("|")

    assert list(widths(hostile)) == list(widths(plain))


def test_files_stay_in_their_folder(hostile: Path) -> None:
    out = hostile.parent
    assert [path.name for path in out.iterdir()] == ["names"]
    assert sorted(path.name for path in out.parent.iterdir()) == ["names.yaml", "out", "table.csv"]
    assert len(list((hostile / "designs").glob("*.csv"))) == 3


@pytest.mark.parametrize("engine", ["lme4", "laplace"])
def test_the_lines_of_the_report_redo_the_fit(hostile: Path, engine: str) -> None:
    """Units called 01, 1 and NA are three units to whoever reads the columns again."""
    (fit,) = [
        fit
        for fit in results(hostile)["fits"]
        if fit["engine"] == engine and fit["stratum"] == "all"
    ]
    if engine == "lme4":
        more = "cat('GROUPS', lme4::ngrps(fit), 'ROWS', nobs(fit), '\\n')"
        command = ["Rscript", "--vanilla", "-e"]
    else:
        more = "print('GROUPS', fit.model.design.n_groups, 'ROWS', fit.nobs)"
        command = [sys.executable, "-c"]
    shown = subprocess.run(
        [*command, f"{fit['reproduce']}\n{more}"], cwd=hostile, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert rows[-1] == ["GROUPS", str(len(UNITS)), "ROWS", str(fit["nobs"])]
    printed = float(next(row for row in rows if row[:1] == ["step0"])[1])
    assert printed == pytest.approx(fit["params"]["step0"]["estimate"], abs=PRINTED_ATOL)
