"""Functions that tests run inside a worker process, where R lives."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from harness.design import Design
from harness.engines import FitOptions, engine, r_bridge, r_engine
from harness.engines.workers import Task, fit_task
from harness.result import FitResult

Request = dict[str, Any]


def one_bit_of_y(request: Request) -> None:
    request["y"].view(np.int64)[3] ^= 1


def sign_of_a_zero(request: Request) -> None:
    request["x"][np.flatnonzero(request["x"] == 0)[0]] = -0.0


def two_columns_swapped(request: Request) -> None:
    request["y"], request["o"] = request["o"], request["y"]


def last_row_lost(request: Request) -> None:
    request["y"] = request["y"][:-1].copy()


def single_precision(request: Request) -> None:
    request["y"] = request["y"].astype(np.float32)


def whole_numbers(request: Request) -> None:
    request["g"] = request["g"].astype(np.int64)


def other_byte_order(request: Request) -> None:
    request["o"] = request["o"].astype(">f8")


def unknown_family(request: Request) -> None:
    request["family"] = "gamma"


def fit_altered(
    name: str, design: Design, options: FitOptions, alter: Callable[[Request], None]
) -> tuple[str, str]:
    """Fit with a request that is altered on its way to R; return the error's kind and words."""
    sent = r_engine.r_request(design, options)
    alter(sent)
    with mock.patch.object(r_engine, "r_request", return_value=sent):
        try:
            engine(name).fit(design, options)
        except Exception as error:  # noqa: BLE001 - the kind is what the test asks for
            return type(error).__name__, str(error)
    return "", ""


def fit_with_a_conversion_warning(name: str, design: Design, options: FitOptions) -> str:
    """Fit where a value is sent to R right, but with a warning; return what the fit says."""

    def warns(value: Any, rinterface: Any) -> Any:
        warnings.warn("a column became text", UserWarning, stacklevel=1)
        return convert(value, rinterface)

    convert = r_bridge._to_r
    with mock.patch.object(r_bridge, "_to_r", warns):
        try:
            return f"fitted: {engine(name).fit(design, options).llf}"
        except Exception as error:  # noqa: BLE001 - the kind is what the test asks for
            return f"{type(error).__name__}: {error}"


def marked_fit(task: Task, mark: Path) -> FitResult:
    """Write this process's id into ``mark``, then fit."""
    part = mark.with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.rename(mark)
    return fit_task(task)


class TakenSlowly:
    """A value that a worker takes off the queue for ever, with the queue's lock, but only once."""

    def __init__(self, value: Any, mark: Path) -> None:
        self.value, self.mark = value, mark

    def __reduce__(self) -> tuple[Any, ...]:
        return _take, (self.value, self.mark)


def _take(value: Any, mark: Path) -> Any:
    if not mark.exists():
        part = mark.with_suffix(".part")
        part.write_text(str(os.getpid()))
        part.rename(mark)
        time.sleep(3600)
    return value
