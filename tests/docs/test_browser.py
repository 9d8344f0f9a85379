"""The site in headless Chromium: asks nobody, complains of nothing, fits a phone, can be read."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

pytestmark = [pytest.mark.needs_chromium, pytest.mark.long]

PHONE, LAPTOP = 375, 1280
# Chromium's own sandbox needs rights that a container has not.
ARGUMENTS = ["--no-sandbox"]
# What the theme itself brings, and a setting cannot mend.
OF_THE_THEME = {"aria-dialog-name", "landmark-unique", "scrollable-region-focusable"}


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def names(site: Path) -> list[str]:
    return sorted(file.relative_to(site).as_posix() for file in site.rglob("*.html"))


def each(
    browser: Browser, root: str, names: list[str], check: Callable[[Page, str], None], **options: object
) -> list[str]:  # fmt: skip
    """Open every page on its own; return what it said and whom else it asked."""
    said: list[str] = []
    for name in names:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.goto(root + name, wait_until="networkidle")
        check(page, name)
        context.close()
    return [words for words in said if not words.startswith(root)]


@pytest.mark.parametrize("width", [PHONE, LAPTOP])
def test_every_page_fits_and_asks_nobody_else(browser, address, names, width) -> None:
    wide: list[str] = []

    def check(page: Page, name: str) -> None:
        if page.evaluate("document.documentElement.scrollWidth") != width:
            wide.append(name)

    said = each(browser, address, names, check, viewport={"width": width, "height": 900})
    assert (said, wide) == ([], [])


def test_pages_open_from_a_folder(browser, site) -> None:
    titles: list[str] = []
    names = ["index.html", "api/glmm.html"]
    said = each(browser, f"{site.as_uri()}/", names, lambda page, _: titles.append(page.title()))
    assert said == []
    assert titles == ["glmm-harness", "PoissonGLMM - glmm-harness"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read(browser, address, names, scheme) -> None:
    found: list[str] = []

    def check(page: Page, name: str) -> None:
        violations = Axe().run(page).response["violations"]
        found.extend(
            f"{name}: {what['id']}: {what['nodes'][0]['html'][:100]}"
            for what in violations
            if what["id"] not in OF_THE_THEME
        )

    each(browser, address, names, check, color_scheme=scheme, viewport={"width": LAPTOP, "height": 900})  # fmt: skip
    assert found == []
