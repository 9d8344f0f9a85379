"""What was computed before, by what it was computed from: a rerun fits nothing twice.

SQLite (of the standard library) holds one row an answer. A key is the digest of everything that
an answer depends on: the numbers of the design, the engine and how it is asked, the code that
fits and compares, and the versions of all that computes. Nothing needs to be invalidated: what has
changed has another key.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from harness.engines.environment import current_environment
from harness.errors import HarnessError
from harness.resources import folder, shipped

FILE = ".harness-store.sqlite"
# Rooms and files of the package whose code decides what a fit or a comparison is.
FITTING = (
    "certificate.py", "certifying.py", "concordance", "design.py", "engines", "glmm", "result.py",
    "simulation/dispersion_null.py",
)  # fmt: skip


class ResultStore:
    """Answers by key in one file; without a path nothing is kept.

    A fresh one knows only what was put into it since it was opened, and replaces what it held. The
    file is a cache of this user's own and is read by ``pickle``: do not open one that somebody
    else made.

    Raises
    ------
    HarnessError
        If the file cannot be opened or is no store.
    """

    def __init__(self, path: Path | None, *, fresh: bool = False) -> None:
        self._path = path
        self._known: set[str] | None = set() if fresh else None
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(":memory:" if path is None else path)
            self._db.execute(
                "create table if not exists answers (key text primary key, value blob)"
            )
        except (sqlite3.Error, OSError) as error:
            raise HarnessError(
                f"{path}: cannot be used as the store of results ({error}): remove it"
            ) from None

    def get(self, key: str) -> Any | None:
        """Return the answer of a key, None where there is none that can be read."""
        if self._known is not None and key not in self._known:
            return None
        row = self._db.execute("select value from answers where key = ?", (key,)).fetchone()
        blob = b"" if row is None else _intact(row[0])
        if not blob:
            return None
        try:
            return pickle.loads(zlib.decompress(blob))
        except (pickle.UnpicklingError, AttributeError, ImportError):
            return None  # written by code that is no more

    def holds(self, key: str) -> bool:
        """Whether ``get`` gives an answer of a key."""
        return self.get(key) is not None

    def put(self, key: str, value: Any) -> None:
        """Keep an answer."""
        if self._path is None:
            return
        if self._known is not None:
            self._known.add(key)
        blob = zlib.compress(pickle.dumps(value), 1)
        with self._db:
            self._db.execute("insert or replace into answers values (?, ?)", (key, _seal(blob)))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _seal(blob: bytes) -> bytes:
    """Bytes behind their own digest."""
    return hashlib.sha256(blob).digest() + blob


def _intact(sealed: bytes) -> bytes:
    """The bytes that were sealed; none where they were cut short or altered."""
    size = hashlib.sha256().digest_size
    blob = sealed[size:]
    return blob if hashlib.sha256(blob).digest() == sealed[:size] else b""


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
    kinds = ("*.py", "*.j2", "*.css", "*.yaml")
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
