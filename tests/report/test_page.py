from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cached_property
from html.parser import HTMLParser

import pytest

from harness.report import render_report
from harness.report.blocks import Section
from harness.report.document import document
from harness.report.numerics import percentage_change
from harness.report.page import environment
from harness.report.reading import Reading
from harness.report.rounding import fixed, interval
from harness.report.tables.data import unfit_table
from harness.report.tables.table import Cell, Column, Origin, Table
from tests.report.kinds import HOSTILE, KINDS, files_of
from tests.report.traced import untraced

VOID = {"meta", "img", "br", "link", "input", "hr"}
AA = 4.5  # WCAG 2.2, contrast of normal text
# Words that a number that was never computed would leave behind.
LEFT_OVER = re.compile(r"\b(nan|inf|infinity|none|null|undefined)\b", re.IGNORECASE)


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails where tags do not close in order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another tag, line {self.getpos()[0]}"

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script", "template"):
            self.words.append(data)

    @cached_property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _source(results) -> str:
    return render_report(results)["index.html"].decode("utf-8")


@pytest.fixture(scope="module")
def source(files):
    return files["index.html"].decode("utf-8")


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_are_text(kind):
    source = files_of(kind)["index.html"].decode("utf-8")
    found = Page(source)
    tags = Counter(tag for tag, _ in found.tags)
    assert set(tags).isdisjoint({"iframe", "object", "b[x]"})
    assert (tags["script"], source.count("<script")) == (1, 1)
    assert found.text.count(" ".join(HOSTILE.split())) > 10
    assert "&lt;script&gt;" in source


def test_nothing_is_fetched(source, page):
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            value = attributes.get(name) or "#"
            local = value.startswith(("#", "data:image/svg+xml,", "tables/", "figures/"))
            assert local, f"<{tag} {name}={value[:60]}>"
        assert not any(name.startswith("on") for name in attributes)
    styles = re.findall(r"(?s)<style[^>]*>(.*?)</style>", source)
    assert len(styles) == 3
    assert not [style for style in styles if "url(" in style or "@import" in style]


def test_anchors_resolve_and_ids_are_unique(page):
    ids = Counter(attributes["id"] for _, attributes in page.tags if attributes.get("id"))
    assert max(ids.values()) == 1
    targets = {a["href"][1:] for _, a in page.tags if (a.get("href") or "").startswith("#")}
    assert targets <= set(ids)


@pytest.fixture(scope="module")
def made(results):
    return document(Reading(results))


def test_every_number_leads_to_its_fit_or_says_how_it_is_made(made, page):
    assert untraced(made) == []
    told = [table for table in made.tables if table.origin]
    assert told
    assert len([a for _, a in page.tags if a.get("class") == "origin"]) == len(told)
    for table in told:
        assert table.origin.text in page.text
        assert all(line in page.text for line in table.origin.lines)


def test_a_table_that_forgets_its_fits_is_seen(made):
    rows = ((Cell("Deaths"), Cell("1.5", link="no such fit")),)
    lost = Table("new", "New", (Column("Indicator"), Column("Change")), rows)
    block = Section("new", "New", (lost,))
    assert untraced(replace(made, sections=(*made.sections, block))) == ["new"]
    told = Section("new", "New", (replace(lost, origin=Origin("Counted")),))
    assert untraced(replace(made, sections=(*made.sections, told))) == []


def test_figures_have_alternative_text_and_tables_scopes(page):
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert images
    assert all(len(image["alt"] or "") > 30 for image in images)
    assert all(a.get("scope") for tag, a in page.tags if tag == "th")


def test_linked_files_are_written(files, page):
    linked = {a["href"] for _, a in page.tags if (a.get("href") or "#")[0] != "#"}
    assert linked
    assert linked <= set(files)


def test_the_stage_table_shows_the_numbers_of_the_dict(results, page):
    for fit in results["fits"]:
        if (fit["engine"], fit["settings"], fit["variant"]) not in (
            ("lme4", "tight", "base"), ("laplace", "tight", "base"),
        ):  # fmt: skip
            continue
        for term in ("pre", "step0", "step1", "post"):
            p = fit["params"][term]
            b, low, high = (percentage_change(p[k]) for k in ("estimate", "ci_low", "ci_high"))
            assert f"{fixed(b, 2)} {interval(low, high, 2)}" in page.text
            assert repr(p["estimate"]) in page.text


def test_every_fit_can_be_redone(results, source):
    assert source.count("<pre") == len(results["fits"])


def test_the_verdict_stands_first(results, page):
    start = page.text[: page.text.index("Contents")]
    counts = results["counts"]
    assert results["verdict"]["sentence"] in start
    assert f"{counts['pairs_at_level']} of {counts['pairs_expected']}" in start


@pytest.mark.parametrize("which", ["totfat/all/base/lme4/tight", "lme4", ""])
def test_failed_fits_show_their_reason(make_results, which):
    found = Page(
        _source(make_results(indicators=1, strata=("all",), failing=lambda fit: which in fit["id"]))
    )
    assert "R was killed in mid-fit after 3 s" in found.text
    assert not LEFT_OVER.search(found.text)
    assert "Fits without an answer" in found.text


def _without_covariance(results):
    for fit in results["fits"]:
        fit["cov_params"] = None


def _pseudo(results):
    for item in (*results["indicators"], *results["fits"]):
        item |= {"response": "pseudo", "scale": "2019 GBP per child", "exposure": None}
    for fit in results["fits"]:
        fit["aic"] = fit["bic"] = None


MISSING = {
    "R": {"engines": ("laplace",)},
    "Python": {"engines": ("lme4",)},
    "maximum likelihood": {"engines": ("statsmodels-map",)},
    "default settings": {"engines": ("lme4", "laplace"), "settings": ("tight",)},
    "nb2": {"nb2": False},
    "dispersion null": {"dispersion_null": False},
    "random effects": {"random": "none"},
    "random slope": {"random": "intercept"},
    "covariance": {"edit": _without_covariance},
    "count": {"edit": _pseudo},
}


@pytest.mark.parametrize("options", MISSING.values(), ids=MISSING.keys())
def test_whatever_is_missing_the_page_stands(make_results, options):
    found = Page(_source(make_results(**{"indicators": 1, "strata": ("all",)} | options)))
    assert "What was found" in found.text
    assert not LEFT_OVER.search(found.text)


def test_a_fit_may_have_estimates_without_errors(make_results):
    results = make_results(indicators=1, strata=("all",))
    for fit in results["fits"]:
        if fit["settings"] == "tight" and fit["engine"] in ("laplace", "statsmodels-map"):
            fit["cov_params"] = [[None] * 5] * 5
            for p in fit["params"].values():
                p |= {"se": None, "ci_low": None, "ci_high": None}
    found = Page(_source(results))
    assert "What was found" in found.text
    assert not LEFT_OVER.search(found.text)


def test_r_that_was_not_used_is_not_reached(make_results):
    results = make_results(indicators=1, strata=("all",))
    results["environment"]["transport"] = None
    found = Page(_source(results))
    assert "R was not used." in found.text
    assert "reached through" not in found.text


def test_different_estimators_are_labelled(page, source):
    assert "A different estimator, not a wrong one" in page.text
    section = source[source.index('<section id="estimators">') :]
    section = section[: section.index("</section>")]
    assert "discordant" not in section
    assert not re.search(r'class="[^"]*\b(bad|near)\b', section)


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", css))


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: str, b: str) -> float:
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


SHEETS = {"light": "base", "dark": "dark"}
ON_PAPER = ("ink", "muted", "link", "green", "amber", "red", "grey")
PAIRS = [(text, ground) for text in ON_PAPER for ground in ("paper", "wash")] + [
    (text, f"{light}-wash") for light in ("green", "amber", "red") for text in (light, "ink")
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_contrast_is_aa(scheme, text, ground):
    loader = environment().loader
    assert loader
    css = loader.get_source(environment(), f"style/{SHEETS[scheme]}.css")[0]
    colours = _colours(css)
    assert _contrast(colours[text], colours[ground]) >= AA


def test_analyses_without_an_answer_stand_by_their_reason(make_results):
    why = "rows at -1 and 0 only"
    results = make_results(indicators=1, strata=("all", "north"))
    name = results["study"]["indicators"][0]["name"]
    results["unfit"] = [
        {"indicator": name, "stratum": stratum, "variant": variant,
         "reason": f"panel, indicator {name!r}, stratum {stratum!r}: {reason}"}
        for stratum in ("all", "north")
        for variant, reason in (("base", why), ("nb2", why), ("narrow", "nothing there"))
    ]  # fmt: skip
    table = unfit_table(Reading(results))
    assert [[cell.text for cell in row[2:]] for row in table.rows] == [
        ["base, nb2", why],
        ["narrow", "nothing there"],
    ]
    assert table.rows[0][1].text.count(",") == 1
