"""Print the lowest versions that pyproject.toml allows, one ``name==version`` a line.

    python tools/lowest.py r glmm england dask test > lowest.txt    # with these extras

pip takes them as constraints, and everything that they bring at its newest.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def lowest(extras: Iterable[str]) -> Iterator[str]:
    """Yield the requirements of the package and of some extras, each at its lower bound."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    asked = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    found: dict[str, str] = {}
    for requirement in map(Requirement, asked):
        bounds = [part.version for part in requirement.specifier if part.operator == ">="]
        if len(bounds) != 1:
            raise SystemExit(f"{PROJECT.name}: {requirement} has no lower bound: give it one")
        if found.setdefault(requirement.name, bounds[0]) != bounds[0]:
            raise SystemExit(f"{PROJECT.name}: {requirement.name} has two lower bounds: keep one")
    return (f"{name}=={version}" for name, version in sorted(found.items()))


if __name__ == "__main__":
    print(*lowest(sys.argv[1:]), sep="\n")
