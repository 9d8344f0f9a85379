"""The page of a large study: what is read stays, the rest is one link away."""

from __future__ import annotations

import html
import re

import pytest

from harness.report import render_report, size

LINK = re.compile(r'href="#(fit-[^"]+)"')
ROWS = 50


@pytest.fixture(scope="module")
def large(make_results):
    results = make_results(indicators=2)
    short = "totfat/fast/base/laplace/tight"
    fit = next(fit for fit in results["fits"] if fit["id"] == short)
    fit["certificate"] |= {"certified": False, "reason": "still a step to go"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(size, "MANY_ANALYSES", 1)
        patch.setattr(size, "LONGEST", ROWS)
        return results, render_report(results)


def test_recipes_are_those_of_the_base_model_for_the_whole_panel(large):
    results, files = large
    page = files["index.html"].decode()
    chosen = [f for f in results["fits"] if (f["stratum"], f["variant"]) == ("all", "base")]
    assert page.count("<pre") == len(chosen)
    assert "results.json has the digits and the lines of every fit" in page
    assert set(LINK.findall(page)) <= set(re.findall(r'id="(fit-[^"]+)"', page))


def test_a_fit_that_is_not_certified_is_listed(large):
    page = large[1]["index.html"].decode()
    assert "still a step to go" in page


def test_figures_that_are_not_in_the_page_are_linked(large, results, files):
    pages = large[1]
    page = pages["index.html"].decode()
    assert "figures/chained-index-fast.svg" in page
    assert page.count("<img") < files["index.html"].decode().count("<img")
    assert {name for name in pages if name.startswith("figures/")} == {
        name for name in files if name.startswith("figures/")
    }


def test_no_figure_is_in_the_page_without_room(large, monkeypatch):
    monkeypatch.setattr(size, "MANY_ANALYSES", 1)
    monkeypatch.setattr(size, "EMBEDDED", 0)
    page = render_report(large[0])["index.html"].decode()
    assert "<img" not in page
    for name in re.findall(r'href="(figures/[^"]+)"', page):
        assert name in large[1]


def test_long_tables_say_what_is_left(large):
    results, files = large
    page = html.unescape(files["index.html"].decode())
    exact = {f["id"] for f in results["fits"] if f["estimator"] == "maximum likelihood"}
    others = [c for c in results["comparisons"] if not {c["fit_a"], c["fit_b"]} <= exact]
    left = len(others) - ROWS
    assert f'{left} more rows: <a href="tables/comparisons.csv">' in page
    assert files["tables/comparisons.csv"].count(b"\n") == len(results["comparisons"]) + 1
