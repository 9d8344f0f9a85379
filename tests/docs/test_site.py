"""The site: built strictly, every link holds, and a reader's browser asks nobody but the site."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

import harness.glmm
import harness.testing
from harness import errors
from harness.cli.app import app

# What a browser fetches unasked, and by which attribute.
FETCHED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src"}


class Page(HTMLParser):
    """Links, anchors and the fetched files of a page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = {""}
        self.without_alt: list[str] = []
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := given.get(key))}
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        # A canonical address is read by machines alone.
        if tag in FETCHED and given.get(FETCHED[tag]) and given.get("rel") not in ("prev", "next"):
            self.fetched.append(str(given[FETCHED[tag]]))
        if tag == "img" and not given.get("alt"):
            self.without_alt.append(str(given.get("src")))


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {file: Page(file) for file in sorted(site.rglob("*.html"))}


def targets(file: Path, links: list[str]) -> Iterator[tuple[str, Path, str]]:
    """Links of a page to the site: as written, the file meant, the anchor in it."""
    for link in links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        place = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        yield link, place, unquote(parts.fragment)


def test_every_link_holds(pages: dict[Path, Page]) -> None:
    broken = [
        f"{file.name}: {link}"
        for file, page in pages.items()
        if file.name != "404.html"  # its links start from wherever a reader lost the way
        for link, place, anchor in targets(file, page.links + page.fetched)
        if not place.is_file()
        or (anchor and place.suffix == ".html" and anchor not in pages[place].anchors)
    ]
    assert broken == []
    assert sum(len(page.links) for page in pages.values()) > len(pages)


def test_links_that_leave_are_whole_addresses(pages: dict[Path, Page]) -> None:
    outside = {link for page in pages.values() for link in page.links if urlsplit(link).scheme}
    assert [
        link for link in outside if not re.fullmatch(r"https://[\w.-]+\.\w+(/\S*)?", link)
    ] == []


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    fetched = [link for page in pages.values() for link in page.fetched]
    assert fetched
    assert [link for link in fetched if urlsplit(link).scheme or link.startswith("//")] == []
    for sheet in site.rglob("*.css"):
        elsewhere = re.findall(r"(?:url\(|@import)\s*[\"']?(https?:|//)", sheet.read_text("utf-8"))
        assert elsewhere == [], sheet


def test_pictures_are_described(pages: dict[Path, Page]) -> None:
    assert [name for page in pages.values() for name in page.without_alt] == []


def test_no_markup_is_shown(site: Path) -> None:
    """A table cell that a stray bar cut in two shows tags, backticks or entities."""
    stray = re.compile(r"&lt;/?code&gt;|&amp;#\d+;|<td>[^<]*`|`[^<]*</td>")
    pages = {file.name: file.read_text("utf-8") for file in site.rglob("*.html")}
    assert {name: found for name, text in pages.items() if (found := stray.findall(text))} == {}


def test_every_formula_became_mathml(site: Path) -> None:
    pages = {file: file.read_text("utf-8") for file in site.rglob("*.html")}
    assert [file.name for file, text in pages.items() if 'class="arithmatex"' in text] == []
    assert "<math" in pages[site / "statistics.html"]
    # Two dollars that no formula became.
    prose = re.compile(r"<(pre|code|script|style)\b.*?</\1>", re.DOTALL)
    assert [f.name for f, text in pages.items() if "$" in prose.sub("", text)] == []


def test_every_command_has_its_part(pages: dict[Path, Page], site: Path) -> None:
    commands = {name or function.__name__ for name, function in registered()}
    assert commands
    wanted = {f"harness-{name}" for name in commands}
    assert wanted <= pages[site / "command-line.html"].anchors


def registered() -> Iterator[tuple[str | None, Callable[..., None]]]:
    for command in app.registered_commands:
        assert command.callback is not None
        yield command.name, command.callback


@pytest.mark.parametrize(
    "module", [harness, harness.glmm, harness.testing, errors], ids=lambda module: module.__name__
)
def test_everything_public_has_its_entry(pages: dict[Path, Page], module: ModuleType) -> None:
    names = getattr(module, "__all__", None) or [name for name in vars(module) if name[0].isupper()]
    assert names
    known = set().union(*(page.anchors for page in pages.values()))
    objects = [getattr(module, name) for name in names]
    assert {f"{found.__module__}.{found.__qualname__}" for found in objects} - known == set()
