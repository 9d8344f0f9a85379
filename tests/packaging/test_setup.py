"""tools/setup.sh on machines made of fakes: what it installs, what it refuses, what it keeps."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which("bash")
REAL_TOOLS = (
    "bash",
    "cat",
    "cksum",
    "cp",
    "dirname",
    "env",
    "mkdir",
    "mktemp",
    "rm",
    "sed",
    "tail",
)
COMMANDS = (
    "sudo apt-get install -y --no-install-recommends r-base-core r-base-dev ",
    "sudo dnf install -y R-core R-core-devel",
    "brew install r ",
    "conda create -y -n glmm-harness -c conda-forge",
)

# What setup.sh asks of a Python, answered without one; installs are written to a log.
PYTHON = """
case "$*" in
  *_base_executable*) echo "$0" ;;
  *%d.%d*) echo 3.12 ;;
  --version) echo "Python 3.12.0" ;;
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip"*) echo "$*" >>"$LOG"; [ ! -e "$PIP_FAILS" ] ;;
esac
"""
FAKES = {
    "python3.12": PYTHON,
    "cc": "",
    "make": "",
    "R": 'if [ "$1" = --version ]; then echo "R version ${R_NUMBER:-4.2.2}"; fi',
    "Rscript": "",
}


@dataclass
class Machine:
    """A folder of commands that is all of the PATH, and a copy of what the set-up reads."""

    home: Path

    @property
    def tree(self) -> Path:
        return self.home / "a tree"

    @property
    def log(self) -> list[str]:
        path = self.home / "log"
        return path.read_text().splitlines() if path.exists() else []

    def command(self, name: str, body: str, folder: str = "bin") -> None:
        path = self.home / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{BASH}\n{body}\n")
        path.chmod(0o755)

    def remove(self, *names: str) -> None:
        for name in names:
            (self.home / "bin" / name).unlink()

    def setup(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "PATH": str(self.home / "bin"),
            "LOG": str(self.home / "log"),
            "PIP_FAILS": str(self.home / "pip-fails"),
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
        }
        return subprocess.run(
            [str(BASH), "tools/setup.sh", *args],
            cwd=self.tree,
            env=variables | env,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Give a machine that has everything but a package manager."""
    machine = Machine(tmp_path)
    for file in ("tools/setup.sh", "pyproject.toml", "requirements/pins.txt"):
        copy = machine.tree / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, copy)
    for name, body in FAKES.items():
        machine.command(name, body)
    machine.command("id", "echo 1000")
    for name in REAL_TOOLS:
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    return machine


def has_apt(machine: Machine, *, succeeds: bool = True) -> None:
    """Give the machine an apt-get that, where it succeeds, brings R."""
    for name in ("R", "Rscript"):
        machine.command(name, FAKES[name], folder="depot")
    brings = 'case "$*" in *install*) cp "$HOME"/depot/* "$HOME"/bin/ ;; esac'
    fails = 'echo "E: the mirror is asleep"; exit 100'
    machine.command("apt-get", f'echo "apt-get $*" >>"$LOG"\n{brings if succeeds else fails}')


@pytest.mark.parametrize(
    ("uid", "sudo", "apt", "env"),
    [
        pytest.param("0", None, True, {"HARNESS_NO_INSTALL": "1"}, id="told not to"),
        pytest.param("1000", None, True, {}, id="no root"),
        pytest.param("1000", "exit 1", True, {}, id="sudo asks for a password"),
        pytest.param("0", None, False, {}, id="another system"),
    ],
)
def test_where_it_may_not_install_it_prints_the_commands(
    machine: Machine, uid: str, sudo: str | None, apt: bool, env: dict[str, str]
) -> None:
    machine.remove("R", "Rscript")
    machine.command("id", f"echo {uid}")
    if sudo:
        machine.command("sudo", sudo)
    if apt:
        has_apt(machine)
    done = machine.setup(**env)
    assert done.returncode == 3
    assert [line for line in COMMANDS if line not in done.stderr] == []
    assert "Missing on this machine: R with lme4 and glmmTMB.\n" in done.stderr
    assert machine.log == []
    assert not (machine.tree / ".venv").exists()


@pytest.mark.parametrize(
    ("uid", "sudo"),
    [
        pytest.param("0", None, id="root"),
        pytest.param("1000", 'shift; "$@"', id="sudo without a password"),
    ],
)
def test_where_it_may_it_installs_what_is_missing(
    machine: Machine, uid: str, sudo: str | None
) -> None:
    machine.remove("R", "Rscript")
    machine.command("id", f"echo {uid}")
    if sudo:
        machine.command("sudo", f'echo "sudo $*" >>"$LOG"\n{sudo}')
    has_apt(machine)
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    asked = next(line for line in machine.log if line.startswith("apt-get") and "install" in line)
    assert {"r-base-core", "r-base-dev", "r-cran-lme4", "r-cran-glmmtmb"} <= set(asked.split())
    assert any("sudo -n env DEBIAN_FRONTEND" in line for line in machine.log) == bool(sudo)


def test_failing_package_manager_is_quoted(machine: Machine) -> None:
    machine.remove("R", "Rscript")
    machine.command("id", "echo 0")
    has_apt(machine, succeeds=False)
    done = machine.setup()
    assert done.returncode == 3
    assert "the mirror is asleep" in done.stderr
    assert "apt-get did not bring all of it" in done.stderr
    assert COMMANDS[0] in done.stderr


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("Rscript", "echo glmmTMB", "glmmTMB"),
        ("Rscript", "exit 127", "an R that starts"),
        ("cc", "exit 1", "the headers and libraries that R is linked with"),
        ("python3.12", "exit 127", "Python 3.11 to 3.13"),
        ("python3.12", f'case "$*" in *ensurepip*) exit 1 ;; esac\n{PYTHON}', "the venv module"),
        (
            "python3.12",
            f'case "$*" in *Python.h*) exit 1 ;; esac\n{PYTHON}',
            "the headers of Python",
        ),
    ],
)
def test_each_missing_part_is_named(machine: Machine, name: str, body: str, said: str) -> None:
    machine.command(name, body)
    done = machine.setup()
    assert done.returncode == 3
    assert f"Missing on this machine: {said}" in done.stderr


def test_python_that_does_not_start_is_passed_over(machine: Machine) -> None:
    machine.command("python3.13", "exit 127")
    assert "bin/python3.12)" in machine.setup().stdout


def test_unsupported_python_of_ones_own_is_refused(machine: Machine) -> None:
    machine.command("old", "exit 1")
    done = machine.setup(HARNESS_PYTHON="old")
    assert done.returncode == 3
    assert "HARNESS_PYTHON=old is not one" in done.stderr


def test_second_run_installs_nothing(machine: Machine) -> None:
    first = machine.setup()
    assert first.returncode == 0, first.stderr
    installed = machine.log
    assert [
        line
        for line in installed
        if "--editable .[r,test,dev,certified,docs,glmm,england,dask]" in line
    ]
    assert machine.setup().returncode == 0
    assert machine.log == installed


@pytest.mark.parametrize(
    ("change", "env", "rebuilds_rpy2"),
    [
        ("requirements/pins.txt", {}, False),
        ("pyproject.toml", {}, False),
        ("tools/setup.sh", {}, False),
        (None, {"R_NUMBER": "4.5.1"}, True),
    ],
)
def test_change_of_what_was_asked_for_installs_again(
    machine: Machine, change: str | None, env: dict[str, str], rebuilds_rpy2: bool
) -> None:
    machine.setup()
    before = len(machine.log)
    if change:
        with (machine.tree / change).open("a") as file:
            file.write("# changed\n")
    assert machine.setup(**env).returncode == 0
    again = machine.log[before:]
    assert any("--editable" in line for line in again)
    assert any("--no-cache-dir" in line and "rpy2" in line for line in again) == rebuilds_rpy2


def test_failed_installation_is_not_taken_for_done(machine: Machine) -> None:
    pins = machine.tree / "requirements/pins.txt"
    good = pins.read_text()
    machine.setup()
    pins.write_text("numpy==0\n")
    (machine.home / "pip-fails").touch()
    failed = machine.setup()
    assert failed.returncode == 1
    assert "did not install" in failed.stderr
    (machine.home / "pip-fails").unlink()
    pins.write_text(good)
    before = len(machine.log)
    assert machine.setup().returncode == 0
    assert len(machine.log) > before


def test_chromium_is_wished_for_not_demanded(machine: Machine) -> None:
    done = machine.setup("--with-chromium")
    assert done.returncode == 0
    assert "Chromium is missing" in done.stderr
    machine.command("chromium", "echo Chromium 150")
    assert machine.setup("--with-chromium").stderr == ""


def test_unknown_option_is_refused(machine: Machine) -> None:
    done = machine.setup("--with-firefox")
    assert done.returncode == 2
    assert "usage" in done.stderr
