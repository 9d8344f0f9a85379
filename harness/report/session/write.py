"""From the checks of a test session to the files of its report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from harness.report.reading import Record
from harness.report.session.document import session_document
from harness.report.write import rendered, write_files

PAIR_HEADS = (
    "test", "label", "engine_a", "engine_b", "verdict", "like_for_like", "max_diff_se",
    "max_rel_se", "llf_diff", "cause", "conclusion_changes",
)  # fmt: skip
ESTIMATE_HEADS = ("test", "label", "engine", "version", "settings", "term", "estimate", "se")


def render_session_report(records: Sequence[Record]) -> dict[str, bytes]:
    """Return every file of the report by its path; the same records give the same bytes.

    Parameters
    ----------
    records : sequence of dict
        Checks, as ``harness.testing.records.record_of`` makes them; one at least.
    """
    frames = {
        "pairs": pd.DataFrame(list(_pairs(records)), columns=list(PAIR_HEADS)),
        "estimates": pd.DataFrame(list(_estimates(records)), columns=list(ESTIMATE_HEADS)),
    }
    results = {"schema": 1, "kind": "session", "checks": list(records)}
    text = json.dumps(results, indent=1, allow_nan=False, ensure_ascii=False)
    return {
        **rendered(session_document(records), frames), "results.json": f"{text}\n".encode()
    }  # fmt: skip


def write_session_report(records: Sequence[Record], out: Path) -> Path:
    """Write the report into a folder and return the path of its HTML page."""
    return write_files(render_session_report(records), out)


def _pairs(records: Sequence[Record]) -> Iterator[Record]:
    for record in records:
        for pair in record["pairs"]:
            yield {"test": record["where"], "label": record["label"], **pair}


def _estimates(records: Sequence[Record]) -> Iterator[Record]:
    for record in records:
        for fit in record["fits"]:
            for term, numbers in fit["params"].items():
                yield {
                    "test": record["where"], "label": record["label"], **numbers, "term": term,
                    **{name: fit[name] for name in ("engine", "version", "settings")},
                }  # fmt: skip
