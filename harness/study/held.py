"""Folders that one process holds while it writes; what a killed one left behind is nobody's."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder alone, waiting for whoever holds it; the system lets go of it with the process.

    Some network drives know no such locks; there nothing is held, as if nobody else wrote.
    """
    place = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


@contextmanager
def held_new(parent: Path, make: Callable[[], Path]) -> Iterator[Path]:
    """Make a folder below ``parent`` and hold it; it is removed if it is still there afterwards."""
    with contextlib.ExitStack() as holding:
        with held(parent):  # so that nobody takes it for abandoned before it is held
            fresh = make()
            holding.enter_context(held(fresh))
        try:
            yield fresh
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def remove_abandoned(target: Path) -> None:
    """Remove what earlier runs left half filled beside ``target`` when they were killed.

    The caller holds the parent.
    """
    for folder in target.parent.glob(f".{target.name}-????????"):
        with contextlib.suppress(OSError):
            place = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(place)
