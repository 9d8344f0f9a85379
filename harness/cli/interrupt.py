"""An interrupt is one line, also in the seconds in which the program still loads."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130
LINE = "harness: interrupted; no report was written"
IMPORTING = "<frozen importlib._bootstrap>"


def watch() -> None:
    """Answer interrupts from here on; where they are ignored, as behind nohup, they stay so.

    A batch system or a container asks to end by SIGTERM: that is an interrupt, too.
    """
    for asked in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(asked) is not signal.SIG_IGN:
            signal.signal(asked, _answer)


def _answer(number: int, frame: FrameType | None) -> None:
    """End at once amid an import, else raise as Python does.

    An exception raised amid an import may be swallowed there, or end as another one; and before
    the first worker there is nothing to tidy up.
    """
    if _importing(frame) and not _has_workers():
        os.write(2, f"{LINE}\n".encode())
        os._exit(INTERRUPTED)
    raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == IMPORTING:
            return True
        frame = frame.f_back
    return False


def _has_workers() -> bool:
    processes = sys.modules.get("multiprocessing.process")
    return bool(processes and processes.active_children())
