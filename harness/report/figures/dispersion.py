"""Observed Poisson dispersion against the range that chance allows."""

from __future__ import annotations

from harness.report.derived import Overdispersion
from harness.report.figures.style import (
    INK,
    MUTED,
    SERIES,
    SHADE,
    Drawing,
    drawing,
    house_style,
    new_figure,
    plain_log,
    wrapped,
)
from harness.report.reading import Record
from harness.report.words import unit_of

LOG_FROM = 6.0


def dispersion_figure(found: list[Overdispersion]) -> Drawing | None:
    """Return observed dispersions and null ranges, one row an analysis."""
    rows = [c for c in found if c.null is not None and c.observed is not None]
    if not rows:
        return None
    with house_style():
        figure = new_figure(9.0, 0.3 * len(rows) + 1.3)
        ax = figure.subplots()
        low, high, observed = [], [], []
        for check in rows:
            assert check.null is not None
            assert check.observed is not None
            low.append(check.null["null_low"])
            high.append(check.null["null_high"])
            observed.append(check.observed)
        y = list(range(len(rows)))
        ax.hlines(y, low, high, color=MUTED, linewidth=5, alpha=0.45, label="expected, 95 % range")
        for over, colour, marker, name in (
            (False, INK, "o", "observed, inside or below the range"),
            (True, SERIES[2], "D", "observed, above the range"),
        ):
            chosen = [k for k in y if bool(rows[k].over) is over]
            ax.plot(
                [observed[k] for k in chosen], chosen, linestyle="none", marker=marker,
                color=colour, markersize=5.5, label=name,
            )  # fmt: skip
        if max(observed) > LOG_FROM * max(high):
            plain_log(ax)
        ax.set_yticks(y, [_label(check) for check in rows])
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.grid(True, axis="x")
        ax.grid(False, axis="y")
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_color(SHADE)
        ax.set_xlabel("Pearson dispersion of the Poisson fit")
        figure.legend(loc="outside upper left", ncols=3)
        above = f"{sum(bool(check.over) for check in rows)} of {len(rows)}"
        return drawing(
            figure,
            "dispersion",
            f"Dot plot of observed dispersion: {above} lie above the expected range.",
            "Observed Poisson dispersion against the 95 % range of the same number on data"
            " simulated from the fitted model (parametric bootstrap).",
            map(_numbers, rows),
        )


def _numbers(check: Overdispersion) -> Record:
    null = check.null or {}
    return {
        "indicator": check.indicator["name"],
        "stratum": check.stratum["name"],
        "observed": check.observed,
        **{key: null.get(key) for key in ("null_low", "null_median", "null_high")},
    }


def _label(check: Overdispersion) -> str:
    unit, stratum = unit_of(check.indicator), check.stratum["label"]
    return wrapped(f"{check.indicator['label']}, {unit} · {stratum}", 62, 1)
