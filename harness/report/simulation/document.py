"""The simulation report as a whole."""

from __future__ import annotations

from harness.report.embed import data_uri
from harness.report.rounding import whole
from harness.report.simulation.figures.plots import all_plots
from harness.report.simulation.reading import Simulation, failed
from harness.report.simulation.sections import all_sections
from harness.report.simulation.status import simulation_status
from harness.report.simulation.wording import of_replicates
from harness.report.whole import Document
from harness.report.words import counted


def simulation_document(sim: Simulation) -> Document:
    """Return the report on one simulation study."""
    drawings = tuple(all_plots(sim))
    study, options = sim.study, sim.options
    n = sum(rate["replicates"] for rate in sim.rates)
    done = n - sum(failed(rate) for rate in sim.rates)
    size = of_replicates(options["replicates"])
    return Document(
        kind="Simulation study",
        name=study["name"],
        title=study["title"],
        command=options["command"],
        status=simulation_status(sim),
        count=f"{whole(done)} of {whole(n)}",
        counted=f"fits gave an answer: {size} of {counted(len(sim.processes), 'process')}, each"
        f" analysed by {counted(len(sim.methods), 'method')}.",
        aside="Aims",
        aside_text=study["aims"] or "Not stated in the study file.",
        sections=all_sections(sim, {drawing.name: drawing for drawing in drawings}),
        drawings=drawings,
        images={drawing.name: data_uri(drawing.svg) for drawing in drawings},
    )
