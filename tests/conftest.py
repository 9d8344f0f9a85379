"""What a machine may lack, one thread per process, and Hypothesis without a clock."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The order of sums, and so the last bits, depends on the number of threads; the libraries read
# this once, when numpy is first imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

# A fit has no time limit; the same examples everywhere where nobody watches.
settings.register_profile("harness", deadline=None)
settings.register_profile("harness-ci", deadline=None, derandomize=True)
settings.load_profile("harness-ci" if os.environ.get("CI") else "harness")

SHARED = Path(__file__).resolve().parents[2] / "shared"
R_PACKAGES = ("lme4", "glmmTMB")
CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@functools.cache
def _missing_r() -> str | None:
    if shutil.which("Rscript") is None:
        return "R is not installed: `make setup` says how to get it"
    for package in R_PACKAGES:
        # Looks for it without loading it: one that is there but broken must fail the tests.
        if not _succeeds(
            "Rscript", "-e", f'quit(status = !nzchar(system.file(package="{package}")))'
        ):
            return f"R lacks the package {package}: `make setup` says how to get it"
    return None


@functools.cache
def _find_chromium() -> str | None:
    # Runs it: some systems have a stand-in on the PATH that only tells what to install.
    found = (path for name in CHROMIUM_NAMES if (path := shutil.which(name)))
    return next((path for path in found if _succeeds(path, "--version")), None)


def _missing_chromium() -> str | None:
    return None if _find_chromium() else "Chromium is not installed: `make test` says how to get it"


def _missing_shared(*paths: str) -> str | None:
    for path in paths or (".",):
        if not (SHARED / path).exists():
            return f"../shared/{path} is not there; it may not be committed"
    return None


def _missing_dask() -> str | None:
    if importlib.util.find_spec("distributed") is None:
        return "the package distributed is not installed: `make setup` installs it"
    return None


MISSING: dict[str, Callable[..., str | None]] = {
    "needs_r": _missing_r,
    "needs_chromium": _missing_chromium,
    "needs_dask": _missing_dask,
    "needs_shared": _missing_shared,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--harness-require-all",
        action="store_true",
        help="fail, rather than skip, tests for which R, Chromium, Dask or ../shared is missing",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for name, missing in MISSING.items():
        for marker in item.iter_markers(name):
            reason = missing(*marker.args)
            if reason is None:
                continue
            if item.config.getoption("--harness-require-all"):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder ../shared; a test that asks for it is marked ``needs_shared``."""
    return SHARED


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of Chromium; a test that asks for it is marked ``needs_chromium``."""
    path = _find_chromium()
    assert path is not None
    return path
