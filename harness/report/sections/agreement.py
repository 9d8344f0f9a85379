"""Whether the engines agree, and what the different estimators say."""

from __future__ import annotations

from harness.report.blocks import Fold, Section, Text
from harness.report.sections.material import Material, section
from harness.report.tables import concordance, estimators
from harness.report.words import LEVELS


def concordance_section(material: Material) -> Section:
    """Return verdicts, plots and the list of comparisons."""
    reading = material.reading
    level = reading.study["level"]
    pairs = reading.exact_pairs
    if not pairs:
        nothing = Text(
            "No two maximum-likelihood fits were asked for: nothing to compare.", "aside"
        )
        return section("concordance", "Do the engines agree?", nothing)
    return section(
        "concordance",
        "Do the engines agree?",
        Text(
            "Each engine is an independent program that was given the same rows and the same model."
            f" The level asked for is “{level}”: {LEVELS.get(level, '')}."
        ),
        concordance.matrix_table(reading),
        material.figure("forest", reading.strata[0]),
        concordance.pairs_table(
            reading, pairs, "pairs", f"All {len(pairs)} maximum-likelihood comparisons, worst first"
        ),
    )


def estimators_section(material: Material) -> Section:
    """Return the engines that get no verdict; empty where there are none."""
    reading = material.reading
    table = estimators.estimators_table(reading)
    if table is None:
        return section("estimators", "")
    pairs = estimators.other_pairs_table(reading)
    return section(
        "estimators",
        "A different estimator, not a wrong one",
        Text(
            "These engines do not maximise the likelihood: they add prior distributions (maximum a"
            " posteriori) or replace the posterior by a simpler shape (variational Bayes). They"
            " answer another question, so they get no verdict and count neither for nor against"
            " the agreement above."
        ),
        table,
        Fold(f"All {len(pairs.rows)} comparisons with a different estimator", (pairs,)),
    )
