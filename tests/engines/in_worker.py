"""Functions that tests run inside a worker process, where R lives."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from harness.design import Design
from harness.engines import FitOptions, engine, r_engine
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


def marked_fit(task: Task, mark: Path) -> FitResult:
    """Write this process's id into ``mark``, then fit."""
    part = mark.with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.rename(mark)
    return fit_task(task)
