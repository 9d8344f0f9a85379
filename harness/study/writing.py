"""Write a run's folder whole, or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness.errors import HarnessError
from harness.report import write_report
from harness.study.by_hand import write_designs
from harness.study.json_lines import json_lines
from harness.study.prepared import Prepared
from harness.study.results import results_dict, timing_dict
from harness.study.runner import StudyRun
from harness.study.store import ResultStore
from harness.study.unexplained import UNEXPLAINED, write_unexplained

# What a run writes; a folder that holds anything else is not the harness's to replace.
# Estimates of every replicate of a simulation.
REPLICATES = "replicates.csv"
PAGES = ("results.json", "timing.json", "index.html", "report.md")
WRITTEN = frozenset({*PAGES, "tables", "figures", "products", "designs", UNEXPLAINED, REPLICATES})


def write_run(run: StudyRun, out: Path) -> Path:
    """Write results, timings and report into ``out/<study>``, replacing an earlier run.

    Everything is written beside it first, so that a failure leaves the earlier run untouched.

    Returns
    -------
    Path
        The report's first page.

    Raises
    ------
    HarnessError
        If the folder cannot be written.
    """
    results = results_dict(run)

    def fill(folder: Path) -> None:
        write_json(folder / "results.json", results)
        write_json(folder / "timing.json", timing_dict(run))
        if run.study.publish_rows:
            write_designs(run, folder)
        write_unexplained(run, folder)
        write_report(results, folder)

    return write_whole(out / run.study.study, fill)


def write_whole(target: Path, fill: Callable[[Path], None]) -> Path:
    """Let a folder be filled beside its place, then put it there, and return its first page.

    Raises
    ------
    HarnessError
        If the folder cannot be written.
    """
    fresh = _new_folder(target)
    try:
        fresh.chmod(0o755)
        fill(fresh)
        _replace(fresh, target)
    except OSError as error:
        raise HarnessError(f"{target}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target / "index.html"


def digest_of(folder: Path) -> str:
    """Digest of a run's pages, by which an unchanged one is known."""
    content = hashlib.sha256()
    for name in PAGES:
        content.update((folder / name).read_bytes())
    return content.hexdigest()


def written_before(prepared: Prepared, store: ResultStore, out: Path) -> Path | None:
    """Return the page of the very same run, None where it does not stand there unchanged."""
    target = out / prepared.study.study
    held = store.get(prepared.key)
    whole = held is not None and all((target / name).is_file() for name in PAGES)
    return target / "index.html" if whole and held == digest_of(target) else None


def check_writable(target: Path) -> None:
    """Check that a run's folder can be written, before the run; nothing stays behind.

    Raises
    ------
    HarnessError
        If it cannot, or if it holds what no run wrote.
    """
    _check_replaceable(target)
    made = [folder for folder in target.parents if not folder.exists()]
    try:
        shutil.rmtree(_new_folder(target))
    finally:
        for folder in made:
            if folder.exists():
                folder.rmdir()


def _new_folder(target: Path) -> Path:
    """Return an empty folder beside a run's folder."""
    if target.exists() and not target.is_dir():
        raise HarnessError(f"{target}: is a file: move it, or use --out")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise HarnessError(
            f"{target.parent}: cannot be written ({error.strerror}): use --out"
        ) from None


def write_json(path: Path, content: object) -> None:
    """Write plain data, a record a line."""
    path.write_text(json_lines(content) + "\n", encoding="utf-8")


def _check_replaceable(target: Path) -> None:
    if not target.is_dir():
        return
    foreign = sorted(entry.name for entry in target.iterdir() if entry.name not in WRITTEN)
    if foreign:
        raise HarnessError(
            f"{target}: holds {foreign[0]!r}, which no run wrote, and would be replaced: move it,"
            " or use --out"
        )


def _replace(fresh: Path, target: Path) -> None:
    """Put a folder in another's place; the old one is away only between two renames."""
    _check_replaceable(target)
    old = target.with_name(f".{target.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    earlier = target.exists()
    if earlier:
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if earlier:
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
