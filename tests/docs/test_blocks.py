"""Every code block of README and docs/ runs, and prints what stands there."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import harness.engines
from tests.docs.blocks import ROOT, parse, reason_not_to_run

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# Blocks that need what a test cannot have, or would start the suite within itself.
NOT_RUN = {
    "README.md": 1,
    "CONTRIBUTING.md": 3,
    "docs/from-simr.md": 1,
    "docs/from-stata.md": 1,
    "docs/index.md": 1,
    "docs/tutorial.md": 1,
}
NEEDS_R = {
    "README.md",
    "docs/from-lme4.md",
    "docs/pytest.md",
    "docs/tutorial.md",
    "docs/verdicts.md",
    "docs/your-own-panel.md",
}
LONG = {
    "README.md",
    "docs/pytest.md",
    "docs/simulation.md",
    "docs/tutorial.md",
    "docs/your-own-panel.md",
}


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def marks(page: Path) -> list[pytest.MarkDecorator]:
    found = []
    if name(page) in NEEDS_R:
        found.append(pytest.mark.needs_r)
    if name(page) in LONG:
        found.append(pytest.mark.long)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A reader's own folder, with the data that the documentation offers."""
    for file in (ROOT / "docs" / "data").glob("*.csv"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    # An engine that a page adds stays on that page.
    monkeypatch.setattr(harness.engines, "__path__", list(harness.engines.__path__))
    # Blocks speak as they do away from a test session.
    for key in [key for key in os.environ if key.startswith(("PYTEST_", "COV_"))]:
        monkeypatch.delenv(key)
    yield tmp_path
    harness.engines.engines.cache_clear()


@pytest.mark.parametrize("page", [pytest.param(p, id=name(p), marks=marks(p)) for p in PAGES])
def test_blocks(page: Path, folder: Path) -> None:
    for example in parse(page).examples():
        example.evaluate()


def test_blocks_that_are_not_run() -> None:
    documents = {page: parse(page) for page in PAGES}
    found = Counter(
        name(page)
        for page, document in documents.items()
        for _, region in document.regions
        if reason_not_to_run(document, region)
    )
    assert found == NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_block_escapes(page: Path) -> None:
    """Every block is fenced, and every fence that Markdown knows is found."""
    tokens = MarkdownIt().parse(page.read_text("utf-8"))
    assert [token.content for token in tokens if token.type == "code_block"] == []
    fences = [token.content for token in tokens if token.type == "fence"]
    assert [str(region.parsed) for _, region in parse(page).regions] == fences
