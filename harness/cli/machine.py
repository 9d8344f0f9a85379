"""What is on this machine, and the command that mends what is not."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.cores import cores
from harness.engines import engines
from harness.engines.environment import installed_version
from harness.engines.r_installation import PACKAGES, r_installation

# Packages of the extras that no engine asks for, by extra.
EXTRAS = {"dask": ("distributed",), "england": ("polars", "python-calamine")}
NO_CACHE = "set NUMBA_CACHE_DIR to a folder that you may write, else every start compiles anew"


def installation(out: Path) -> dict[str, Any]:
    """Return everything that a run needs, as plain data; what is missing with its mend."""
    r = r_installation()
    return {
        "harness": installed_version("glmm-harness"),
        "python": platform.python_version(),
        "cores": cores(),
        "r": r.version,
        "rscript": r.rscript,
        "r_packages": {name: r.packages.get(name) for name in PACKAGES},
        "r_problem": r.missing("lme4") if r.rscript is None else None,
        "rpy2": installed_version("rpy2-rinterface"),
        "engines": [
            {
                "engine": e.name, "language": e.language, "version": e.version(),
                "missing": e.missing(), "optional": e.optional,
            }
            for e in engines().values()
        ],
        "extras": [_extra(name) for name in EXTRAS],
        "folders": [_numba_cache(), _reports(out)],
    }  # fmt: skip


def _extra(name: str) -> dict[str, Any]:
    versions = {package: installed_version(package) for package in EXTRAS[name]}
    mend = None if all(versions.values()) else f"pip install 'glmm-harness[{name}]'"
    return {"extra": name, "packages": versions, "missing": mend}


def _numba_cache() -> dict[str, Any]:
    """Where numba keeps what it compiled: the first of its places that may be written."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    beside = Path(__file__).resolve().parents[1] / "glmm" / "__pycache__"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "numba"
    places = [Path(named)] if named else [beside, home]
    place = next((place for place in places if _writable(place)), None)
    mend = NO_CACHE if place is None else None
    return {"folder": str(place or places[0]), "for": "compiled code", "missing": mend}


def _reports(out: Path) -> dict[str, Any]:
    mend = None if _writable(out) else "name a folder that you may write by --out"
    return {"folder": str(out), "for": "reports", "missing": mend}


def _writable(folder: Path) -> bool:
    """Whether a folder can be written, or made where it is not there yet."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """Yield what is here and what is missing, a line each."""
    yield f"glmm-harness {found['harness']}, Python {found['python']}, {found['cores']} cores"
    if found["r"]:
        yield f"R: {found['r']}, {found['rscript']}"
        packages = found["r_packages"].items()
        yield "R packages: " + ", ".join(f"{name} {v or 'not installed'}" for name, v in packages)
    else:
        yield f"R: not found: {found['r_problem']}"
    yield f"rpy2-rinterface: {found['rpy2'] or 'not installed; Rscript is used instead'}"
    for row in found["engines"]:
        ready = f"ready ({row['version']})"
        yield f"{row['engine']} ({row['language']}): {_state(row, ready)}"
    for row in found["extras"]:
        there = ", ".join(f"{name} {version}" for name, version in row["packages"].items())
        yield f"extra {row['extra']} (optional): {_state(row, there)}"
    for row in found["folders"]:
        yield f"{row['folder']} ({row['for']}): {_state(row, 'can be written')}"


def _state(row: dict[str, Any], there: str) -> str:
    if not row["missing"]:
        return there
    optional = "not installed, which is optional" if row.get("optional") else "missing"
    return f"{optional}: {row['missing']}"
