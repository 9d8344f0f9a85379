"""The power report as a whole."""

from __future__ import annotations

from harness.report.embed import data_uri
from harness.report.power.curve import power_curve
from harness.report.power.reading import PowerAnalysis
from harness.report.power.sections import all_sections
from harness.report.power.status import power_status
from harness.report.rounding import whole
from harness.report.simulation.wording import method_sentence
from harness.report.whole import Document
from harness.report.words import counted


def power_document(analysis: PowerAnalysis) -> Document:
    """Return the report on one power analysis."""
    curve = power_curve(analysis)
    drawings = () if curve is None else (curve,)
    study, results = analysis.study, analysis.results
    detectable = (results["detectable"] or {}).get("evaluations", [])
    simulated = [*analysis.points, *analysis.evaluations, *detectable]
    n = sum(point["replicates"] for point in simulated)
    designs = counted(len(simulated), "design")
    return Document(
        kind="Power analysis",
        name=study["name"],
        title=study["title"],
        command=analysis.options["command"],
        status=power_status(analysis),
        count=whole(n) if n else "",
        counted=f"data sets simulated, fitted and tested, over {designs}.",
        aside="The model",
        aside_text=f"{results['process']['title']}; {method_sentence(results['method'])}.",
        sections=all_sections(analysis, {drawing.name: drawing for drawing in drawings}),
        drawings=drawings,
        images={drawing.name: data_uri(drawing.svg) for drawing in drawings},
    )
