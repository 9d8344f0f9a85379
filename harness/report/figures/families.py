"""Poisson intervals beside negative binomial ones."""

from __future__ import annotations

from harness.report.derived import Overdispersion
from harness.report.figures.forest import Series, forest
from harness.report.figures.style import INK, SERIES, Drawing
from harness.report.reading import Reading, Record


def families_figure(
    reading: Reading, found: list[Overdispersion], stratum: Record
) -> Drawing | None:
    """Return Poisson and NB2 intervals of one stratum, None where no NB2 fit answered."""
    checks = {c.indicator["name"]: c for c in found if c.stratum["name"] == stratum["name"]}
    if not any(check.nb2 for check in checks.values()):
        return None
    ordered = [checks[indicator["name"]] for indicator in reading.indicators]
    series: list[Series] = [
        ("Poisson", INK, "o", True, [check.poisson for check in ordered]),
        ("Negative binomial (NB2)", SERIES[4], "D", False, [check.nb2 for check in ordered]),
    ]
    return forest(
        reading,
        f"families-{stratum['name']}",
        series,
        alt=f"Forest plot of Poisson and negative binomial intervals, {stratum['label']}.",
        caption=f"Poisson beside negative binomial intervals, {stratum['label']}. Where the lower"
        " interval is wider, the Poisson one promises too much.",
    )
