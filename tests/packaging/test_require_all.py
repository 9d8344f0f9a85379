"""Tests that a machine cannot run are skipped, or fail under --harness-require-all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDY = """
import pytest

@pytest.mark.needs_r
def test_r(): pass

@pytest.mark.needs_chromium
def test_chromium(): pass

@pytest.mark.needs_dask
def test_dask(): pass

@pytest.mark.needs_shared("reference/data/no-such-file.csv")
def test_shared(): pass

def test_free(): pass
"""


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run these tests in a copy of the project's test settings, on a machine without anything."""
    (folder / "tests").mkdir()
    (folder / "bin").mkdir()
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / "tests/conftest.py", folder / "tests")
    (folder / "tests/test_needy.py").write_text(NEEDY)
    # A package cannot be taken off a PATH: Python is told that it is not there.
    (folder / "bin/sitecustomize.py").write_text("import sys; sys.modules['distributed'] = None")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args],
        cwd=folder,
        env=os.environ | {"PATH": str(folder / "bin"), "PYTHONPATH": str(folder / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_skipped_with_the_reason(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0
    assert "1 passed, 4 skipped" in done.stdout
    for reason in (
        "R is not installed", "Chromium is not installed", "package distributed is not installed",
        "no-such-file.csv",
    ):  # fmt: skip
        assert reason in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one process", "workers"])
def test_fail_where_all_is_required(tmp_path: Path, workers: tuple[str, ...]) -> None:
    done = run(tmp_path, "--harness-require-all", *workers)
    assert done.returncode == 1
    assert "1 passed, 4 errors" in done.stdout
