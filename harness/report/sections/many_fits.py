"""Many fits at once: sentences that another program changes, and agreement over all analyses."""

from __future__ import annotations

from harness.report.blocks import Block, Fold, Section, Text
from harness.report.reading import Reading, Record
from harness.report.rounding import whole
from harness.report.sections.material import Material, fold, section
from harness.report.tables import agreement, conclusions, distances


def software_section(material: Material) -> Section:
    """Return in how many conclusions another program would have changed the sentence."""
    reading = material.reading
    groups = {g["scope"]: g for g in reading.agreement["conclusions"]["groups"]}
    spoken = [g for g in groups.values() if g["conclusions"]]
    title = "Would another program have changed a sentence?"
    if not spoken:
        return section("software", title)
    warns = any(g["changed"] for scope, g in groups.items() if scope != "estimator")
    return section(
        "software",
        title,
        Text(_answer(groups), "warning" if warns else "plain"),
        Text(
            "A conclusion is what a paper says of one stage in one analysis: it rises, it falls,"
            " or no clear change, at the 5 % level; the stages of an analysis together are its"
            " pattern. Each variant of the model counts beside the base model; the intercept is a"
            " level, not a conclusion. A sentence that changes on a negligible difference,"
            " because p sits on 0.05, is counted apart as knife-edge. What another model would"
            " change is told under “Are the intervals wide enough?”.",
            "aside",
        ),
        conclusions.counts_table(reading),
        *_listed(reading),
    )


def _answer(groups: dict[str, Record]) -> str:
    parts = [_yes_or_no(groups["maximum likelihood"], groups["estimator"])]
    openings = {
        "like for like": "Between engines of the same estimator and method, all at tight settings,"
        " the choice changes",
        "maximum likelihood": "Between all maximum-likelihood fits, at default or tight settings,"
        " it changes",
        "estimator": "With a different estimator on one side or both, it changes",
    }
    for scope, opening in openings.items():
        g = groups[scope]
        if not g["conclusions"]:
            continue
        edge = f", and {g['knife_edge']} more on a knife-edge" if g["knife_edge"] else ""
        patterns = f"{whole(g['patterns_changed'])} of {whole(g['patterns'])}"
        parts.append(
            f"{opening} {whole(g['changed'])} of {whole(g['conclusions'])} conclusions"
            f" (patterns of stages: {patterns}){edge}."
        )
    return " ".join(filter(None, parts))


def _yes_or_no(exact: Record, estimators: Record) -> str:
    other = " A different estimator would." if estimators["changed"] else ""
    if not exact["conclusions"]:
        return ""
    if exact["changed"]:
        return "Yes, even among programs that maximise the likelihood."
    if exact["knife_edge"]:
        return f"Only on a knife-edge, among programs that maximise the likelihood.{other}"
    return f"Not among programs that maximise the likelihood.{other}"


def _listed(reading: Reading) -> list[Block]:
    """Return each changed conclusion: maximum likelihood in the open, the others folded."""
    blocks: list[Block] = []
    for estimators, edge, name, title in (
        (False, False, "changed", "Sentences that change between maximum-likelihood fits"),
        (False, True, "knife-edge", "Knife-edge: p on 0.05, the numbers hardly differ"),
        (True, False, "changed-estimators", "Sentences that a different estimator changes"),
        (True, True, "knife-edge-estimators", "Knife-edge between different estimators"),
    ):
        rows = conclusions.changed_rows(reading, estimators, edge)
        if not rows:
            continue
        table = conclusions.changed_table(reading, rows, name, title)
        summary = f"{title}: {len(rows)}, by pair of engines"
        blocks.append(Fold(summary, (table,)) if estimators else table)
    return blocks


def many_fits_section(material: Material) -> Section:
    """Return heat map, limits of agreement, coefficients, digits and odd ones out."""
    reading = material.reading
    like, others = agreement.LIKE, agreement.OTHERS
    if not reading.agreement["pairs"] and not material.figure("heat-map"):
        return section("many-fits", "")
    blocks: list[Block | None] = [
        Text(
            "What no single comparison shows: whether differences lean one way (bias), how large"
            " they get (limits of agreement), and whose they are (odd one out). Differences of the"
            " intercept, a level, enter the distances but not the other summaries."
        ),
        material.figure("heat-map"),
        fold(
            "The same in numbers, and for the strata",
            distances.distance_table(reading),
            material.figure("heat-map-strata"),
        ),
        distances.odd_table(reading),
        material.figure("bland-altman"),
        agreement.limits_table(
            reading, like, "agreement", "Limits of agreement (Bland and Altman), like for like"
        ),
        agreement.closeness_table(
            reading, like, "closeness", "Lin, Deming and equivalence, like for like"
        ),
        agreement.digits_table(reading, like, "digits", "Digits of agreement, like for like"),
        fold(
            "The same for all other pairs: default settings, and different estimators",
            agreement.limits_table(reading, others, "agreement-others", "Limits of agreement"),
            agreement.closeness_table(
                reading, others, "closeness-others", "Lin, Deming and equivalence"
            ),
            agreement.digits_table(reading, others, "digits-others", "Digits of agreement"),
        ),
    ]
    return section("many-fits", "All fits at once", *blocks)
