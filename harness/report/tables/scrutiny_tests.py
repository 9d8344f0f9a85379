"""Contrasts of stages by two rules, and what survives many tests."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.numerics import percentage_change
from harness.report.reading import Reading, Record
from harness.report.rounding import NOTHING, fixed, interval, p_phrase, p_text
from harness.report.tables.cells import indicator_cell
from harness.report.tables.origins import of_fits
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import FAMILIES, stage_name

CONTRASTS = {
    "step0 - pre": ("Event − before", "the event period above the trend before it"),
    "step1 - step0": ("Period after − event", "the period after it against the event period"),
    "post - pre": ("Afterwards − before", "the trend afterwards against the trend before"),
    "step0 + step1": ("Both periods", "the event period and the one after it, together"),
    "step0 + step1 - 2 pre": (
        "Both − twice before",
        "the two together above what the trend before would have brought",
    ),
}
COUNTED = "Counted over the fits that each p-value names in the CSV"


def family_name(family: str) -> str:
    """Return a family in words."""
    return FAMILIES.get(family, family)


def family_head(family: str) -> str:
    """Return a family as the head of a column."""
    name = family_name(family)
    return f"{name[:1].upper()}{name[1:]}"


def contrast_table(reading: Reading, stratum: Record, family: str) -> Table | None:
    """Return the contrasts of one stratum and family, one row an indicator."""
    found = {
        (row["indicator"], row["contrast"]): row
        for row in reading.scrutiny("contrasts")
        if (row["stratum"], row["family"]) == (stratum["name"], family)
    }
    names = list(dict.fromkeys(name for _, name in found))
    if not names:
        return None
    columns = (
        Column("Indicator", numeric=False),
        *(Column(head, meaning) for head, meaning in (CONTRASTS[name] for name in names)),
    )
    rows = tuple(
        (indicator_cell(i), *(_contrast_cell(found.get((i["name"], name))) for name in names))
        for i in reading.indicators
    )
    note = (
        "Each cell: ratio of rate ratios as a percentage, 100·(exp(c) − 1), over its 95 % interval"
        " and the p-value of the Wald test. Bold: the interval leaves out 0. ◆: significant by the"
        " Wald test, although the 95 % intervals of the two stages overlap."
    )
    return Table(
        f"contrasts-{stratum['name']}-{family}",
        f"Contrasts of stages: {stratum['label']}, {family_name(family)}",
        columns, rows, note=note, csv="scrutiny_contrasts",
    )  # fmt: skip


def _contrast_cell(row: Record | None) -> Cell:
    if row is None or row["estimate"] is None:
        return Cell(NOTHING, sub=row["reason"] or "" if row else "", tone="muted")
    low, high = percentage_change(row["low"]), percentage_change(row["high"])
    text = fixed(percentage_change(row["estimate"]), 2)
    mark = bool(row["rules_disagree"])
    return Cell(
        f"◆ {text}" if mark else text,
        sub=f"{interval(low, high, 2)}; p {p_phrase(row['p_value'])}",
        tone="strong" if row["significant"] else "",
        warns=mark,
        link=row["fit"],
    )


def multiplicity_table(reading: Reading, strata: Sequence[Record], name: str) -> Table | None:
    """Return how many significant results survive, one row a question, by stratum and family."""
    labels = {s["name"]: s["label"] for s in strata}
    found: dict[str, dict[tuple[str, str], list[Record]]] = {}
    for row in reading.scrutiny("multiplicity"):
        if row["stratum"] in labels:
            own = found.setdefault(row["question"], {})
            own.setdefault((row["stratum"], row["family"]), []).append(row)
    keys = list(dict.fromkeys(key for own in found.values() for key in own))
    if not keys:
        return None
    columns = (
        Column("Question", numeric=False),
        *(Column(family_head(family), "", labels[stratum]) for stratum, family in keys),
    )
    rows = tuple(
        (
            Cell(question_name(reading, question), tone="head"),
            *(_surviving(own.get(key, [])) for key in keys),
        )
        for question, own in found.items()
    )
    note = (
        "Each cell: measures significant at 5 % by themselves, of those tested; under it those that"
        " remain by Holm (no false result at 5 %) and by Benjamini and Hochberg (5 % of those"
        " called significant expected to be false). Measures are tested together one question at a"
        " time."
    )
    return Table(name, "What survives that many measures were tested", columns, rows, note=note,
                 csv="scrutiny_multiplicity", origin=of_fits(reading, COUNTED))  # fmt: skip


def question_name(reading: Reading, question: str) -> str:
    """Return a stage or a contrast in words."""
    if question in CONTRASTS:
        return CONTRASTS[question][0]
    return stage_name(question, reading.study["period_word"])


def _surviving(rows: Sequence[Record]) -> Cell:
    if not rows:
        return Cell(NOTHING)
    counts = [
        sum(row[key] for row in rows)
        for key in ("significant", "survives_holm", "survives_benjamini_hochberg")
    ]
    return Cell(f"{counts[0]} of {len(rows)}", sub=f"Holm {counts[1]}, BH {counts[2]}")


def fallen_table(reading: Reading, stratum: Record) -> Table | None:
    """Return the stages that are significant by themselves and not by Holm, in one stratum."""
    fallen = [
        row
        for row in reading.scrutiny("multiplicity")
        if row["stratum"] == stratum["name"]
        and row["kind"] == "stage"
        and row["significant"]
        and not row["survives_holm"]
    ]
    if not fallen:
        return None
    period = reading.study["period_word"]
    labels = {i["name"]: i for i in reading.indicators}
    columns = (
        Column("Indicator", numeric=False),
        Column("Stage", numeric=False),
        Column("Family", numeric=False),
        Column("p", "by itself"),
        Column("p, Holm"),
        Column("p, Benjamini and Hochberg"),
    )
    rows = tuple(
        (
            indicator_cell(labels[row["indicator"]]),
            Cell(stage_name(row["question"], period)),
            Cell(family_name(row["family"])),
            Cell(p_text(row["p_value"]), link=row.get("fit") or ""),
            Cell(p_text(row["holm"])),
            Cell(p_text(row["benjamini_hochberg"]),
                 tone="strong" if row["survives_benjamini_hochberg"] else ""),
        )
        for row in fallen
    )  # fmt: skip
    title = f"Stages that do not survive Holm: {stratum['label']}"
    return Table(f"fallen-{stratum['name']}", title, columns, rows, csv="scrutiny_multiplicity",
                 heads=3, tall=True)  # fmt: skip
