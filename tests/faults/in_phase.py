"""What breaks R in a phase of its work; workers import this module."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from harness.engines import r_bridge
from harness.engines.workers import Task, fit_task
from harness.resources import folder
from harness.result import FitResult

KILLED = "tools::pskill(Sys.getpid(), tools::SIGKILL)"
STOPPED = "tools::pskill(Sys.getpid(), tools::SIGSTOP)"
FULL = "numeric(1e15)"
# Where the statement is put: before a text of a script. A hook waits for the package to load.
PHASES = {
    "starting": ("exchange.R", "read_request <- function", "{}\n"),
    "loading": (
        "exchange.R", "read_request <- function",
        'setHook(packageEvent("lme4", "onLoad"), function(...) {})\n',
    ),
    "receiving": ("design.R", '  fields <- request[c("y"', "  {}\n"),
    "fitting": ("lme4.R", "  lme4::glmer(model$formula", "  {}\n"),
    "answering": ("lme4.R", "  list(params = as.double(lme4::fixef(fit))", "  {}\n"),
}  # fmt: skip
# Of Rscript alone: rpy2 takes the answer as it is.
SENDING = ("exchange.R", "  numeric <- vapply(answer", "  {}\n")


def broken_scripts(place: Path, phase: tuple[str, str, str], statement: str) -> Path:
    """Copy the R scripts, with a statement put where a phase begins."""
    name, before, put = phase
    scripts = shutil.copytree(folder("r_scripts"), place)
    text = (scripts / name).read_text(encoding="utf-8")
    assert text.count(before) == 1
    put = put.replace("{}", statement)
    (scripts / name).write_text(text.replace(before, put + before), encoding="utf-8")
    return scripts


@contextmanager
def _scripts_of(scripts: Path) -> Iterator[None]:
    r_bridge._r_function.cache_clear()
    try:
        with mock.patch.object(r_bridge, "folder", return_value=scripts):
            yield
    finally:
        r_bridge._r_function.cache_clear()


def fit_by(task: Task, scripts: Path) -> FitResult:
    """Fit by these R scripts."""
    with _scripts_of(scripts):
        return fit_task(task)


def fit_within(task: Task, size: int) -> FitResult:
    """Fit in so many bytes of memory, whoever fits."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, before[1]))
    try:
        return fit_task(task)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
