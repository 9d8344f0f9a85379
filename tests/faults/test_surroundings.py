"""Languages, clocks, hash seeds and names of folders change no byte of the results."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.engines import FitOptions
from harness.engines.workers import Task, fit_task, in_workers
from harness.resources import folder
from tests.engines.panels import design
from tests.faults.in_phase import fit_by
from tests.faults.running import ROOT, assert_one_line, run, small_study, written
from tests.study.simulations import rows

# A decimal comma; a capital of i that is none of ASCII; an encoding that is not UTF-8.
LOCALES = {"de_DE.UTF-8": "de_DE", "tr_TR.UTF-8": "tr_TR", "de_DE.ISO-8859-1": "de_DE"}
FAR = {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"}
ANYWHERE = {
    "decimal comma": ("rpy2", {"LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "7"}),
    "decimal comma, Latin-1": ("rscript", {"LC_ALL": "de_DE.ISO-8859-1", **FAR}),
    "Turkish": ("rpy2", {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr", **FAR}),
    "Turkish in parts": ("rscript", {"LC_ALL": "", "LANG": "tr_TR.UTF-8", "LC_CTYPE": "tr_TR.UTF-8"}),
    "nothing": ("rscript", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    "no such language": ("rpy2", {"LC_ALL": "xx_XX.UTF-8", "TZ": "Nowhere/Never"}),
}  # fmt: skip
# Quotes, and what a shell, R and a format string would read otherwise. Nothing here may do harm
# where it is read so after all: no name of a folder, no command, no variable that is set.
HOSTILE = "- ü 北京 'q' \"dq\" $nothing %s {0}"
ENGINES = "lme4, glmmtmb, laplace"


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Make the languages, which a machine need not have, and say where they are."""
    place = tmp_path_factory.mktemp("locales")
    for name, source in LOCALES.items():
        words = ["localedef", "-i", source, "-f", name.split(".")[1], str(place / name)]
        if shutil.which("localedef") is None or not _done(words):
            pytest.skip("localedef makes no languages here: the package locales is missing")
    return {"LOCPATH": str(place)}


def _done(words: list[str]) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is written where everything is usual."""
    place = tmp_path_factory.mktemp("whole")
    small_study(place, ENGINES, "default")
    done = run(place)
    assert done.returncode == 0, done.stderr
    return written(place / "reports")


def without_the_road(content: bytes) -> bytes:
    """A run says by which road it reached R; that is all that may differ."""
    for road in (b"rscript", b"rpy2"):
        content = content.replace(b" --transport " + road, b"")
    return b"\n".join(line for line in content.splitlines() if b"transport" not in line)


@pytest.mark.long
@pytest.mark.needs_r
@pytest.mark.parametrize(("transport", "environment"), ANYWHERE.values(), ids=ANYWHERE)
def test_a_run_anywhere(
    tmp_path: Path, whole: dict[str, bytes], locales: dict[str, str],
    transport: str, environment: dict[str, str],
) -> None:  # fmt: skip
    small_study(tmp_path, ENGINES, "default")
    done = run(
        tmp_path, "small.yaml", "--transport", transport, environment={**locales, **environment}
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = written(tmp_path / "reports", ["results.json"])["results.json"]
    assert without_the_road(found) == without_the_road(whole["results.json"])


@pytest.mark.needs_r
@pytest.mark.parametrize("transport", [pytest.param("rpy2", marks=pytest.mark.long), "rscript"])
def test_folders_and_files_of_any_name(
    tmp_path: Path, whole: dict[str, bytes], transport: str
) -> None:
    place = tmp_path / f"{HOSTILE}\nnew line"
    small_study(place, ENGINES, "default")
    file, out = place / f"{HOSTILE}.yaml", f"-out {HOSTILE}"
    (place / "small.yaml").rename(file)
    (place / "table.csv").rename(place / f"{HOSTILE}.csv")
    text = file.read_text(encoding="utf-8")
    quoted = HOSTILE.replace("'", "''")
    file.write_text(text.replace("path: table.csv", f"path: '{quoted}.csv'"), encoding="utf-8")
    done = run(
        place, f"--out={out}", "--transport", transport, "--", file.name,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in place.iterdir()) == sorted([file.name, f"{HOSTILE}.csv", out])
    kept = ("estimate", "se", "llf", "newton_decrement")
    for ours, theirs in zip(
        (place / out / "small" / "results.json").read_bytes().splitlines(),
        whole["results.json"].splitlines(),
        strict=True,
    ):
        if any(f'"{word}"'.encode() in theirs for word in kept):
            assert without_the_road(ours) == without_the_road(theirs)


@pytest.mark.needs_r
@pytest.mark.parametrize("engine", ["lme4", "glmmtmb"])
def test_scripts_in_a_folder_of_any_name(tmp_path: Path, engine: str) -> None:
    """Where the package is installed nobody chose for R's sake."""
    scripts = tmp_path / HOSTILE / "r_scripts"
    shutil.copytree(folder("r_scripts"), scripts)
    asked = Task(design(), engine, FitOptions(settings="default", transport="rscript"))
    calls = [(fit_task, (asked,)), (fit_by, (asked, scripts))]
    usual, there = (outcome.or_failed(asked) for _, outcome in sorted(in_workers(calls, 1, 120.0)))
    assert there.failure is None
    assert there.llf == usual.llf


def test_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    small_study(tmp_path)
    name = os.fsdecode(b"\xff\xfe.yaml")
    (tmp_path / "small.yaml").rename(tmp_path / name)
    done = run(tmp_path, name)
    assert done.returncode == 0, done.stderr
    (tmp_path / name).write_text("study: [", encoding="utf-8")
    assert_one_line(run(tmp_path, name), "is not YAML")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_lacks_letters(tmp_path: Path, encoding: str) -> None:
    small_study(tmp_path)
    file = tmp_path / "small.yaml"
    text = file.read_text(encoding="utf-8").replace("name: cases", "name: 北京")
    file.write_text(text, encoding="utf-8")
    assert_one_line(run(tmp_path, environment={"PYTHONIOENCODING": encoding}), "line 5", "name")


# Set at every second look, by an hour back or a day forward, as nobody sets a clock.
CLOCK = """
import itertools, time
true, jumps = time.time, itertools.cycle([0, 0, -3600, -3600, 86400, 86400])
time.time = lambda: true() + next(jumps)
time.time_ns = lambda: int(time.time() * 1e9)
"""


def test_a_clock_that_is_set_in_mid_run(tmp_path: Path) -> None:
    """No fit runs out of time, none is done again under another time zone, no date is written."""
    small_study(tmp_path / "usual")
    assert run(tmp_path / "usual").returncode == 0
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    small_study(tmp_path / "set")
    held = []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # a day apart
        shutil.rmtree(tmp_path / "set" / "reports" / "small", ignore_errors=True)
        done = run(
            tmp_path / "set",
            environment={"TZ": zone, "PYTHONPATH": f"{tmp_path / 'clock'}{os.pathsep}{ROOT}"},
        )
        assert done.returncode == 0, done.stderr
        assert written(tmp_path / "set" / "reports") == written(tmp_path / "usual" / "reports")
        held.append(rows(tmp_path / "set"))
    anew = held[0].items() - held[1].items()
    assert len(anew) == 1  # what tells that a report stands, which was removed: no fit
    assert held[0].keys() == held[1].keys()


def test_no_clock_of_the_wall_is_asked() -> None:
    """Durations come from a clock that nobody sets, and no result holds a date."""
    words = ("time.time(", "datetime.now", "date.today", "utcnow", "Sys.time", "Sys.Date")
    found = [
        f"{path.name}: {word}"
        for where, kind in (("harness", "*.py"), ("r_scripts", "*.R"))
        for path in (ROOT / where).rglob(kind)
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert not found
