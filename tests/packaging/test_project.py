"""Facts that stand in more than one file: they say the same."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Every requirement of the package and of its extras, with where it stands.
REQUIRED = [
    (place, Requirement(line))
    for place, lines in {"": PROJECT["dependencies"], **EXTRAS}.items()
    for line in lines
]
PINS = {
    name: Version(version)
    for name, _, version in (
        line.partition("==")
        for line in (ROOT / "requirements" / "pins.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_citation_is_of_this_project() -> None:
    cited = YAML(typ="safe").load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type"} <= set(cited)
    assert cited["title"] == PROJECT["name"]
    assert str(cited["version"]) == PROJECT["version"]
    assert cited["license"] == PROJECT["license"]
    assert [author["name"] for author in cited["authors"]] == [
        a["name"] for a in PROJECT["authors"]
    ]


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert first is not None
    assert PROJECT["version"] in first[1]


@pytest.mark.parametrize(("place", "required"), REQUIRED, ids=str)
def test_every_requirement_is_pinned_within_its_bounds(place: str, required: Requirement) -> None:
    pin = {plain(name): version for name, version in PINS.items()}[plain(required.name)]
    assert required.specifier.contains(pin)


@pytest.mark.parametrize(("place", "required"), REQUIRED, ids=str)
def test_every_requirement_has_one_lower_bound(place: str, required: Requirement) -> None:
    bounds = {str(r.specifier) for _, r in REQUIRED if plain(r.name) == plain(required.name)}
    assert len(bounds) == 1
    if place not in ("dev", "docs", "certified"):  # tools of the checkout: not what others install
        assert any(part.operator == ">=" for part in required.specifier)


def test_the_lowest_versions_are_those_of_the_project() -> None:
    done = subprocess.run(
        [sys.executable, "tools/lowest.py", "r", "dask"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    lines = dict(line.split("==") for line in done.stdout.splitlines())
    asked = [r for place, r in REQUIRED if place in ("", "r", "dask")]
    assert set(lines) == {r.name for r in asked}
    for required in asked:
        bound = next(p.version for p in required.specifier if p.operator == ">=")
        assert lines[required.name] == bound
