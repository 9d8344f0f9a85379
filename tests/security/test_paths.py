"""What a run writes stays in its folder, and what it reads ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import ConfigError, HarnessError, PanelError
from harness.report.slug import slugs
from harness.sources.csv_text import read_text_csv
from harness.study.loading import load_study
from harness.study.writing import PAGES, write_whole
from tests.study.files import study_text, write_study

OUTSIDE = [
    "../up",
    "/tmp/up",
    "a/b",
    "..",
    ".",
    "",
    "a\\\\b",
    ".hidden",
    "~",
    "-x",
    "a\\0b",
    "con\\nx",
]


@pytest.mark.parametrize("name", OUTSIDE, ids=range(len(OUTSIDE)))
@pytest.mark.parametrize("part", ["study", "indicator", "variant", "stratum"])
def test_names_that_become_files_stay_names(tmp_path: Path, part: str, name: str) -> None:
    text = {
        "study": study_text(study=f'study: "{name}"'),
        "indicator": study_text().replace("name: cases", f'name: "{name}"'),
        "variant": study_text(variants=f'variants: [{{name: "{name}", engines: [laplace]}}]'),
        "stratum": study_text(strata=f'strata: {{column: region, labels: {{n: "{name}"}}}}'),
    }[part]
    file = tmp_path / "small.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_study(file)
    assert str(raised.value).startswith(f"{file}, line ")
    assert len(str(raised.value).splitlines()) == 1


def test_slugs_are_names_of_files() -> None:
    names = [*OUTSIDE, "NUL\0", "\u202e", "a" * 10, "A" * 10]
    found = slugs(names)
    assert len(set(found.values())) == len(names)
    for slug in found.values():
        assert slug == Path(slug).name
        assert slug.strip("abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
        assert not slug.startswith("-")


@pytest.mark.parametrize("kind", ["link to a folder", "link to nothing", "link as the old one"])
def test_a_link_in_the_place_of_a_report_is_replaced_not_followed(
    tmp_path: Path, kind: str
) -> None:
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    (elsewhere / "index.html").write_text("mine")
    out.mkdir()
    place = out / (".small-old" if kind == "link as the old one" else "small")
    place.symlink_to(tmp_path / "nothing" if kind == "link to nothing" else elsewhere)
    if kind == "link as the old one":
        (out / "small").mkdir()
    page = write_whole(out / "small", lambda folder: (folder / "index.html").write_text("run"))
    assert page.read_text() == "run"
    assert not (out / "small").is_symlink()
    assert [path.name for path in out.iterdir()] == ["small"]
    assert {p.name: p.read_text() for p in elsewhere.iterdir()} == {"index.html": "mine"}
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("path", ["/dev/zero", ".", "fifo", "x" * 5000, "a\0b", "none.csv"])
def test_a_table_that_has_no_end_or_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    with pytest.raises(PanelError) as raised:
        read_text_csv(path)
    assert len(str(raised.value)) < 400
    assert len(str(raised.value).splitlines()) == 1


def test_a_folder_that_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    (tmp_path / ".small-abcd1234").mkdir()
    (tmp_path / ".other-abcd1234").mkdir()
    seen: list[Path] = []

    def fill(folder: Path) -> None:
        # A run that ends while this one writes leaves this one's folder alone.
        if not seen:
            seen.append(folder)
            write_whole(tmp_path / "small", fill)
        (folder / "index.html").write_text("run")

    write_whole(tmp_path / "small", fill)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other-abcd1234", "small"]


UNPRINTABLE = 'T <script>alert(1)</script> "q" {{ 7 * 7 }} {% raw %} $x$ `tick` | =1+1 \u202e'


def test_a_title_is_text_in_every_page(tmp_path: Path) -> None:
    """Templates, markup and formulas in a title are shown, in each format, and do nothing."""
    write_study(tmp_path, title=f"title: {json.dumps(UNPRINTABLE)}")
    command = [sys.executable, "-c", "from harness.cli import main; main()", "run", "small.yaml"]
    done = subprocess.run(
        [*command, "--jobs", "1"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    out = tmp_path / "reports" / "small"
    pages = {name: (out / name).read_text(encoding="utf-8") for name in PAGES}
    assert "<script>alert(1)" not in pages["index.html"] + pages["report.md"]
    assert "{{ 7 * 7 }}" in pages["index.html"]
    assert json.loads(pages["results.json"])["study"]["title"] == UNPRINTABLE
    for drawing in (out / "figures").glob("*.svg"):
        assert "<script" not in drawing.read_text(encoding="utf-8")


def test_the_store_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "small").write_text("a file")
    with pytest.raises(HarnessError, match="is a file: move it"):
        write_whole(tmp_path / "small", lambda folder: None)
