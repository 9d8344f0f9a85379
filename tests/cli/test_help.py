"""Help with examples that are right, a start that loads nothing, and names that complete."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main

from harness.choices import Verdict
from harness.cli.app import app
from harness.cli.known import engine_names
from harness.engines import engines
from harness.study.built_in import built_in_studies
from tests.cli.ended import HARNESS, Cli

COMMANDS: Any = typer.main.get_command(app)
NAMES = sorted(COMMANDS.commands)
# rich is not among them: some versions of typer load it themselves. What takes half a second to import and is not needed to say what a command is for.
HEAVY = (
    "numba",
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "matplotlib",
    "rpy2",
)
LOADED = f"print([name for name in {HEAVY!r} if name in sys.modules])"
SHELLS = ("bash", "zsh", "fish")


def examples(text: str) -> list[str]:
    """Return the lines below "Examples:"."""
    return [line.strip() for line in text.partition("Examples:")[2].splitlines() if line.strip()]


@pytest.mark.parametrize("name", ["", *NAMES])
def test_every_example_is_a_command_that_there_is(cli: Cli, name: str) -> None:
    done = cli(*name.split(), "--help")
    assert (done.code, done.err) == (0, "")
    lines = examples(done.out)
    assert len(lines) >= 2
    assert name == "" or any(line.startswith(f"harness {name}") for line in lines)
    for line in lines:
        program, *words = shlex.split(line.partition(" > ")[0])
        assert program == "harness"
        parsed(words)


def parsed(words: list[str]) -> None:
    """Read the words of a command as it would, doing nothing; wrong ones raise."""
    if words[0].startswith("--"):
        assert words[0] in {option for p in COMMANDS.params for option in p.opts}
        return
    command = COMMANDS.commands[words[0]]
    with command.make_context(words[0], words[1:]):
        pass


def test_an_example_that_is_wrong_is_seen() -> None:
    with pytest.raises(Exception, match="no-such-option"):
        parsed(["run", "us-traffic", "--no-such-option"])


def test_the_examples_of_studies_run(cli: Cli) -> None:
    for line in examples(cli("studies", "--help").out):
        done = cli(*shlex.split(line)[1:])
        assert (done.code, done.err) == (0, "")
    listed = json.loads(cli("studies", "--json").out)
    assert {row["study"]: Path(row["file"]) for row in listed} == built_in_studies()
    commands = {row["study"]: row["commands"] for row in listed}
    assert (commands["us-traffic"], commands["few-units"]) == (["run"], ["simulate"])
    title = "us-traffic: Graduated driver licences and traffic deaths in US states (run)"
    assert title in cli("studies").out.splitlines()


def test_no_arguments_show_the_commands(cli: Cli) -> None:
    done = cli()
    assert (done.code, done.out) == (2, "")
    assert all(f"\n  {command} " in done.err for command in NAMES)


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"harness {version('glmm-harness')}\n"


@pytest.mark.parametrize(
    "words", [["--help"], ["run", "--help"], ["--version"], ["run", "us-trafic"]]
)
def test_nothing_heavy_is_loaded_to_say_what_there_is(words: list[str]) -> None:
    code = f"import sys; from harness.cli import main; sys.argv = ['harness', *{words}]\ntry: main()\nfinally: {LOADED}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]"


def completed(shell: str, *words: str) -> list[str]:
    """Return what the shell is offered for the last word, by the protocol of its own script."""
    line = shlex.join(["harness", *words]) if words[-1] else " ".join(["harness", *words])
    asked = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words))},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    code = "import sys; sys.argv = ['harness']; from harness.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env=os.environ | asked | {"_HARNESS_COMPLETE": f"complete_{shell}"},
    )  # fmt: skip
    assert done.stderr == ""
    if shell == "zsh":
        return re.findall(r'"([^"]+)"', done.stdout)
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", SHELLS)
def test_names_are_completed(shell: str) -> None:
    assert completed(shell, "run", "us") == ["us-traffic"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["che"], ["check"]),
        (["check", "ofs"], ["ofsted"]),
        (["run", "us-traffic", "--engines", "gl"], ["glmm", "glmm-agq", "glmmtmb"]),
        (["run", "us-traffic", "--engines", "lme4,l"], ["lme4,laplace"]),
        (["run", "us-traffic", "--settings", "t"], ["tight"]),
        (["run", "us-traffic", "--level", "c"], ["concordant"]),
        (["certify", "--cases", "mmec,sh"], ["mmec,ships", "mmec,ships-slope"]),
    ],
)
def test_what_is_completed(words: list[str], offered: list[str]) -> None:
    assert completed("bash", *words) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(shell: str) -> None:
    done = subprocess.run(
        [*HARNESS, "--show-completion", shell], capture_output=True, text=True, check=True,
        env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )  # fmt: skip
    assert f"complete_{shell}" in done.stdout


def test_names_are_those_of_what_they_name() -> None:
    assert engine_names() == list(engines())
    assert "concordant" in get_args(Verdict)


def test_the_module_is_the_command() -> None:
    done = subprocess.run([*HARNESS, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("harness ")
