"""Engines that another installed package offers by an entry point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.engines import engines
from harness.errors import ConfigError

MODULE = """
from dataclasses import replace
from harness.engines.laplace import ENGINE as ours
ENGINE = replace(ours, name="by-hand")
SOMETHING_ELSE = 3
"""
# In a process of its own, as a worker has to find the engine, too.
RUN = """
import json, harness
from harness.cli.known import engine_names
from harness.engines.environment import current_environment
from harness.testing.strategies import four_stage_design
theirs, ours = harness.fit(four_stage_design(seed=1), engines=["by-hand", "laplace"])
print(json.dumps({
    "failure": theirs.failure, "same": theirs.llf == ours.llf,
    "completed": "by-hand" in engine_names(), "packages": current_environment().packages,
}))
"""


def offered(folder: Path, entries: str) -> None:
    """Install a package of one module and its entry points into a folder."""
    (folder / "by_hand.py").write_text(MODULE, encoding="utf-8")
    about = folder / "by_hand-2.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: by-hand\nVersion: 2.5\n")
    (about / "entry_points.txt").write_text(f"[harness.engines]\n{entries}\n", encoding="utf-8")


@pytest.fixture
def fresh() -> Iterator[None]:
    engines.cache_clear()
    yield
    engines.cache_clear()


def test_it_fits_in_workers_and_is_named(tmp_path: Path) -> None:
    offered(tmp_path, "by-hand = by_hand:ENGINE")
    done = subprocess.run(
        [sys.executable, "-c", RUN], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found.pop("packages")["by-hand"] == "2.5"
    assert found == {"failure": None, "same": True, "completed": True}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ("by-hand = by_hand:SOMETHING_ELSE", "is no harness.engines.Engine"),
        ("by-hand = by_hand:ABSENT", "cannot be loaded (AttributeError"),
        ("by-hand = not_there:ENGINE", "cannot be loaded (ModuleNotFoundError"),
        ("by-foot = by_hand:ENGINE", "engine 'by-foot' of the installed package 'by-hand' calls"),
        ("laplace = harness.engines.laplace:ENGINE", "'laplace' of another package has the name"),
        ("by-hand = by_hand:ENGINE\nby-hand = by_hand:ENGINE", "has the name of an engine of"),
    ],
)
@pytest.mark.usefixtures("fresh")
def test_what_is_amiss_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: str, words: str
) -> None:
    offered(tmp_path, entries)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError) as told:
        engines()
    assert words in str(told.value)
    assert "\n" not in str(told.value)
