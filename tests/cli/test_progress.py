"""Long work shows a bar on a terminal, plain lines in a log, and nothing beside JSON in a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.cli.terminal import steps
from tests.cli.ended import HARNESS
from tests.study.files import write_study
from tests.study.simulations import write_simulation

QUICK = {"settings": "settings: [tight]", "dispersion_replicates": "dispersion_replicates: 0"}
COMMANDS = {
    "run": ["run", "small.yaml"],
    "simulate": ["simulate", "small.yaml", "--replicates", "3"],
    "power": ["power", "small.yaml", "--replicates", "3"],
    "certify": ["certify", "--cases", "ships", "--engines", "laplace"],
}
LIMIT = 300.0  # ends a test that hangs


def on_a_terminal(folder: Path, *words: str) -> tuple[str, str]:
    """Return what a terminal was shown, and what went to the output beside it."""
    terminal, side = pty.openpty()
    with ThreadPoolExecutor(1) as reader:  # a terminal that nobody reads holds its program up
        shown = reader.submit(all_of, terminal)
        done = subprocess.run(
            [*HARNESS, *words], cwd=folder, stdout=subprocess.PIPE, stderr=side, text=True,
            check=False, timeout=LIMIT, env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
        )  # fmt: skip
        os.close(side)
        assert done.returncode == 0, shown.result()
        return shown.result(), done.stdout


def all_of(terminal: int) -> str:
    """Read a terminal until its other side is closed."""
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says it so
            part = b""
        if not part:
            os.close(terminal)
            return shown.decode()
        shown += part


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bar_on_a_terminal_and_json_beside_it(tmp_path: Path, command: str) -> None:
    write_simulation(tmp_path) if command in ("simulate", "power") else write_study(
        tmp_path, **QUICK
    )
    shown, out = on_a_terminal(tmp_path, *COMMANDS[command], "--json")
    assert "━" in shown
    assert "fitting" in shown
    assert out.startswith(("{", "["))
    assert out.count("\n") == 1


@pytest.mark.parametrize("quiet", [False, True])
def test_steps_in_a_log(capfd: pytest.CaptureFixture[str], *, quiet: bool) -> None:
    with steps("reading", quiet=quiet) as told:
        told("24 files found")
    assert capfd.readouterr() == ("" if quiet else "24 files found\n", "")
