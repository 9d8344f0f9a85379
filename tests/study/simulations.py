"""A small simulation and a small power analysis, run as a user runs them, and killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from harness.study.store import FILE

HARNESS = (sys.executable, "-c", "from harness.cli import main; main()")
ROOT = Path(__file__).resolve().parents[2]
# Long enough for anything here on a machine with much else to do; ends a test that hangs.
LIMIT = 600.0
PROCESS = """
{at}design: {{units: 12, before: 3, after: 3, spread: 0.4}}
{at}baseline: 100
{at}percent: {{step0: 5}}
{at}random: {{intercept: 0.3, slope: 0.05, correlation: 0}}
"""
# Replicates of ``base`` go through the compiled kernel in batches, those of ``hidden``, whose rows
# depend on the counts, through worker processes in pieces.
TEXT = f"""
study: small
title: A small study
simulate:
  replicates: 40
  contrasts: [step0 = pre]
  processes:
    - name: base
{PROCESS.format(at="      ")}
    - {{name: hidden, like: base, suppression: {{lowest: 1, highest: 40}}}}
  methods: [{{name: laplace}}]
power:
  process:
    suppression: {{lowest: 1, highest: 40}}
{PROCESS.format(at="    ")}
  contrast: step0 = pre
  replicates: 40
  vary: {{percent: [0, 10]}}
  audit: null
"""
LME4 = "methods: [{name: laplace}, {name: lme4, engine: lme4, settings: default}]"
COMMANDS = ("simulate", "power")


def write_simulation(folder: Path, *, lme4: bool = False) -> Path:
    """Write the study file; with lme4 as a second method, and as the auditor, where asked."""
    text = TEXT
    if lme4:
        text = text.replace("methods: [{name: laplace}]", LME4)
        text = text.replace("audit: null", "audit: {engine: lme4, most: 4}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def command(name: str, *options: object) -> list[str]:
    """Return the words of ``harness simulate`` or ``harness power``."""
    return [*HARNESS, name, "small.yaml", *map(str, options)]


def run(folder: Path, name: str, *options: object) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder of the study."""
    return subprocess.run(
        command(name, *options), cwd=folder, capture_output=True, text=True, timeout=LIMIT,
        check=False,
    )  # fmt: skip


def started(folder: Path, name: str, *options: object) -> subprocess.Popen[str]:
    """Start the command in the folder of the study, its lines of progress to be read."""
    return subprocess.Popen(
        command(name, *options), cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def killed_after(process: subprocess.Popen[str], lines: int, pause: float) -> None:
    """Kill a run some time after it has said so many lines, its worker processes after it."""
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(lines):
        assert process.stdout.readline()
    time.sleep(pause)
    process.kill()
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.stderr.close()


def written(folder: Path, name: str) -> dict[str, bytes]:
    """Return the numbers that a run wrote."""
    suffix = {"simulate": "-simulation", "power": "-power"}[name]
    files = ("results.json", *(["replicates.csv"] if name == "simulate" else []))
    return {file: (folder / "reports" / f"small{suffix}" / file).read_bytes() for file in files}


def rows(folder: Path) -> dict[str, int]:
    """Return the number of each row of the store, by key; a row written anew has a new one."""
    path = folder / "reports" / FILE
    if not path.exists():
        return {}
    with sqlite3.connect(path) as store:
        if not store.execute("select 1 from sqlite_master where name = 'answers'").fetchone():
            return {}
        return dict(store.execute("select key, rowid from answers"))


def children(parent: int, word: str) -> Sequence[int]:
    """Return the child processes whose command holds a word."""
    listed = subprocess.run(
        ["ps", "-axwwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    found = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
    return [int(pid) for pid, above, args in found if int(above) == parent and word in args]
