"""What the script of a page does, on a small page with every kind of cell."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from harness.report.blocks import Code, Fold, Section
from harness.report.embed import data_uri
from harness.report.figures.style import DARK, INK, PAPER, drawing, house_style, new_figure
from harness.report.latex import latex
from harness.report.status import Check, Status
from harness.report.tables.table import Cell, Column, Table
from harness.report.whole import Document
from harness.report.write import rendered, write_files

pytestmark = pytest.mark.needs_chromium

COLUMNS = (
    Column("Name", numeric=False),
    Column("Value", "what it is", "Pair"),
    Column("p", "", "Pair"),
    Column("Verdict", numeric=False, wraps=True),
)
# Name, value with its second line, p, verdict; the last row belongs to the one above it.
ROWS = (
    (Cell("b10", tone="head"), Cell("−1.5", "−2.0 to −1.0", "strong"), Cell("0.040"),
     Cell("identical", sign="=", order=0)),
    (Cell("b9", tone="head"), Cell("1,234", mark="a"), Cell("< 0.001"),
     Cell("discordant", sign="≠", order=3)),
    (Cell("=1+1", tone="head"), Cell("—"), Cell("0.001"), Cell("concordant", sign="≈", order=1)),
    (Cell("Émile & \"x\", _y", tone="head"), Cell("2.0e−05", sign="◆", link="f/1"), Cell("—"),
     Cell("equivalent", sign="~", order=2)),
    (Cell("", tone="head"), Cell("7"), Cell("0.5"), Cell("−not a number")),
)  # fmt: skip
TABLE = Table("tricky", "Every kind of cell", COLUMNS, ROWS, note="A note.")
NUMBERS = ({"series": "a,b", "x": 0.1}, {"series": "c", "x": 2.0})
TSV = (
    "Name\tPair: Value\tPair: Value (mark)\tPair: Value (second line)\tPair: p\tVerdict\n"
    "b10\t-1.5\t\t'-2.0 to -1.0\t0.040\tidentical\n"
    "b9\t1234\ta\t\t< 0.001\tdiscordant\n"
    "'=1+1\t\t\t\t0.001\tconcordant\n"
    'Émile & "x", _y\t2.0e-05\t◆\t\t\tequivalent\n'
    "\t7\t\t\t0.5\t−not a number\n"
)
CSV = TSV.replace('Émile & "x", _y', '"Émile & ""x"", _y"').replace("\t", ",")
READ = """async () => {
    const [item] = await navigator.clipboard.read();
    const kinds = item.types.map(async (type) => [type, await (await item.getType(type)).text()]);
    return Object.fromEntries(await Promise.all(kinds));
}"""
NO_CLIPBOARD = "Clipboard.prototype.write = () => Promise.reject(new Error('no'));"
NO_STORAGE = """Object.defineProperty(window, 'localStorage',
    { get() { throw new DOMException('forbidden', 'SecurityError'); } });"""


def _document() -> Document:
    with house_style():
        figure = new_figure(3, 2)
        figure.subplots().plot([0, 1], [0, 1], color=INK)
        drawn = drawing(figure, "line", "A line that rises from zero to one.", "A line.", NUMBERS)
    lines = Fold("By hand", (Code("fit <- glmer(y ~ x)\nfit\n", fit="f/1"),))
    light = Status(
        "green", "Agreement", "All agree.", (Check("Q?", "green", "Yes", "1", "d", "x"),)
    )
    sections = (Section("findings", "Found", (TABLE, drawn)), Section("x", "Lines", (lines,)))
    return Document(
        "Bench", "bench", "A bench", "harness", light, "", "", "Model", "None.", sections,
        (drawn,), {"line": data_uri(drawn.svg)}, fit_ids={"f/1": "f-1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return rendered(_document(), {})


@pytest.fixture(scope="module")
def report(files, tmp_path_factory) -> Path:
    return write_files(files, tmp_path_factory.mktemp("bench"))


def _names(page) -> list[str]:
    return page.locator("tbody tr > :first-child").all_inner_texts()


FIRST = ["b10", "b9", "=1+1", 'Émile & "x", _y', ""]
B10, B9, ONE, EMILE = (["b10"], ["b9"], ["=1+1"], FIRST[3:])


@pytest.mark.parametrize("press", ["click", "Enter", "Space"])
@pytest.mark.parametrize(
    ("head", "up", "down"),
    [
        # "=1+1" is sorted by its first letter or digit; what says nothing stands last both ways.
        ("Name", ONE + B9 + B10 + EMILE, EMILE + B10 + B9 + ONE),
        ("Value", B10 + EMILE + B9 + ONE, B9 + EMILE + B10 + ONE),
        ("p", B9 + ONE + B10 + EMILE, B10 + ONE + B9 + EMILE),
        ("Verdict", B10 + ONE + EMILE + B9, B9 + EMILE + ONE + B10),
    ],
    ids=["words", "numbers", "p-values", "verdicts"],
)
def test_heads_sort(look, report, press, head, up, down):
    page = look(report)
    button = page.locator("thead button", has_text=head).last
    column = page.locator("thead tr:last-child th", has_text=head)
    for state, order in (("ascending", up), ("descending", down), (None, FIRST)):
        if press == "click":
            button.click()
        else:
            button.press(press)
        assert (column.get_attribute("aria-sort"), _names(page)) == (state, order)
        assert page.locator("th[aria-sort]").count() == bool(state)
        assert (state or "As printed") in page.locator("[role=status]").inner_text()


NUMBER_TEXTS = {
    "−0.5": [-0.5, 0], "1,234.5": [1234.5, 0], "2.0e−05": [2e-5, 0], "2.0e-05": [2e-5, 0],
    "< 0.001": [0.001, -1], "> 99": [99, 1], "1/80,000": [1 / 80000, 0],
    "96.1\u00a0to\u00a098.6": [96.1, 0, 98.6], "−3 to −1": [-3, 0, -1], "10-20": [10, 0, 20],
    "× 1.9": [1.9, 0], "(4.5)": [4.5, 0], "12 of 40": [12, 0, 40], "85.0 %": [85, 0],
    "NB2": None, "not run": None, "": None,
}  # fmt: skip


def test_numbers_are_read_by_value(look, report):
    source = Path(__file__).parents[2] / "harness/report/templates/script/values.js"
    script = f"(given) => {{ {source.read_text()}\n return given.map(numericKey); }}"
    found = look(report).evaluate(script, list(NUMBER_TEXTS))
    assert dict(zip(NUMBER_TEXTS, found, strict=True)) == NUMBER_TEXTS


@pytest.mark.parametrize("before", ["", NO_CLIPBOARD], ids=["clipboard", "copy event"])
def test_a_table_is_copied_for_spreadsheet_and_word_processor(look, report, before):
    page = look(report, before)
    page.get_by_role("button", name="Copy table: Every kind of cell").click()
    page.get_by_text("Copied").first.wait_for()
    found = page.evaluate(READ)
    assert found["text/plain"] == TSV
    table = "(html) => { const d = new DOMParser().parseFromString(html, 'text/html'); return "
    cells = (
        f"{table} [...d.querySelectorAll('tr')].map(r => [...r.cells].map(c => c.innerText)); }}"
    )
    rows = page.evaluate(cells, found["text/html"])
    assert rows[0] == ["", "Pair", ""]
    assert rows[1] == ["Name", "Value", "p", "Verdict"]
    assert rows[2] == ["b10", "−1.5−2.0 to −1.0", "0.040", "= identical"]
    assert rows[3][1] == "1,234a"
    bold = f"{table} [...d.querySelectorAll('td b')].map(c => c.innerText); }}"
    assert page.evaluate(bold, found["text/html"]) == ["−1.5"]
    assert "border-top:1pt solid" in found["text/html"].replace(" ", " ")


def _kept(page, button) -> tuple[str, str]:
    with page.expect_download() as caught:
        button.click()
    return caught.value.suggested_filename, caught.value.path().read_text(encoding="utf-8")


def test_a_table_is_kept_in_the_order_it_is_shown_in(look, report):
    page = look(report)
    csv = page.get_by_role("button", name="CSV of Every kind of cell")
    assert _kept(page, csv) == ("tricky.csv", CSV)
    page.locator("thead button", has_text="p").last.click()
    head, *rows = _kept(page, csv)[1].splitlines()
    assert head == CSV.splitlines()[0]
    assert rows[0].startswith("b9,")
    assert sorted(rows) == sorted(CSV.splitlines()[1:])
    page.reload()
    tex = page.get_by_role("button", name="LaTeX of Every kind of cell")
    assert _kept(page, tex) == ("tricky.tex", latex(TABLE))


def test_a_figure_is_kept_as_svg_and_as_its_numbers(look, report, files):
    page = look(report, color_scheme="dark")
    name, svg = _kept(page, page.get_by_role("link", name="SVG"))
    assert name == "line.svg"
    root = ET.fromstring(svg)
    assert root.tag.endswith("svg")
    assert "var(" not in svg
    own = files["figures/line.svg"].decode("utf-8")
    assert {c for c in DARK if c in svg} == {c for c in DARK if c in own} >= {INK, PAPER}
    table = ("line.csv", 'series,x\n"a,b",0.1\nc,2.0\n')
    assert _kept(page, page.get_by_role("link", name="CSV", exact=True)) == table


@pytest.mark.parametrize("by", ["button", "picture"])
def test_a_figure_is_enlarged_and_focus_comes_back(look, report, by):
    page = look(report)
    button = page.get_by_role("button", name="Enlarge:")
    (button if by == "button" else page.locator(".drawing img")).click()
    dialog = page.get_by_role("dialog")
    assert dialog.is_visible()
    width = dialog.locator("img").bounding_box()["width"]
    page.get_by_role("button", name="Larger").click()
    assert dialog.locator("img").bounding_box()["width"] > 1.5 * width
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Enlarge"


def _corner(locator) -> str:
    with Image.open(io.BytesIO(locator.screenshot())) as picture:
        red, green, blue = picture.convert("RGB").getpixel((3, 3))
    return f"#{red:02x}{green:02x}{blue:02x}"


@pytest.mark.parametrize("before", ["", NO_STORAGE], ids=["kept", "storage forbidden"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reader_chooses_light_or_dark(look, report, scheme, before):
    page = look(report, before, color_scheme=scheme)
    papers = [PAPER, DARK[PAPER]] if scheme == "light" else [DARK[PAPER], PAPER]
    picture, switch = page.locator(".drawing img"), page.get_by_role("button", name="Dark page")

    def shown() -> tuple[Any, ...]:
        pressed = switch.get_attribute("aria-pressed") == "true"
        return _corner(page.locator("h1")), _corner(picture), pressed

    assert shown() == (papers[0], papers[0], papers[0] == DARK[PAPER])
    switch.click()
    chosen = (papers[1], papers[1], papers[1] == DARK[PAPER])
    assert shown() == chosen
    page.reload()
    assert (shown() == chosen) is not bool(before)
    if not before:
        switch.click()
        # As the system has it again: nothing is kept.
        assert page.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("by", ["link", "address"])
def test_a_number_leads_to_the_lines_that_make_it(look, report, by):
    page = look(report, fragment="#fit-f-1" if by == "address" else "")
    lines = page.locator("#fit-f-1 pre")
    if by == "link":
        assert not lines.is_visible()
        page.get_by_role("link", name="2.0e−05").click()
    lines.wait_for()
    assert page.evaluate("document.querySelector('#fit-f-1').getBoundingClientRect().top") < 900
    page.get_by_role("button", name="Copy these lines").click()
    page.get_by_text("Copied").first.wait_for()
    assert page.evaluate(READ) == {"text/plain": "fit <- glmer(y ~ x)\nfit\n"}


@pytest.mark.parametrize("fragment", ["#%", "#nothing", "#%E6%BC%A2"])
def test_an_address_that_leads_nowhere_is_the_top(look, report, fragment):
    page = look(report, fragment=fragment)
    assert page.locator("button.theme").is_visible()
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize(("width", "opens"), [(375, False), (1280, True)])
def test_the_contents_fold_on_a_small_screen(look, report, width, opens):
    page = look(report, viewport={"width": width, "height": 700})
    assert page.locator(".contents a").first.is_visible() is opens
    if not opens:
        page.locator(".contents summary").click()
        page.locator(".contents a").last.click()
        assert not page.locator(".contents a").first.is_visible()
