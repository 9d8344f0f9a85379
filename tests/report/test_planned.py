"""What holds of the reports of simulations and of power alike."""

from __future__ import annotations

import copy
import html
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from harness.errors import ConfigError
from harness.report import (
    render_power_report,
    render_simulation_report,
    write_power_report,
    write_simulation_report,
)
from harness.study.writing import WRITTEN
from tests.report.kinds import SMALL, files_of
from tests.report.planned import build_simulation
from tests.report.powered import build_power
from tests.report.test_page import Page

MADE = {
    "simulation": (render_simulation_report, write_simulation_report),
    "power": (render_power_report, write_power_report),
}
# What Markdown writes on one line and HTML in two cells, on two lines or as raised letters.
SEAM = re.compile(r" \(| – |\)? a$")
FEWEST_PARTS = 60


def _results(kind: str):
    if kind == "simulation":
        return build_simulation(**SMALL)
    return build_power(second=(1.0, 2.0), search=True)


@pytest.fixture(scope="module", params=list(MADE))
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def results(kind):
    return _results(kind)


@pytest.fixture(scope="module")
def files(kind, results):
    return MADE[kind][0](results)


@pytest.fixture(scope="module")
def page(files):
    return Page(files["index.html"].decode("utf-8"))


def test_same_dict_same_files(kind, results, files, tmp_path):
    before = copy.deepcopy(results)
    page = MADE[kind][1](results, tmp_path / "new" / "folder")
    assert results == before
    assert page == tmp_path / "new" / "folder" / "index.html"
    paths = [path for path in page.parent.rglob("*") if path.is_file()]
    written = {path.relative_to(page.parent).as_posix(): path.read_bytes() for path in paths}
    assert sorted(written) == sorted(files)
    assert [name for name in files if files[name] != written[name]] == []
    # What a later run may replace.
    assert {Path(name).parts[0] for name in written} < WRITTEN


@pytest.mark.parametrize("wrong", [{"schema": 2}, {"kind": "claims"}, {"kind": None}])
def test_other_results_are_refused_and_nothing_written(kind, results, tmp_path, wrong):
    with pytest.raises(ConfigError, match=f"this report reads 1 and '{kind}'"):
        MADE[kind][1](results | wrong, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_markdown_takes_no_markup_from_names(kind):
    files = files_of(kind)
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    types = {token.type for token in parser.parse(files["report.md"].decode("utf-8"))}
    assert {"table_open", "fence"} <= types
    assert not types & {"html_block", "html_inline"}


def test_nothing_is_fetched_and_every_link_leads_somewhere(files, page):
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            target = attributes.get(name) or "#findings"
            inside = target[1:] in ids if target.startswith("#") else target in files
            assert inside or target.startswith("data:image/svg+xml,"), (tag, target[:60])
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert images
    assert all(len(image["alt"] or "") > 30 for image in images)


def test_markdown_and_html_say_the_same(files, page):
    plain = html.unescape(re.sub(r"\\(.)", r"\1", files["report.md"].decode("utf-8")))
    for title in re.findall(r"(?m)^##+ (.*)$", plain):
        assert title in page.text
    lines = [line for line in plain.splitlines() if line.startswith("| ") and "---" not in line]
    cells = {cell for line in lines for cell in line.strip("| ").split(" | ")}
    parts = {part.strip("* ").removesuffix(")") for cell in cells for part in SEAM.split(cell)}
    assert len(parts) > FEWEST_PARTS
    assert [part for part in parts if part.strip("*") not in page.text] == []
