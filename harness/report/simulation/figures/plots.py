"""The dot plots of a simulation study: coverage, bias, error of the SE, type I error, power."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.report.figures.style import Drawing
from harness.report.numerics import Z_95
from harness.report.reading import Record
from harness.report.rounding import fixed
from harness.report.simulation.figures.dots import Dot, Plot, dot_plot
from harness.report.simulation.judging import judged
from harness.report.simulation.reading import Simulation
from harness.report.simulation.wording import level_text

INTERVALS = " Bars: 1.96 Monte Carlo errors to either side."
FILLED = f"{INTERVALS} Filled marks lie further from the line than that."


def all_plots(sim: Simulation) -> list[Drawing]:
    """Return every dot plot that these results have something to show for."""
    return [drawing for plot in plots(sim) if (drawing := dot_plot(sim, plot)) is not None]


def plots(sim: Simulation) -> Iterator[Plot]:
    """Yield what each figure shows: coverage, bias, error of the SE, type I error, power."""
    level, alpha = sim.level, 1.0 - sim.level
    yield Plot(
        "coverage",
        "Coverage, %",
        f"Dot plot of the coverage of {level_text(level)} % intervals: {_span(sim, 'coverage')}.",
        f"Coverage of {level_text(level)} % intervals by term and method; the line is"
        f" {level_text(level)} %.{FILLED}",
        _rate(sim, "coverage", level, lambda row: True),
        100.0 * level,
        (0.0, 100.0),
    )
    yield Plot(
        "bias",
        "Bias, in empirical standard errors",
        f"Dot plot of the bias of the estimates: {_span(sim, 'bias')} as log rate ratio.",
        "Bias in units of the empirical standard error, so that terms of different size can be read"
        f" on one axis; the line is no bias.{FILLED}",
        _bias(sim),
        0.0,
    )
    yield Plot(
        "relative-error-se",
        "Relative error of the standard errors, %",
        "Dot plot of the relative error of the standard errors:"
        f" {_span(sim, 'relative_error_se')} %.",
        "How much larger or smaller the reported standard errors are than the scatter of the"
        f" estimates; the line is no error.{FILLED}",
        _plain(sim, "relative_error_se"),
        0.0,
    )
    yield Plot(
        "type-i-error",
        "Type I error, %",
        "Dot plot of type I errors of the terms whose truth is 0.",
        "Rejections of “no change” where nothing changes; the line is"
        f" {level_text(alpha)} %.{FILLED}",
        _rate(sim, "rejection", alpha, lambda row: row["truth"] == 0.0),
        100.0 * alpha,
        (0.0, 100.0),
    )
    yield Plot(
        "power",
        "Power, %",
        "Dot plot of power for the terms whose truth is not 0.",
        f"Rejections of “no change” where the truth is not 0.{INTERVALS}",
        _rate(sim, "rejection", None, lambda row: bool(row["truth"])),
        None,
        (0.0, 100.0),
    )


def _span(sim: Simulation, measure: str) -> str:
    rows = (row for row in sim.results["performance"] if row["measure"] == measure)
    values = [row["value"] for row in rows if row["value"] is not None]
    if not values:
        return "no values"
    factor = 100.0 if measure == "coverage" else 1.0
    places = 4 if measure == "bias" else 1
    low, high = fixed(factor * min(values), places), fixed(factor * max(values), places)
    return f"from {low} to {high}{' %' if measure == 'coverage' else ''}"


def _rate(
    sim: Simulation, measure: str, nominal: float | None, keep: Callable[[Record], bool]
) -> Callable[[str, str, str], Dot | None]:
    """Return the marks of a proportion in percent, their bars cut at 0 and 100."""

    def dot(process: str, method: str, term: str) -> Dot | None:
        row = sim.known(process, method, term, measure)
        asked = measure == "coverage" or term in sim.effects(process, method)
        if row is None or not keep(row) or not asked:
            return None
        half = Z_95 * (row["mcse"] or 0.0)
        found = judged(row, nominal) if nominal is not None else None
        low, high = max(0.0, row["value"] - half), min(1.0, row["value"] + half)
        off = found is not None and found.verdict != "within"
        return Dot(100.0 * row["value"], 100.0 * low, 100.0 * high, off)

    return dot


def _plain(sim: Simulation, measure: str) -> Callable[[str, str, str], Dot | None]:
    def dot(process: str, method: str, term: str) -> Dot | None:
        return _dot(sim.known(process, method, term, measure), 1.0)

    return dot


def _bias(sim: Simulation) -> Callable[[str, str, str], Dot | None]:
    def dot(process: str, method: str, term: str) -> Dot | None:
        scatter = sim.known(process, method, term, "empirical_se")
        if scatter is None or not scatter["value"]:
            return None
        return _dot(sim.known(process, method, term, "bias"), 1.0 / scatter["value"])

    return dot


def _dot(row: Record | None, factor: float) -> Dot | None:
    if row is None:
        return None
    x, half = factor * row["value"], factor * Z_95 * (row["mcse"] or 0.0)
    return Dot(x, x - half, x + half, half > 0.0 and abs(x) > half)
