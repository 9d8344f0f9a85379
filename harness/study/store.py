"""What was computed before, by what it was computed from: a rerun fits nothing twice.

SQLite (of the standard library) holds one row an answer. A key is the digest of everything that
an answer depends on: the numbers of the design, the engine and how it is asked, the code that
fits and compares, and the versions of all that computes. Nothing needs to be invalidated: what has
changed has another key.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from harness.engines.environment import current_environment
from harness.errors import HarnessError
from harness.resources import folder, shipped
from harness.study.packing import Unreadable, pack, unpack

FILE = ".harness-store.sqlite"
# Seconds to wait for another run that writes; each writes an answer at a time.
PATIENCE = 60.0
# Bytes of an answer: a gigabyte, a hundred times that of a fit of a million rows.
LARGEST = 2**30
_TABLE = "create table if not exists answers (key text primary key, value blob)"
# Rooms and files of the package whose code decides what a fit or a comparison is.
FITTING = (
    "certificate.py", "certifying.py", "concordance", "design.py", "engines", "glmm", "result.py",
    "simulation/dispersion_null.py",
)  # fmt: skip


class ResultStore:
    """Answers by key in one file; without a path nothing is kept.

    A fresh one knows only what was put into it since it was opened, and replaces what it held.
    Several processes may use one file. It holds data only (``harness.study.packing``): a file that
    somebody else made or altered runs nothing, and what does not fit its digest is done anew.

    Raises
    ------
    HarnessError
        If the file cannot be opened or written, or is no store; ``get`` and ``put`` raise it where
        it is damaged, or the disk is full.
    """

    def __init__(self, path: Path | None, *, fresh: bool = False) -> None:
        self._path = path
        self._known: set[str] | None = set() if fresh else None
        with self._told():
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            place = ":memory:" if path is None else path
            self._db = sqlite3.connect(place, timeout=PATIENCE, isolation_level=None)
            self._db.text_factory = bytes  # of a value that was altered to be text
        try:
            with self._told():
                self._db.execute("pragma trusted_schema = off")
                # Takes the lock for writing: who may not write is told before anything is fitted.
                self._db.executescript(f"begin immediate; {_TABLE}; commit")
        except HarnessError:
            self._db.close()
            raise

    def get(self, key: str) -> Any | None:
        """Return the answer of a key, None where there is none that can be read."""
        if self._known is not None and key not in self._known:
            return None
        with self._told():
            row = self._db.execute("select value from answers where key = ?", (key,)).fetchone()
        return None if row is None else _opened(row[0])

    def holds(self, key: str) -> bool:
        """Whether ``get`` gives an answer of a key."""
        return self.get(key) is not None

    def put(self, key: str, value: Any) -> None:
        """Keep an answer."""
        if self._path is None:
            return
        sealed = _seal(zlib.compress(pack(value), 1))
        with self._told():
            self._db.execute("insert or replace into answers values (?, ?)", (key, sealed))
        if self._known is not None:
            self._known.add(key)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell in one line what SQLite or the system says."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise HarnessError(
                f"{self._path}: cannot be used as the store of results ({error}): {_mend(error)}"
            ) from None


# What to do, by the beginning of SQLite's name of an error.
_MENDS = {
    "SQLITE_BUSY": "another run holds it: wait until that is done, and run the same again",
    "SQLITE_FULL": "make room, and run the same again: what was done until then is kept",
    "SQLITE_IOERR": "make room, and run the same again: what was done until then is kept",
    "SQLITE_READONLY": "make it writable, or use --out",
    "SQLITE_CANTOPEN": "make its folder writable, or use --out",
}


def _mend(error: Exception) -> str:
    if isinstance(error, OSError):
        return "make its folder writable, or use --out"
    name = str(getattr(error, "sqlite_errorname", ""))
    return next((mend for start, mend in _MENDS.items() if name.startswith(start)), "remove it")


def _seal(blob: bytes) -> bytes:
    """Bytes behind their own digest."""
    return hashlib.sha256(blob).digest() + blob


def _opened(sealed: object) -> Any | None:
    """The answer that was sealed; None where it was cut short or altered, or nobody knows it."""
    size = hashlib.sha256().digest_size
    if not isinstance(sealed, bytes) or hashlib.sha256(sealed[size:]).digest() != sealed[:size]:
        return None
    inflated = zlib.decompressobj()
    try:
        content = inflated.decompress(sealed[size:], LARGEST)
        return None if inflated.unconsumed_tail else unpack(content)
    except (zlib.error, Unreadable):
        return None  # written by code that is no more


def digest(*parts: object) -> str:
    """Return the key of plain data."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


@cache
def fitting_code() -> str:
    """Digest of the code, and of the versions, that fits and comparisons depend on."""
    package = Path(__file__).resolve().parents[1]
    paths = [path for name in FITTING for path in _sources(package / name)]
    return digest(_content(paths, package), _scripts(), asdict(current_environment()))


@cache
def scrutiny_code() -> str:
    """Digest of the code that questions of scrutiny depend on, beyond what fits do."""
    package = Path(__file__).resolve().parents[1]
    names = ("scrutiny", "model.py", "panel.py", "segments.py")
    paths = [path for name in names for path in _sources(package / name)]
    return digest(fitting_code(), _content(paths, package))


@cache
def simulation_code() -> str:
    """Digest of the code that simulated replicates depend on, beyond what fits do."""
    package = Path(__file__).resolve().parents[1]
    names = ("simulation", "model.py", "panel.py", "panel_rows.py", "segments.py")
    paths = [path for name in names for path in _sources(package / name)]
    return digest(fitting_code(), _content(paths, package))


@cache
def whole_code() -> str:
    """Digest of all the code, and of the register, that a report depends on."""
    package = Path(__file__).resolve().parents[1]
    kinds = ("*.py", "*.j2", "*.css", "*.js", "*.json", "*.yaml")
    paths = sorted(path for kind in kinds for path in package.rglob(kind))
    register = shipped("divergences.yaml").read_bytes()
    own = [*_content(paths, package), *_scripts(), hashlib.sha256(register).hexdigest()]
    return digest(own, asdict(current_environment()))


def _scripts() -> list[tuple[str, str]]:
    scripts = folder("r_scripts")
    return _content(sorted(scripts.glob("*.R")), scripts)


def _sources(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _content(paths: Iterable[Path], root: Path) -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(root)), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in paths
    ]
