"""Replicates of a process as an analyst meets them, and a method's estimates of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import Design
from harness.errors import HarnessError
from harness.glmm.contrasts import parsed
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.simulation.estimates import Estimates
from harness.simulation.methods import Method, fit_apart, fit_together
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
        counts = np.array([draw.counts[whole.place] for draw in draws])
        return fit_together(method, whole.design, counts, threads)
    return fit_apart(method, designs_of(process, whole, draws, method.model), whole.design)


def designs_of(
    process: Process, whole: Analysis, draws: Sequence[Draw], model: SegmentedPoisson
) -> list[Design | None]:
    """Return the design of each replicate; None where no analyst could build the model on it."""
    if process.fixed:
        return [_or_none(whole.design.with_counts, draw.counts[whole.place]) for draw in draws]
    return [_or_none(design_of, process, draw, model) for draw in draws]


def truth_of(process: Process, method: Method, whole: Design) -> dict[str, float]:
    """Return the true value of every term and contrast that has one.

    The intercept has none where the impact models differ, or strata do; nor has a stage that the
    process knows by another name.
    """
    truth, strata = process.truth, process.layout.strata
    found = truth.of_terms(strata) if method.model.impact == truth.impact else {}
    known = {name: value for name, value in found.items() if name in whole.exog_names}
    for text in method.contrasts:
        row, value = parsed(whole.exog_names, text)
        used = [name for name, c in zip(whole.exog_names, row[0], strict=True) if c]
        if all(name in known for name in used):
            weights = dict(zip(whole.exog_names, row[0], strict=True))
            known[text] = float(sum(weights[name] * known[name] for name in used) - value[0])
    return known


def drawn(
    process: Process, seed: int, numbers: Sequence[int], threads: int | None = None
) -> list[Draw]:
    """Draw the replicates of these numbers."""
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
