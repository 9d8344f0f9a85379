"""Concordance: counts of verdicts by pair of engines, and every pair worst first."""

from __future__ import annotations

from collections.abc import Iterable

from harness.report.reading import Reading, Record
from harness.report.rounding import NOTHING, brief, fixed
from harness.report.tables.cells import analysis_cell
from harness.report.tables.origins import of_pairs
from harness.report.tables.table import Cell, Column, Table, Tone
from harness.report.words import LEVELS, VERDICTS

SIGNS = {
    "identical": "=",
    "concordant": "≈",
    "equivalent": "~",
    "discordant": "≠",
    "not comparable": "∅",
}
TONES: dict[str, Tone] = {
    "identical": "good",
    "concordant": "good",
    "equivalent": "near",
    "discordant": "bad",
    "not comparable": "neutral",
}
MAX_D = "largest difference between the estimates of the two fits, in standard errors"
MAX_S = "largest relative difference between their standard errors"
DIGITS = "smallest number of digits on which the estimates agree (log relative error)"


def verdict_cell(pair: Record) -> Cell:
    """Return a verdict with a sign that tells it apart without colour."""
    verdict = pair["verdict"]
    flag = "knife-edge" if pair.get("knife_edge") else ""
    return Cell(
        verdict,
        sub=flag,
        tone=TONES[verdict],
        sign=SIGNS[verdict],
        order=VERDICTS.index(verdict),
    )


def matrix_table(reading: Reading) -> Table:
    """Return counts of verdicts for each pair of maximum-likelihood engines and settings."""
    columns = (
        Column("Engines", numeric=False),
        Column("Settings", numeric=False),
        *(Column(f"{SIGNS[v]} {v}", LEVELS[v]) for v in LEVELS),
        Column("Largest difference", MAX_D),
        Column("Largest SE difference", MAX_S),
        Column("Log-likelihood", "largest absolute difference of the log-likelihoods"),
        Column("Digits", DIGITS),
    )
    groups = _grouped(reading)
    rows = tuple(_matrix_row(*key, pairs) for key, pairs in groups.items())
    return Table(
        name="matrix",
        title="Verdicts by pair of engines",
        columns=columns,
        rows=rows,
        note="★ marks like-for-like pairs: same estimator, both at tight settings. These decide the"
        " verdict of the report; the others show what default settings cost.",
        csv="comparisons",
        heads=2,
        origin=of_pairs(reading),
    )


def _grouped(reading: Reading) -> dict[tuple[str, str, bool], list[Record]]:
    groups: dict[tuple[str, str, bool], list[Record]] = {}
    for pair in reading.exact_pairs:
        a, b = reading.fit_by_id(pair["fit_a"]), reading.fit_by_id(pair["fit_b"])
        assert a is not None
        assert b is not None
        extra = "" if pair["variant"] == "base" else f" ({pair['variant']})"
        same = a["settings"] == b["settings"]
        settings = a["settings"] if same else f"{a['settings']} / {b['settings']}"
        both = a["engine"] if a["engine"] == b["engine"] else f"{a['engine']} – {b['engine']}"
        key = (f"{both}{extra}", settings, pair["like_for_like"])
        groups.setdefault(key, []).append(pair)
    return dict(sorted(groups.items(), key=lambda item: (not item[0][2], item[0][1], item[0][0])))


def _matrix_row(engines: str, settings: str, like: bool, pairs: list[Record]) -> tuple[Cell, ...]:
    counts = []
    for verdict in LEVELS:
        n = sum(pair["verdict"] == verdict for pair in pairs)
        counts.append(Cell(str(n), tone=TONES[verdict] if n else "muted"))
    return (
        Cell(f"★ {engines}" if like else engines, tone="name"),
        Cell(settings),
        *counts,
        Cell(brief(_worst(pairs, "max_diff_se"))),
        Cell(brief(_worst(pairs, "max_rel_se"))),
        Cell(brief(_worst(pairs, "llf_diff"))),
        Cell(fixed(_worst(pairs, "digits", least=True), 1)),
    )


def _worst(pairs: Iterable[Record], key: str, least: bool = False) -> float | None:
    values = [abs(pair[key]) if not least else pair[key] for pair in pairs if pair[key] is not None]
    if not values:
        return None
    return float(min(values) if least else max(values))


def severity(pair: Record) -> tuple[int, int, float, str, str]:
    """Return the sort key of a comparison, worst first."""
    d = pair["max_diff_se"]
    return (
        VERDICTS.index(pair["verdict"]),
        int(pair["cause"] != "unexplained"),
        -(abs(d) if d is not None else float("inf")),
        pair["fit_a"],
        pair["fit_b"],
    )


def pairs_table(reading: Reading, pairs: list[Record], name: str, title: str) -> Table:
    """Return every comparison of maximum-likelihood fits, worst first."""
    columns = (
        Column("Analysis", "indicator and stratum", numeric=False),
        Column("Fit a", "engine and settings; ★: like for like", numeric=False),
        Column("Fit b", "engine and settings it is compared with", numeric=False),
        Column("Verdict", "see the matrix above", numeric=False),
        Column("Cause", "why the two differ, with the number that proved it", "", False, True),
        Column("Difference", MAX_D),
        Column("SE difference", MAX_S),
        Column("Log-likelihood", "difference; a dash where the objectives differ"),
        Column("SD difference", "largest relative difference of the random-effect SDs"),
        Column("Digits", DIGITS),
        Column("Conclusion", "whether sign or 5 % significance of a stage changes", numeric=False),
    )
    rows = tuple(_pair_row(reading, pair) for pair in sorted(pairs, key=severity))
    return Table(name, title, columns, rows, csv="comparisons", tall=True)


def _pair_row(reading: Reading, pair: Record) -> tuple[Cell, ...]:
    a, b = reading.fit_by_id(pair["fit_a"]), reading.fit_by_id(pair["fit_b"])
    star = "★ " if pair["like_for_like"] else ""
    return (
        analysis_cell(reading, pair),
        Cell(star + asked(a), link=pair["fit_a"]),
        Cell(asked(b), link=pair["fit_b"]),
        verdict_cell(pair),
        Cell(pair["cause"] or NOTHING, sub=pair["evidence"] or "", file=reproduction(pair)),
        Cell(brief(pair["max_diff_se"])),
        Cell(brief(pair["max_rel_se"])),
        Cell(brief(pair["llf_diff"])),
        Cell(brief(pair["sd_re_diff"])),
        Cell(fixed(pair["digits"], 1)),
        Cell("changes" if pair["conclusion_changes"] else "same"),
    )


def reproduction(pair: Record) -> str:
    """Return the first page of the reproduction of a comparison; empty where there is none."""
    folder = pair.get("reproduction")
    return f"{folder}/README.md" if folder else ""


def asked(fit: Record | None) -> str:
    """Return engine and settings of a fit."""
    return NOTHING if fit is None else f"{fit['engine']} {fit['settings']}"
