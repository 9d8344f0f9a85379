"""The command line in this process, and machines that lack something."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli import main
from harness.engines.r_installation import RInstallation
from tests.cli.ended import Cli, Ended


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Cli]:
    """Return a function that runs ``harness`` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["harness", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
        shown = capfd.readouterr()
        return Ended(code, shown.out, shown.err)

    before = signal.getsignal(signal.SIGINT)
    yield run
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the report out where a test does not look at it: it takes most of a short run."""

    def blank(results: object, out: Path) -> None:
        for name in ("index.html", "report.md"):
            (out / name).write_text("")

    monkeypatch.setattr("harness.study.writing.write_report", blank)


@pytest.fixture
def without_r(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("lme4", "glmmtmb"):
        place = f"harness.engines.{module}.r_installation"
        monkeypatch.setattr(place, lambda: RInstallation(None, None))
    monkeypatch.setattr("harness.cli.machine.r_installation", lambda: RInstallation(None, None))
