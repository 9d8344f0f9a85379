"""Functions and a process that workers die over; workers import this module."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.simulation.processes.process import Draw, Process


def squares(numbers: list[int], threads: int | None = None) -> list[int]:
    return [k * k for k in numbers]


def squares_noted(folder: Path, numbers: list[int]) -> list[int]:
    """Note in a folder that a number was worked on, once each time."""
    for k in numbers:
        (folder / f"{k}-{len(list(folder.glob(f'{k}-*')))}").touch()
    return squares(numbers)


def squares_or_death(victim: int, mark: Path | None, numbers: list[int]) -> list[int]:
    """Die over one number, every time or, where there is a mark to leave, the first time."""
    if victim in numbers and not (mark is not None and mark.exists()):
        if mark is not None:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return squares(numbers)


@dataclass(frozen=True, eq=False)
class DeadlyProcess(Process):
    """A process of which one replicate kills whoever draws it."""

    victim: int = -1

    def draw(self, rng: np.random.Generator) -> Draw:
        (k,) = rng.bit_generator.seed_seq.spawn_key  # type: ignore[attr-defined]
        if k == self.victim:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().draw(rng)
