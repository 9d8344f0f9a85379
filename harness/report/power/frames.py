"""Every digit of a power analysis, one CSV file a table."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from harness.report.frames import version_rows
from harness.report.power.reading import PowerAnalysis
from harness.report.reading import Record
from harness.report.simulation.frames import flat, frame, truth_rows

HEADS = {
    "points": ("replicates", "rejected", "power", "low", "high", "reason"),
    "search": ("value", "replicates", "power"),
    "audit": ("engine", "settings", "replicates", "share", "ok"),
    "decisions": ("point", "replicate", "p_fast", "p_audit", "explanation"),
    "truths": ("process", "term", "truth", "percent"),
}


def power_frames(analysis: PowerAnalysis) -> dict[str, pd.DataFrame]:
    """Return every CSV table by file stem; search and audit where they were asked for."""
    results = analysis.results
    audit = results["audit"]
    frames = {
        "points": frame(_points(analysis), HEADS["points"]),
        "truths": frame(truth_rows([results["process"]]), HEADS["truths"]),
        "methods": frame([flat(results["method"])]),
        "versions": frame(version_rows(results["environment"])),
    }
    for name in ("search", "detectable"):
        if results[name]:
            frames[name] = frame(map(flat, results[name].get("evaluations", [])), HEADS["search"])
    if audit:
        summary = {key: x for key, x in audit.items() if key != "decisions_differ"}
        frames["audit"] = frame([flat(summary)])
        frames["decisions"] = frame(map(flat, audit["decisions_differ"]), HEADS["decisions"])
    return frames


def _points(analysis: PowerAnalysis) -> Iterator[Record]:
    for point in analysis.points:
        rest = {key: x for key, x in point.items() if key != "axis"}
        yield {**point["axis"], **flat(rest)}
