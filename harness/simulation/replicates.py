"""Replicates of a process as an analyst meets them, and a method's estimates of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import Design, FloatArray
from harness.errors import HarnessError
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.simulation.contrast import contrast_row
from harness.simulation.estimates import Estimates
from harness.simulation.methods import Method, answers_apart, answers_together, estimates_of
from harness.simulation.processes.process import Draw, Process, stream


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The design of a layout, and where its rows stand there.

    Attributes
    ----------
    design : Design
        Its counts stand for nothing.
    place : ndarray of int, shape (n,)
        Row of the layout that each row of the design is.
    """

    design: Design
    place: npt.NDArray[np.intp]


def analysis(process: Process, model: SegmentedPoisson) -> Analysis:
    """Return the design of all rows of a process, the events where the layout has them.

    Every replicate is fitted to it where neither rows nor events depend on the counts; elsewhere
    it shows which terms the model has.

    Raises
    ------
    HarnessError
        If the model cannot be built on the layout.
    """
    layout = process.layout
    # Row numbers in place of counts come back in the order of the design.
    numbered = layout.frame(np.arange(1, len(layout.unit) + 1))
    design = model.design(_panel(numbered, process.name))
    return Analysis(design, design.endog.astype(np.intp) - 1)


def design_of(process: Process, draw: Draw, model: SegmentedPoisson) -> Design:
    """Return the design of one replicate, from the table that an analyst would be given.

    Raises
    ------
    HarnessError
        If the model cannot be built on it.
    """
    table = process.layout.frame(draw.counts, draw.event)
    return model.design(_panel(table[draw.shown], process.name))


def estimates(
    process: Process, method: Method, seed: int, numbers: Sequence[int], threads: int | None = None
) -> Estimates:
    """Draw replicates and fit them by a method.

    Parameters
    ----------
    seed : int
        Replicate k has the k-th stream spawned from it, whoever draws it.
    numbers : sequence of int
        Which replicates.
    threads : int, optional
        Of the compiled kernel; all cores by default. The estimates do not depend on it.
    """
    whole = analysis(process, method.model)
    draws = drawn(process, seed, numbers, threads)
    if process.fixed and method.compiled:
        counts = counts_of(whole, draws)
        return estimates_of(method, answers_together(method, whole.design, counts, threads))
    designs = designs_of(process, whole, draws, method.model)
    return estimates_of(method, answers_apart(method, designs, whole.design))


def counts_of(whole: Analysis, draws: Sequence[Draw | None]) -> FloatArray:
    """Counts in the order of the design, shape (r, n); zeros where they could not be drawn."""
    nothing = np.zeros(whole.design.nobs)
    return np.array([nothing if draw is None else draw.counts[whole.place] for draw in draws])


def designs_of(
    process: Process, whole: Analysis, draws: Sequence[Draw | None], model: SegmentedPoisson
) -> list[Design | None]:
    """Return the design of each replicate; None where no analyst could build the model on it."""
    if process.fixed:
        return [_or_none(whole.design.with_counts, y) for y in counts_of(whole, draws)]
    built = [None if d is None else _or_none(design_of, process, d, model) for d in draws]
    # Without its last period, or a stratum, a replicate has other terms and cannot answer for them.
    names = whole.design.exog_names
    return [d if d is not None and d.exog_names == names else None for d in built]


def truth_of(process: Process, method: Method, whole: Design) -> dict[str, float]:
    """Return the true value of every term and contrast that has one.

    None has one where the method's impact model is another than the process's.
    """
    truth, strata = process.truth, process.layout.strata
    found = truth.of_terms(strata) if method.model.impact == truth.impact else {}
    known = {name: value for name, value in found.items() if name in whole.exog_names}
    for text in method.contrasts:
        row, value = contrast_row(whole.exog_names, text)
        used = {name: c for name, c in zip(whole.exog_names, row, strict=True) if c}
        if all(name in known for name in used):
            known[text] = float(sum(c * known[name] for name, c in used.items()) - value)
    return known


def drawn(
    process: Process, seed: int, numbers: Sequence[int], threads: int | None = None
) -> list[Draw | None]:
    """Draw the replicates of these numbers; None for one whose counts cannot be drawn."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda k: process.draw(stream(seed, k)), numbers))


def _panel(table: pd.DataFrame, name: str) -> Panel:
    return Panel.from_frame(
        table, unit="unit", period="period", count="count", exposure="exposure", event="event",
        stratum="stratum" if "stratum" in table else None, source=f"process {name!r}",
    )  # fmt: skip


def _or_none(build: Callable[..., Design], *arguments: object) -> Design | None:
    try:
        return build(*arguments)
    except HarnessError:
        return None
