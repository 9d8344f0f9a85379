"""Write a run's folder whole, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import HarnessError
from harness.report import write_report
from harness.study.by_hand import write_designs
from harness.study.held import held, held_new, remove_abandoned
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
    _make_parent(target)
    try:
        with held_new(target.parent, lambda: _new_folder(target)) as fresh:
            fresh.chmod(0o755)
            fill(fresh)
            with held(target.parent):
                _replace(fresh, target)
                remove_abandoned(target)
    except OSError as error:
        raise HarnessError(
            f"{target}: cannot be written ({error.strerror or error}): mend that and run the same"
            " again: what was done is kept"
        ) from None
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
        _make_parent(target)
        shutil.rmtree(_new_folder(target), ignore_errors=True)
    finally:
        for folder in made:
            # Another run may have taken it into use meanwhile.
            with contextlib.suppress(OSError):
                folder.rmdir()


def _make_parent(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise HarnessError(f"{target}: is a file: move it, or use --out")
    with _writable(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)


def _new_folder(target: Path) -> Path:
    """Return an empty folder beside a run's folder."""
    with _writable(target.parent):
        return Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HarnessError(f"{folder}: cannot be written ({error.strerror}): use --out") from None


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
    _removed(old)
    earlier = target.exists() or target.is_symlink()
    if earlier:
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if earlier:
            old.rename(target)
        raise
    _removed(old)


def _removed(old: Path) -> None:
    """Remove a folder; of a link the link alone, whatever it leads to."""
    if old.is_symlink():
        old.unlink()
    else:
        shutil.rmtree(old, ignore_errors=True)
