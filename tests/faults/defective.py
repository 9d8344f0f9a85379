"""Functions that raise where nobody expects it; workers import this module."""

from __future__ import annotations

from typing import Any

from harness.engines.workers import Task
from harness.study import answers

WORDS = "nobody foresaw this"


class UnsentError(Exception):
    """Of two arguments, of which one is kept: it cannot be read where it is sent to."""

    def __init__(self, words: str, more: str) -> None:
        super().__init__(words)


def unsent() -> None:
    raise UnsentError(WORDS, "more")


def fit(task: Task) -> Any:
    """Fit, but for one engine at one setting."""
    if (task.engine, task.options.settings) == ("agq", "tight"):
        raise TypeError(WORDS)
    return answers._bare(answers.certified_task(task)[0])


def tell(*arguments: Any) -> Any:
    raise TypeError(WORDS)


def squares(numbers: list[int], threads: int | None = None) -> list[int]:
    if 13 in numbers:
        raise TypeError(WORDS)
    return [k * k for k in numbers]
