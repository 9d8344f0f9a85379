from __future__ import annotations

import copy
import csv
import re

import matplotlib as mpl
import pytest
from markdown_it import MarkdownIt

from harness.errors import ConfigError
from harness.report import render_report, write_report
from harness.report.derived import index_of
from harness.report.embed import themed
from harness.report.figures.style import DARK, drawable, house_style, new_figure
from harness.report.markdown import escaped, fenced
from harness.report.reading import Reading
from harness.study.writing import WRITTEN

STARTS = ("# a", "## a", "- a", "+ a", "1. a", "12) a", "---", "===", "> a", "* a", "***", "| a |")
HOSTILE = (
    """# <script>alert(1)</script> & | `x` *b* _i_ [l](http://a.b) ![i](j) 1. - + ~~ <!-- \\"""
)


def test_same_results_same_bytes_in_the_folder(results, files, tmp_path):
    before = copy.deepcopy(results)
    page = write_report(results, tmp_path / "new" / "folder")
    assert results == before
    assert page == tmp_path / "new" / "folder" / "index.html"
    paths = [path for path in page.parent.rglob("*") if path.is_file()]
    # What a later run may replace.
    assert {path.relative_to(page.parent).parts[0] for path in paths} < WRITTEN
    written = {path.relative_to(page.parent).as_posix(): path.read_bytes() for path in paths}
    assert sorted(written) == sorted(files)
    assert [name for name in files if files[name] != written[name]] == []


def test_a_user_style_changes_nothing(make_results):
    results = make_results(indicators=1, strata=("all",), engines=("laplace",))
    plain = render_report(results)
    with mpl.rc_context({"font.size": 30.0, "svg.hashsalt": "other", "axes.facecolor": "red"}):
        assert render_report(results) == plain
        assert mpl.rcParams["font.size"] == 30.0


@pytest.mark.parametrize("schema", [2, None])
def test_another_schema_is_refused_and_nothing_written(results, tmp_path, schema):
    with pytest.raises(ConfigError, match="schema"):
        write_report(results | {"schema": schema}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_every_figure_comes_in_both_formats(files):
    svg = {name.removesuffix(".svg") for name in files if name.endswith(".svg")}
    png = {name.removesuffix(".png") for name in files if name.endswith(".png")}
    assert svg == png
    for name in (
        "chained-index-all", "chained-index-fast", "index-by-stratum", "forest-all",
        "families-all", "bland-altman", "dispersion", "median-rates",
    ):  # fmt: skip
        assert f"figures/{name}" in svg
        assert files[f"figures/{name}.png"].startswith(b"\x89PNG\r\n")
        assert b"<dc:date>" not in files[f"figures/{name}.svg"]


@pytest.mark.parametrize("observed", [3.2, 40.0, 4e5])
def test_log_axes_have_plain_numbers(make_results, observed):
    results = make_results(indicators=1, strata=("all",), engines=("laplace",))
    results["dispersion_null"][0]["observed"] = observed
    found = {name: text for name, text in render_report(results).items() if name.endswith(".svg")}
    assert not [name for name, text in found.items() if b"mathdefault" in text]
    assert (b"<!-- 10 -->" in found["figures/dispersion.svg"]) is (observed > 5)


def test_figures_in_the_page_follow_the_dark(files):
    text = themed(files["figures/chained-index-all.svg"])
    assert text.startswith("<svg")
    assert not [c for c in DARK if re.search(rf"(?<!, ){c}", text.split("</style>", 1)[1])]


def _rows(files, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files[f"tables/{name}.csv"].decode("utf-8").splitlines()))


def test_csv_holds_every_digit(results, files):
    rows = {(row["id"], row["term"]): row for row in _rows(files, "coefficients")}
    expected = {(f["id"], term): p for f in results["fits"] for term, p in f["params"].items()}
    assert rows.keys() == expected.keys()
    for key, p in expected.items():
        assert [float(rows[key][name]) for name in p] == list(p.values())


def test_csv_holds_the_chained_index(results, files):
    reading = Reading(results)
    expected = index_of(reading.fit("totfat", "fast", "laplace", "tight"), reading)
    assert expected is not None
    assert expected.low is not None
    own = [
        row
        for row in _rows(files, "chained_index")
        if (row["indicator"], row["stratum"], row["engine"]) == ("totfat", "fast", "laplace")
    ]
    assert [int(row["t"]) for row in own] == list(expected.t)
    assert [float(row["index"]) for row in own] == expected.index.tolist()
    assert [float(row["low"]) for row in own] == expected.low.tolist()


def test_csv_holds_every_comparison(results, files):
    rows = _rows(files, "comparisons")
    pairs = results["comparisons"]
    assert [row["verdict"] for row in rows] == [pair["verdict"] for pair in pairs]
    assert [float(row["max_diff_se"]) for row in rows] == [pair["max_diff_se"] for pair in pairs]


def test_empty_tables_keep_their_heads(make_results):
    results = make_results(indicators=1, strata=("all",), engines=("laplace",), settings=("tight",))
    results["panel"]["dropped"], results["medians"] = [], []
    found = render_report(results)
    for name in ("comparisons", "dropped", "medians", "messages", "agreement"):
        lines = found[f"tables/{name}.csv"].decode("utf-8").splitlines()
        assert len(lines) == 1
        assert lines[0].count(",") > 1


def _tokens(text: str):
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in parser.parse(text):
        yield token
        yield from token.children or []


@pytest.mark.parametrize("frame", ["{}", "| {} |\n| --- |\n| {} |", "- {}", "> {}", "**{}**"])
def test_markdown_takes_no_markup_from_names(frame):
    shown = list(_tokens(frame.replace("{}", escaped(HOSTILE))))
    forbidden = {"html_block", "html_inline", "link_open", "image", "code_inline", "s_open"}
    assert not {token.type for token in shown} & forbidden
    text = "".join(t.content for t in shown if t.type in ("text", "text_special"))
    assert HOSTILE in text


@pytest.mark.parametrize("text", STARTS)
def test_markdown_takes_no_blocks_from_names(text):
    shown = list(_tokens(f"before\n\n{escaped(text)}\n\nafter"))
    plain = {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
    assert {token.type for token in shown} <= plain
    assert text in "".join(t.content for t in shown if t.type in ("text", "text_special"))


@pytest.mark.parametrize("text", ["0.16", "3.2 to 4.5", "12)b", "1.5e-07", "−0.5"])
def test_numbers_are_not_escaped(text):
    assert escaped(text) == text


def test_code_stays_inside_its_fence():
    code = "x <- 1\n```\n<b>out</b>\n````"
    blocks = list(_tokens(fenced(code, "r")))
    assert [token.type for token in blocks] == ["fence"]
    assert blocks[0].content == code + "\n"


def test_the_markdown_report_has_no_html(make_results):
    def hostile(results):
        for indicator in results["indicators"]:
            indicator["label"] = HOSTILE

    results = make_results(
        indicators=1, strata=("all", HOSTILE), engines=("lme4", "laplace"), edit=hostile
    )
    text = render_report(results)["report.md"].decode("utf-8")
    types = {token.type for token in _tokens(text)}
    assert {"table_open", "image", "fence"} <= types
    assert not types & {"html_block", "html_inline"}


@pytest.mark.parametrize("text", ["$x^2$ 漢字", "_hidden", "a\nb", "\N{RIGHT-TO-LEFT OVERRIDE}x"])
def test_any_label_can_be_drawn(text):
    # Missing glyphs and mathtext would end in warnings, and warnings are errors here.
    with house_style():
        figure = new_figure(2, 1)
        figure.subplots().set_title(drawable(text))
        figure.draw_without_rendering()
