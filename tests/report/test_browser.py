"""The page of every kind of report in headless Chromium, with names made of markup."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from harness.report.write import write_files
from tests.report.kinds import HOSTILE, KINDS, files_of

pytestmark = pytest.mark.needs_chromium

PHONE, LAPTOP = 375, 1280
OPEN_ALL = "document.querySelectorAll('details').forEach(fold => { fold.open = true; })"
# What reaches past the right edge of the screen, other than inside a region that scrolls.
TOO_WIDE = """() => [...document.querySelectorAll('body *')].filter(one =>
    one.checkVisibility() && !one.closest('.scroll, pre, .hidden, .skip')
    && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
).map(one => one.outerHTML.slice(0, 80))"""
SHOWN = """(selector) => [...document.querySelectorAll(selector)].filter(one =>
    one.checkVisibility()).map(one => one.outerHTML.slice(0, 80))"""

# What the buttons would have kept, by name: a browser lets a page keep few files at a time.
KEPT = """async () => {
    const found = {};
    let last;
    URL.createObjectURL = (blob) => { last = blob; return ''; };
    HTMLAnchorElement.prototype.click = function () { found[this.download] = last.text(); };
    const tex = document.querySelectorAll('figure.table[data-file] .tools button:last-child');
    const csv = document.querySelectorAll('figure.drawing .files a[href$=".csv"]');
    for (const one of [...tex, ...csv]) {
        one.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    }
    for (const name of Object.keys(found)) found[name] = await found[name];
    return found;
}"""


@pytest.fixture(scope="module", params=list(KINDS))
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def files(kind) -> dict[str, bytes]:
    return files_of(kind)


@pytest.fixture(scope="module")
def report(files, tmp_path_factory) -> Path:
    # A folder with a space and letters of another script, as users have them.
    return write_files(files, tmp_path_factory.mktemp("報告 out") / "a b")


def _violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found]


def test_the_page_suits_every_reader_and_screen(look, report):
    page = look(report)
    assert _violations(page) == []  # folded, as it opens
    page.evaluate(OPEN_ALL)
    for width in (LAPTOP, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(TOO_WIDE) == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert _violations(page) == [], (width, scheme)
    assert page.evaluate("document.querySelectorAll('script').length") == 1
    assert HOSTILE in page.evaluate("document.body.textContent")


def test_headings_go_down_step_by_step(look, report):
    levels = look(report).evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map(one => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_the_keyboard_reaches_all_that_can_be_pressed_or_scrolled(look, report):
    page = look(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    box = page.locator(".skip").bounding_box()
    assert box
    assert box["x"] >= 0
    page.evaluate(OPEN_ALL)
    lost = "[...document.querySelectorAll('button, a[href], summary, .scroll, pre')]"
    assert page.evaluate(f"{lost}.filter(one => one.tabIndex < 0).length") == 0
    # Focus can be seen on each kind of thing.
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_print_is_light_and_has_nothing_to_press(look, report):
    page = look(report, color_scheme="dark")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(SHOWN, "button:not(.sort), nav, .files, dialog") == []
    colours = "const s = getComputedStyle(document.body); [s.backgroundColor, s.color]"
    assert page.evaluate(colours) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    heads = "[...document.querySelectorAll('thead')].map(one => getComputedStyle(one).display)"
    assert set(page.evaluate(heads)) == {"table-header-group"}
    # Chromium repeats no head that holds the box of a button.
    boxes = "[...document.querySelectorAll('button.sort')].map(b => getComputedStyle(b).display)"
    assert set(page.evaluate(boxes)) == {"contents"}
    # A heading keeps room for the figure it stands over, whose caption holds no block after it.
    over = "[...document.querySelectorAll(':is(h2, h3):has(+ .drawing, + .text + .drawing)')]"
    rooms = page.evaluate(f"{over}.map(h => parseFloat(getComputedStyle(h, '::after').blockSize))")
    tall = page.evaluate("[...document.querySelectorAll('.drawing img')].map(i => i.clientHeight)")
    assert max(tall, default=0) < min(rooms, default=math.inf)
    ends = "[...document.querySelectorAll('.drawing figcaption')]"
    assert set(page.evaluate(f"{ends}.map(one => getComputedStyle(one).breakAfter)")) <= {"auto"}
    inside = "[...document.querySelectorAll('.scroll')].map(one => getComputedStyle(one).overflowX)"
    assert set(page.evaluate(inside)) == {"visible"}


def test_without_a_script_nothing_is_missing(look, report, files):
    page = look(report, java_script_enabled=False, viewport={"width": PHONE, "height": 900})
    assert page.locator("button").count() == 0
    for selector in ("h1", ".verdict", ".contents a >> nth=0", "main table >> nth=0", "footer"):
        assert page.locator(selector).is_visible(), selector
    linked = {a.get_attribute("href") for a in page.locator(".files a").all()}
    assert linked
    assert linked <= set(files)


def test_the_page_makes_the_latex_and_the_csv_of_the_files(look, report, files):
    found = look(report).evaluate(KEPT)
    tables = {f"tables/{name}" for name in found if name.endswith(".tex")}
    figures = {f"figures/{name}" for name in found if name.endswith(".csv")}
    assert tables == {name for name in files if name.endswith(".tex")}
    assert figures == {name for name in files if re.match(r"figures/.*csv", name)}
    for path in tables | figures:
        assert found[Path(path).name].encode("utf-8") == files[path], path
        assert files[path].count(b"\n") > 1
