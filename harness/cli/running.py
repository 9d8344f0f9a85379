"""What ``harness run`` does, once it is known what was asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.cli.terminal import Progress, progress, say, say_json
from harness.study.config import Study
from harness.study.prepared import RunOptions, prepare_study
from harness.study.runner import run_prepared
from harness.study.store import FILE, ResultStore
from harness.study.writing import check_writable, digest_of, write_run, written_before


def run_and_say(
    study: Study, options: RunOptions, out: Path, *, fresh: bool, as_json: bool
) -> bool:
    """Run a study, say what was found, and return whether its level is reached."""
    with progress("fitting", quiet=as_json) as report:
        page = page_of(study, options, out, report, fresh=fresh)
    results = json.loads((page.parent / "results.json").read_text("utf-8"))
    if as_json:
        say_json(results)
    else:
        _say(results, page)
    return bool(results["verdict"]["ok"])


def page_of(
    study: Study, options: RunOptions, out: Path, progress: Progress, *, fresh: bool
) -> Path:
    """Return the report's page; a report that stands there and would not change stays."""
    prepared = prepare_study(study, options)
    check_writable(out / prepared.study.study)
    store = ResultStore(out / FILE, fresh=fresh)
    try:
        page = written_before(prepared, store, out)
        if page is None:
            done = run_prepared(prepared, progress, store)
            page = write_run(done, out)
            if done.complete:  # what failed is tried again the next time
                store.put(prepared.key, digest_of(page.parent))
    finally:
        store.close()
    return page


def _say(results: dict[str, Any], page: Path) -> None:
    counts = results["counts"]
    known = counts["pairs_registered"]
    say(f"\n{results['verdict']['sentence']}", bold=True)
    say(
        f"Pairs at level {results['study']['level']}: {counts['pairs_at_level']} of"
        f" {counts['pairs_expected']} expected"
        f"{f' and {known} registered as known' if known else ''}; fits: {counts['fits_done']} of"
        f" {counts['fits_expected']}."
    )
    say(f"Report: {page}")
