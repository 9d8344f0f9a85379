"""Figures of the report, one file a figure, drawn without global state."""

from __future__ import annotations

from collections.abc import Iterator

from harness.report.derived import Overdispersion
from harness.report.figures.bland_altman import bland_altman
from harness.report.figures.chained_index import chained_index_figure
from harness.report.figures.dispersion import dispersion_figure
from harness.report.figures.families import families_figure
from harness.report.figures.forest import forest_figure
from harness.report.figures.heat_map import heat_map
from harness.report.figures.medians import medians_figure
from harness.report.figures.strata_index import strata_index_figure
from harness.report.figures.style import Drawing
from harness.report.reading import Reading


def all_figures(reading: Reading, found: list[Overdispersion]) -> list[Drawing]:
    """Return every figure that these results have something to show for."""
    return [drawing for drawing in _figures(reading, found) if drawing is not None]


def _figures(reading: Reading, found: list[Overdispersion]) -> Iterator[Drawing | None]:
    yield medians_figure(reading)
    for stratum in reading.strata:
        yield chained_index_figure(reading, stratum, found)
        yield forest_figure(reading, stratum)
        yield families_figure(reading, found, stratum)
    yield strata_index_figure(reading, found)
    yield dispersion_figure(found)
    yield bland_altman(reading)
    for whole_panel in (True, False):
        yield heat_map(reading, whole_panel)
