"""Chained index: 100 at the first period, both languages, the event period shaded."""

from __future__ import annotations

from matplotlib.axes import Axes

from harness.report.derived import Overdispersion, index_of, too_narrow
from harness.report.figures.panels import (
    MARKERS,
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
    in_legend,
    share_if_alike,
    small_multiples,
)
from harness.report.numerics import BASELINE, ChainedIndex
from harness.report.reading import WHOLE_PANEL, Reading, Record, Voice
from harness.report.rounding import fixed

Chains = list[tuple[Voice, ChainedIndex]]
NB2_COLOUR = SERIES[4]


def chained_index_figure(
    reading: Reading, stratum: Record, found: list[Overdispersion]
) -> Drawing | None:
    """Return the chained index of one stratum, one panel an indicator.

    NB2 is drawn beside where the counts vary more than Poisson allows.
    """
    checks = [check for check in found if check.stratum["name"] == stratum["name"]]
    beside = [index_of(check.beside, reading) for check in checks]
    chains = [_chains(reading, indicator, stratum) for indicator in reading.indicators]
    if not any(chains):
        return None
    with house_style():
        figure, axes = small_multiples(len(chains))
        for ax, indicator, own, nb2 in zip(axes, reading.indicators, chains, beside, strict=True):
            frame_panel(ax, indicator, reading)
            _draw_voices(ax, own)
            _draw_nb2(ax, nb2)
        shared = share_if_alike([ax for ax, own in zip(axes, chains, strict=True) if own])
        finish_panels(figure, axes, reading)
        return drawing(
            figure,
            f"chained-index-{stratum['name']}",
            _alt(reading, stratum, chains),
            _caption(reading, stratum, checks) + (scale_note(shared) if len(axes) > 1 else ""),
        )


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


def strata_index_figure(reading: Reading, found: list[Overdispersion]) -> Drawing | None:
    """Return the strata beside one another, one panel an indicator; None without strata."""
    strata = [s for s in reading.strata if s["name"] != WHOLE_PANEL]
    if len(strata) < 2 or not reading.voices or not reading.tiles:
        return None
    voice = reading.voices[0]
    fits = [reading.spoken(voice, i["name"], s["name"]) for i in reading.indicators for s in strata]
    if not any(index_of(fit, reading) for fit in fits):
        return None
    narrow = too_narrow(check for check in found if check.stratum in strata)
    with house_style():
        figure, axes = small_multiples(len(reading.indicators))
        for ax, indicator in zip(axes, reading.indicators, strict=True):
            frame_panel(ax, indicator, reading)
            ax.axhline(BASELINE, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
            for k, stratum in enumerate(strata):
                offset = 0.09 * (k - (len(strata) - 1) / 2)
                _draw_stratum(ax, k, offset, reading, voice, indicator, stratum)
        shared = share_if_alike(axes)
        finish_panels(figure, axes, reading)
        names = ", ".join(s["label"] for s in strata)
        return drawing(
            figure,
            "index-by-stratum",
            f"Line charts of the chained index by stratum ({names}), one panel an indicator.",
            f"Chained index by stratum, fitted by {voice.name}; bars are 95 % intervals."
            f" Baseline 100 at t = {fixed(reading.window[0], 0)}.{shading(reading)}"
            + (f" {narrow}" if narrow else "")
            + scale_note(shared),
        )


def _draw_stratum(
    ax: Axes, k: int, offset: float, reading: Reading, voice: Voice, indicator: Record,
    stratum: Record,
) -> None:  # fmt: skip
    index = index_of(reading.spoken(voice, indicator["name"], stratum["name"]), reading)
    if index is None:
        return
    colour = SERIES[1 + k % (len(SERIES) - 1)]
    t = [at + offset for at in index.t]
    ax.plot(
        t, index.index, color=colour, marker=MARKERS[k % len(MARKERS)], markersize=4.5,
        label=in_legend(f"{stratum['label']} (n = {stratum['units']})"),
    )  # fmt: skip
    if index.low is not None and index.high is not None:
        ax.vlines(t, index.low, index.high, color=colour, linewidth=1.0, alpha=0.6)


def _caption(reading: Reading, stratum: Record, checks: list[Overdispersion]) -> str:
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
        f"Chained index, {stratum['label']}: the modelled rate as a percentage of its level at"
        f" t = {fixed(reading.window[0], 0)}. {drawn}{f' {narrow}' if narrow else ''}"
        + shading(reading)
    )


def _alt(reading: Reading, stratum: Record, chains: list[Chains]) -> str:
    ends = [
        f"{indicator['label']} ends at {fixed(float(found[0][1].index[-1]))}"
        for indicator, found in zip(reading.indicators, chains, strict=True)
        if found
    ]
    return f"Line charts of the chained index, {stratum['label']}, from 100: {'; '.join(ends)}."
