"""The command line as a user runs it, on a small study that needs no R."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.study.files import STRATA, write_study
from tests.study.simulations import HARNESS, LIMIT, ROOT

FILES = ("results.json", "index.html", "report.md")


def small_study(
    folder: Path, engines: str = "laplace, agq", settings: str = "default, tight"
) -> Path:
    """Write a study of three analyses into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_study(
        folder, strata=STRATA, engines=f"engines: [{engines}]",
        settings=f"settings: [{settings}]",
        dispersion_replicates="dispersion_replicates: 0",
    )  # fmt: skip


def command(*options: object) -> list[str]:
    return [*HARNESS, "run", *(map(str, options or ("small.yaml",)))]


def run(
    folder: Path,
    *options: object,
    environment: Mapping[str, str] | None = None,
    before: Callable[[], Any] | None = None,
    user: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a study file, small.yaml by default, to its end."""
    # Coverage would keep files of its own in the same folders, and under the same limits.
    here = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    return subprocess.run(
        command(*options), cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False,
        env={**here, "PYTHONPATH": str(ROOT), **(environment or {})}, preexec_fn=before,
        user=user,
    )  # fmt: skip


def written(out: Path, files: Sequence[str] = FILES) -> dict[str, bytes]:
    """Return what a run wrote, but for its timings."""
    return {name: (out / "small" / name).read_bytes() for name in files}


def assert_one_line(done: subprocess.CompletedProcess[str], *says: str) -> None:
    """The run ended in one line for a person."""
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("harness: ")
    assert len(done.stderr.splitlines()) == 1
    for word in says:
        assert word in done.stderr
