"""Every difference between engines on the built-in studies is registered, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.concordance.register import Difference, complaints, load_register
from harness.concordance.verdict import IDENTICAL
from harness.study.loading import built_in_studies, load_study
from harness.study.prepared import RunOptions
from harness.study.runner import run_study

EXAMPLES = Path(__file__).parents[2] / "reports" / "examples"
LIMITS = {
    "max_diff_se": IDENTICAL.diff_se, "max_rel_se": IDENTICAL.rel_se,
    "llf_diff": IDENTICAL.llf, "sd_re_diff": IDENTICAL.sd_re, "re_diff": IDENTICAL.re,
}  # fmt: skip


def committed(results: dict[str, Any], pair: dict[str, Any]) -> Difference:
    """A comparison of ``results.json`` as the register sees it."""
    fits = {fit["id"]: fit for fit in results["fits"]}
    a, b = fits[pair["fit_a"]], fits[pair["fit_b"]]
    alike = (a["estimator"], a["method"]) == (b["estimator"], b["method"])
    names = LIMITS if alike else ("max_diff_se", "max_rel_se")
    sizes = {name: abs(pair[name] or 0.0) for name in names}
    return Difference(
        results["study"]["name"], pair["indicator"], pair["stratum"], pair["variant"],
        f"{a['engine']}/{a['settings']}", f"{b['engine']}/{b['settings']}", pair["cause"],
        {name: size for name, size in sizes.items() if size > LIMITS[name]},
    )  # fmt: skip


@pytest.mark.parametrize("study", ["us-traffic"])
def test_the_committed_example_is_as_registered(study: str) -> None:
    results = json.loads((EXAMPLES / study / "results.json").read_text(encoding="utf-8"))
    found = [committed(results, pair) for pair in results["comparisons"] if pair["cause"]]
    assert len(found) > 100
    assert complaints(load_register(), found, [study]) == []


@pytest.mark.long
@pytest.mark.needs_r
@pytest.mark.parametrize("study", ["us-traffic"])
def test_a_run_is_as_registered(study: str) -> None:
    path = built_in_studies()[study]
    run = run_study(load_study(path), RunOptions(path.parent, jobs=2), lambda *_: None)
    found = list(run.differences.values())
    assert "unexplained" not in {difference.cause for difference in found}
    assert complaints(run.register, found, [study]) == []
