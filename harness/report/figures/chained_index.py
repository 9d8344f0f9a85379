"""Chained index: 100 at the first period, both languages, the event period shaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes

from harness.report.derived import Overdispersion, index_of, too_narrow
from harness.report.figures.panels import (
    finish_panels,
    frame_panel,
    scale_note,
    shading,
)
from harness.report.figures.style import (
    MUTED,
    SERIES,
    Drawing,
    colour_of,
    drawing,
    house_style,
    share_if_alike,
    small_multiples,
)
from harness.report.numerics import BASELINE, ChainedIndex
from harness.report.reading import Reading, Record, Voice
from harness.report.rounding import fixed

Chains = list[tuple[Voice, ChainedIndex]]
NB2_COLOUR = SERIES[4]


def chained_index_figure(
    reading: Reading, stratum: Record, found: list[Overdispersion]
) -> Drawing | None:
    """Return the chained index of one stratum, one panel an indicator.

    NB2 is drawn beside where the counts vary more than Poisson allows.
    """
    name = f"chained-index-{stratum['name']}"
    return index_panels(reading, (stratum,), found, reading.indicators, name, "Chained index")


def index_panels(
    reading: Reading, strata: Sequence[Record], found: list[Overdispersion],
    indicators: Sequence[Record], name: str, title: str,
) -> Drawing | None:  # fmt: skip
    """Return the chained index of some indicators and strata, one panel each.

    Parameters
    ----------
    name, title : str
        Of the drawing, and how its caption opens.
    """
    by_key = {(c.indicator["name"], c.stratum["name"]): c for c in found}
    panels = [(indicator, stratum) for stratum in strata for indicator in indicators]
    checks = [by_key[i["name"], s["name"]] for i, s in panels]
    chains = [_chains(reading, indicator, stratum) for indicator, stratum in panels]
    if not any(chains):
        return None
    with house_style():
        figure, axes = small_multiples(len(chains))
        for ax, (indicator, stratum), own, check in zip(axes, panels, chains, checks, strict=True):
            frame_panel(ax, indicator, reading, stratum["label"] if len(strata) > 1 else "")
            _draw_voices(ax, own)
            _draw_nb2(ax, index_of(check.beside, reading))
        shared = share_if_alike([ax for ax, own in zip(axes, chains, strict=True) if own])
        finish_panels(figure, axes, reading)
        where = ", ".join(stratum["label"] for stratum in strata)
        return drawing(
            figure,
            name,
            _alt(panels, where, chains),
            _caption(reading, f"{title}, {where}", checks)
            + (scale_note(shared) if len(axes) > 1 else ""),
            _numbers(panels, chains, [check.beside for check in checks], reading),
        )


def _numbers(
    panels: list[tuple[Record, Record]], chains: list[Chains], beside: list[Record | None],
    reading: Reading,
) -> Iterator[Record]:  # fmt: skip
    for (indicator, stratum), own, nb2 in zip(panels, chains, beside, strict=True):
        for voice, index in own:
            name = f"{voice.language}: {voice.name}"
            yield from index_numbers(indicator, stratum, name, index)
        wider = index_of(nb2, reading)
        if nb2 is not None and wider is not None:
            name = f"NB2: {nb2['engine']} {nb2['settings']}"
            yield from index_numbers(indicator, stratum, name, wider)


def index_numbers(
    indicator: Record, stratum: Record, series: str, index: ChainedIndex
) -> Iterator[Record]:
    """Yield the points of one line of a chained index."""
    for k, t in enumerate(index.t):
        yield {
            "indicator": indicator["name"], "stratum": stratum["name"], "series": series, "t": t,
            "index": float(index.index[k]),
            "low": None if index.low is None else float(index.low[k]),
            "high": None if index.high is None else float(index.high[k]),
        }  # fmt: skip


def _chains(reading: Reading, indicator: Record, stratum: Record) -> Chains:
    found = []
    for voice in reading.voices:
        fit = reading.spoken(voice, indicator["name"], stratum["name"])
        index = index_of(fit, reading)
        if index is not None:
            found.append((voice, index))
    return found


def _draw_voices(ax: Axes, chains: Chains) -> None:
    ax.axhline(BASELINE, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    if not chains:
        ax.set_yticks([])
        ax.text(0.5, 0.5, "no reliable estimate", transform=ax.transAxes, ha="center", color=MUTED)
    for k, (voice, index) in enumerate(chains):
        colour, name = colour_of(voice.language), f"{voice.language}: {voice.name}"
        if k:
            ax.plot(
                index.t, index.index, linestyle="none", marker="o", markersize=6.5,
                markerfacecolor="none", markeredgecolor=colour, markeredgewidth=1.5, label=name,
            )  # fmt: skip
            continue
        ax.plot(index.t, index.index, color=colour, marker=".", markersize=5, label=name)
        if index.low is not None and index.high is not None:
            ax.fill_between(
                index.t, index.low, index.high, color=colour, alpha=0.16, linewidth=0,
                label=f"95 % interval ({voice.engine})",
            )  # fmt: skip


def _draw_nb2(ax: Axes, index: ChainedIndex | None) -> None:
    if index is None:
        return
    ax.plot(
        index.t, index.index, color=NB2_COLOUR, linestyle=(0, (4, 2)), marker="D", markersize=3.5,
        label="NB2, 95 % interval",
    )  # fmt: skip
    if index.low is not None and index.high is not None:
        ax.vlines(index.t, index.low, index.high, color=NB2_COLOUR, linewidth=1.1)


def _caption(reading: Reading, title: str, checks: list[Overdispersion]) -> str:
    names = [f"{voice.language} ({voice.name})" for voice in reading.voices]
    drawn = f"Line and band: {names[0]} with its 95 % interval."
    if len(names) > 1:
        drawn += f" Open circles: {', '.join(names[1:])}."
    if any(check.beside for check in checks):
        drawn += (
            " Diamonds and bars: the negative binomial model with its 95 % interval, which allows"
            " for counts that vary more than Poisson has it."
        )
    narrow = too_narrow(check for check in checks if not check.nb2)
    return (
        f"{title}: the modelled rate as a percentage of its level at"
        f" t = {fixed(reading.window[0], 0)}. {drawn}{f' {narrow}' if narrow else ''}"
        + shading(reading)
    )


def _alt(panels: list[tuple[Record, Record]], where: str, chains: list[Chains]) -> str:
    ends = [
        f"{indicator['label']} ends at {fixed(float(found[0][1].index[-1]))}"
        for (indicator, _), found in zip(panels, chains, strict=True)
        if found
    ]
    return f"Line charts of the chained index, {where}, from 100: {'; '.join(ends)}."
