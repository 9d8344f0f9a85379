"""What nobody foresaw ends in one line too, and the way there is shown to who asks for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.cli.entry import TRACEBACK
from harness.errors import Defect, HarnessError
from tests.cli.ended import Cli

DEFECT = (
    rf"test_defects.py, line \d+: ZeroDivisionError: nobody foresaw it \({TRACEBACK}=1 shows"
    r" more\): a defect of the harness; .*: please report this line and the study file"
)
MEMORY = "memory ran out: close other programs, use fewer --jobs, or take a smaller panel"


def plant(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def raises(file: Path) -> None:
        raise error

    monkeypatch.setattr("harness.study.loading.load_study", raises)


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (ZeroDivisionError("nobody\nforesaw it"), Defect.exit_code, DEFECT),
        (MemoryError(), HarnessError.exit_code, MEMORY),
    ],
    ids=["a defect", "no memory"],
)
def test_one_line(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, says: str
) -> None:
    plant(monkeypatch, error)
    done = cli("run", "us-traffic")
    assert done.code == code
    assert re.fullmatch(says, done.one_line)


def test_the_way_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, ZeroDivisionError())
    monkeypatch.setenv(TRACEBACK, "1")
    with pytest.raises(ZeroDivisionError):
        cli("run", "us-traffic")
