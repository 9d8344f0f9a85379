"""The one place that finds files shipped beside the code."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PLACES = {
    "r_scripts": "r_scripts",
    "studies": "fixtures/studies",
    "certified": "fixtures/certified",
    "england-simulated": "fixtures/england-simulated",
}


def folder(name: str) -> Path:
    """Return the folder ``name`` ("r_scripts", "studies", "certified" or "england-simulated").

    An installed wheel carries it under ``harness/_data``; a checkout has it at its root.

    Raises
    ------
    FileNotFoundError
        If neither place has it: the installation is broken.
    """
    for path in (_PACKAGE / "_data" / name, _PACKAGE.parent / _PLACES[name]):
        if path.is_dir():
            return path
    raise FileNotFoundError(f"the installation lacks its folder {name!r}: install it again")


def shipped(name: str) -> Path:
    """Return a file that stands among the fixtures.

    Raises
    ------
    FileNotFoundError
        If the installation lacks it.
    """
    for path in (_PACKAGE / "_data" / name, _PACKAGE.parent / "fixtures" / name):
        if path.is_file():
            return path
    raise FileNotFoundError(f"the installation lacks its file {name!r}: install it again")
