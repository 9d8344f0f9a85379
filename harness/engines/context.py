"""A spawn context whose workers never run the caller's script again.

The standard one imports the caller's main module in every worker, so that a plain script or a
notebook cell without ``if __name__ == "__main__"`` would start itself over and over.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import types
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache
from multiprocessing import context, popen_spawn_posix
from typing import Any

from harness.engines.r_bridge import R_ENVIRONMENT
from harness.engines.r_installation import unsafe_environment, unsafe_for_r
from harness.errors import HarnessError


@contextmanager
def _with(mapping: MutableMapping[str, Any], values: dict[str, Any]) -> Iterator[None]:
    """Set some entries for a while, and only these: other threads import modules meanwhile."""
    before = {key: mapping[key] for key in values if key in mapping}
    mapping.update(values)
    try:
        yield
    finally:
        for key in values:
            if key in before:
                mapping[key] = before[key]
            else:
                mapping.pop(key, None)


@cache
def workers_folder() -> str:
    """Return where workers keep what is theirs: R's own folder outlives an R that was killed."""
    unsafe = unsafe_environment()
    if unsafe is not None:
        raise HarnessError(unsafe)
    place = os.environ.get("TMPDIR")
    try:
        folder = tempfile.mkdtemp(prefix="harness-workers-", dir=place)
    except OSError as error:
        raise HarnessError(
            f"{place or tempfile.gettempdir()}: worker processes have no place for what is theirs"
            f" ({error.strerror}): set TMPDIR to a folder that can be written, with some room"
        ) from None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # Without the variable Python may settle on the folder that the run was started in.
    unsafe = unsafe_for_r(folder, "TMPDIR")
    if unsafe is not None:
        raise HarnessError(unsafe)
    return folder


class _Popen(popen_spawn_posix.Popen):
    def _launch(self, process_obj: Any) -> None:
        blank = {"__main__": types.ModuleType("__main__")}
        environment = {**R_ENVIRONMENT, "TMPDIR": workers_folder()}
        with _with(sys.modules, blank), _with(os.environ, environment):
            super()._launch(process_obj)  # type: ignore[misc]


class WorkerProcess(context.SpawnProcess):
    """A spawned process with R's environment and an empty main module."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        return _Popen(process_obj)


class WorkerContext(context.SpawnContext):
    """What the process pool starts its workers with."""

    Process = WorkerProcess
