"""An interrupt at any moment: one line, no traceback, no report, no process left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.study.store import FILE
from tests.cli.ended import HARNESS
from tests.study.files import STRATA, write_study

LINE = "harness: interrupted; no report was written\n"
LIMIT = 60.0  # ends a test that hangs
# Interrupts itself when a module of that name is looked for, and lets the import swallow what is
# raised there, as some packages do.
AMID = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            try:
                os.kill(os.getpid(), signal.SIGINT)
                for _ in range(100000): pass
            except BaseException:
                raise ImportError("swallowed") from None

sys.meta_path.insert(0, Finder())
sys.argv = ["harness", "run", "us-traffic"]
from harness.cli import main
main()
"""


@pytest.fixture(autouse=True)
def answered() -> Iterator[None]:
    """What these tests start answers interrupts, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    "module", ["typer", "harness.cli.app", "numpy", "numba", "pandas", "harness.study.runner"]
)
def test_amid_an_import(tmp_path: Path, module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AMID.format(module=module)], cwd=tmp_path, capture_output=True,
        text=True, check=False, timeout=LIMIT,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", LINE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("after", [0.15, 0.4, 0.8, 1.5])
def test_in_the_first_seconds(tmp_path: Path, after: float) -> None:
    write_study(tmp_path)
    with subprocess.Popen(
        [*HARNESS, "run", "small.yaml"], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    ) as run:  # fmt: skip
        wait_for_python(run.pid, after)
        os.killpg(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=LIMIT)
    assert (run.returncode, err) == (130, LINE)


def wait_for_python(pid: int, after: float) -> None:
    """Wait until the package is being loaded, not Python itself, and so many seconds on."""
    end = time.monotonic() + LIMIT
    while signal.SIGINT not in caught(pid) and time.monotonic() < end:
        time.sleep(0.001)
    # Python's own answer to an interrupt comes first, ours within a few milliseconds.
    time.sleep(0.1 + after)


def caught(pid: int) -> set[int]:
    """Return the signals that a process answers; on a system without /proc all of them."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return {signal.SIGINT}
    mask = next(line.split()[1] for line in status.read_text().splitlines() if "SigCgt" in line)
    return {k + 1 for k in range(64) if int(mask, 16) >> k & 1}


def test_an_interrupt_that_is_ignored_stays_so(tmp_path: Path) -> None:
    # As behind nohup, or in the background of a script.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from harness.cli.interrupt import watch; watch(); signal.raise_signal(signal.SIGINT)\n"
        "print('on')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "on\n"


@pytest.mark.needs_r
@pytest.mark.parametrize(
    ("ask", "number"),
    [(os.killpg, signal.SIGINT), (os.kill, signal.SIGTERM)],
    ids=["by the keyboard", "by a batch system"],
)
def test_amid_the_fits(tmp_path: Path, ask: Callable[[int, int], None], number: int) -> None:
    write_study(tmp_path, strata=STRATA, engines="engines: [lme4, glmmtmb]")
    before = sorted(tmp_path.iterdir())
    with subprocess.Popen(
        [*HARNESS, "run", "small.yaml", "--jobs", "1"], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        assert run.stdout.readline().startswith("1 of 18 done (")  # fits are being made
        ask(run.pid, number)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    kept = tmp_path / "reports"
    assert sorted(tmp_path.iterdir()) == sorted([*before, kept])
    assert [path.name for path in kept.iterdir()] == [FILE]  # what was fitted by then
    end = time.monotonic() + 10
    while group_alive(run.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not group_alive(run.pid)
    assert err == LINE


def group_alive(group: int) -> bool:
    listed = subprocess.run(
        ["ps", "-axo", "pgid=,stat="], capture_output=True, text=True, check=True
    )
    rows = (line.split() for line in listed.stdout.splitlines())
    return any(int(pgid) == group and not state.startswith("Z") for pgid, state in rows)
