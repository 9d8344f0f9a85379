"""How a command ended, and the command line as another process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

HARNESS = (sys.executable, "-m", "harness")


@dataclass(frozen=True)
class Ended:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str

    @property
    def one_line(self) -> str:
        """The only line on the error output, without who says it."""
        assert self.err.count("\n") == 1
        assert self.err.startswith("harness: ")
        return self.err.removeprefix("harness: ").rstrip("\n")


Cli = Callable[..., Ended]
