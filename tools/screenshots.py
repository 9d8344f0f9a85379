"""Pictures of a report at the width of a desktop and of a phone, for the README and docs/.

    python tools/screenshots.py reports/us-traffic/index.html docs

Needs the extra "test" and Chromium. Writes report.png, images/report-desktop.png (light and dark
side by side) and images/report-phone.png with a palette of 128 colours, a quarter of the size.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--hide-scrollbars")  # fmt: skip
DESKTOP, PHONE = (1280, 900), (375, 812)
COLOURS = 128
GAP = 24  # pixels between two screens of one picture
PAPER = "#8a939d"


def screen(
    browser: Browser, page: Path, size: tuple[int, int], scheme: str, anchor: str
) -> Image.Image:
    """Return one screen of a page, from an anchor on; from its top where that is empty."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    opened = context.new_page()
    opened.goto(page.resolve().as_uri())
    if anchor:
        opened.evaluate("(id) => document.getElementById(id).scrollIntoView()", anchor)
        opened.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(opened.screenshot())).convert("RGB")
    context.close()
    return picture


def beside(pictures: list[Image.Image]) -> Image.Image:
    """Return screens side by side."""
    width = sum(picture.width for picture in pictures) + GAP * (len(pictures) + 1)
    sheet = Image.new("RGB", (width, pictures[0].height + 2 * GAP), PAPER)
    x = GAP
    for picture in pictures:
        sheet.paste(picture, (x, GAP))
        x += picture.width + GAP
    return sheet


def keep(picture: Image.Image, path: Path) -> None:
    """Write a picture with a palette."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flat = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    flat.save(path, format="png", optimize=True)
    print(f"{path}: {path.stat().st_size:,} bytes")


def main(page: Path, folder: Path) -> None:
    """Make the three pictures."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("Chromium is missing: install it, or put it on the PATH")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        top = screen(browser, page, DESKTOP, "light", "")
        keep(top, folder / "report.png")
        stages = [screen(browser, page, DESKTOP, scheme, "stages") for scheme in ("light", "dark")]
        keep(beside(stages), folder / "images" / "report-desktop.png")
        phone = [("light", ""), ("light", "findings"), ("dark", "stages"), ("dark", "many-fits")]
        keep(
            beside([screen(browser, page, PHONE, *shown) for shown in phone]),
            folder / "images" / "report-phone.png",
        )
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python tools/screenshots.py PAGE FOLDER")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
