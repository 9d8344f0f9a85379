"""The page of docs that names England's official publications: ``python -m ... england_page``."""

from __future__ import annotations

from pathlib import Path

from harness.sources.england_import.catalogue import OTHERS, RELEASES
from harness.sources.england_import.releases import Publication

PAGE = Path(__file__).parents[2] / "docs" / "england-sources.md"
HEAD = """# Official publications behind England's panel

`harness import-england RAW OUT` finds these files in any folder below RAW, by their names, and
writes the folder that `harness run ofsted --data OUT` reads. The project ships none of them. This
page is made from the importer's own list by `python -m tests.sources.england_page`.

| file | title | published | publisher | where |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page's text."""
    every = [*(release.publication for release in RELEASES), *OTHERS]
    return HEAD + "".join(f"{_row(publication)}\n" for publication in dict.fromkeys(every))


def _row(found: Publication) -> str:
    cells = (f"`{found.file}`", found.title, found.published, found.publisher, found.where)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
