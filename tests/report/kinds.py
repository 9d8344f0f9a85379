"""One report of every kind, its names plain or made of markup."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from harness.report import render_power_report, render_report, render_simulation_report
from harness.report.session import render_session_report
from tests.report.conftest import TERMS, build_results
from tests.report.planned import METHODS, PROCESSES, build_simulation
from tests.report.powered import build_power

Results = dict[str, Any]
HOSTILE = """"><script>alert('1')</script> & <b>|`*_[x](y) $x^2$ 漢字 =1+1"""
SMALL = {"replicates": 200, "processes": {"nb2": PROCESSES["nb2"]},
         "methods": dict(list(METHODS.items())[:2])}  # fmt: skip


def hostile_claim() -> Results:
    """A claim whose every word is markup."""
    words = ("id", "text", "indicator", "stratum", "basis", "basis_label", "engine", "language",
             "family", "result", "result_as_printed", "evidence")  # fmt: skip
    numbers = ("parts", "parts_supported", "parts_supported_as_printed")
    return {**dict.fromkeys(words, HOSTILE), **dict.fromkeys(numbers, 1),
            "estimator": "maximum likelihood", "statements": []}  # fmt: skip


def _marked_up(results: Results) -> None:
    for indicator in results["indicators"]:
        indicator["label"] = indicator["exposure"] = HOSTILE
    for fit in results["fits"]:
        fit["reproduce"] = f"</code></pre>{HOSTILE}"
        fit["messages"] = [{"kind": HOSTILE, "text": HOSTILE}]


def hostile_run() -> Results:
    """A study whose every name is markup."""
    results = build_results(indicators=1, strata=("all", HOSTILE), edit=_marked_up)
    for key in ("title", "unit_word", "period_word", "event_word", "source", "command"):
        results["study"][key] = HOSTILE
    results["panel"]["dropped"][0] |= {"reason": HOSTILE, "units": [HOSTILE]}
    results["verdict"]["sentence"] = HOSTILE
    results["claims"] = [hostile_claim()]
    return results


def hostile_plan(results: Results) -> None:
    """Make markup of every text that a simulation or a power analysis can bring along."""
    study = results["study"]
    study |= dict.fromkeys(study, HOSTILE)
    results["options"]["command"] = HOSTILE
    processes = results.get("processes") or [results["process"]]
    methods = results.get("methods") or [results["method"]]
    for process in processes:
        process |= {"title": HOSTILE, "formula": HOSTILE, "facts": [[HOSTILE, HOSTILE]]}
    for method in methods:
        words = ("label", "engine", "settings", "family", "impact", "se_method", "reference")
        method.update(dict.fromkeys(words, HOSTILE))
    for row in results.get("performance", []):
        row["reason"] = HOSTILE if row["value"] is None else None
    for point in results.get("points", []):
        point["stopped"] = HOSTILE
    if "audit" in results:
        results["paragraph"] = results["contrast"]["text"] = results["test"] = HOSTILE
        for axis in results["axes"]:
            axis |= {"label": HOSTILE, "unit": HOSTILE}
        differs = {"point": HOSTILE, "replicate": 3, "p_fast": 0.04, "p_audit": 0.06,
                   "explanation": HOSTILE}  # fmt: skip
        results["audit"] |= {"engine": HOSTILE, "settings": HOSTILE, "decisions_differ": [differs]}


def build_session(name: str = "tests/test_panel.py::test_agree") -> list[Results]:
    """Two checks of a test session: one agrees, one does not and lost a fit."""
    return [_check(name, "concordant", True), _check(f"{name}[two]", "discordant", False)]


def _check(name: str, verdict: str, reaches: bool) -> Results:
    fits = [_session_fit("lme4", name, None), _session_fit("laplace", name, None)]
    fits += [] if reaches else [_session_fit("glmmtmb", name, f"killed: {name}")]
    pair = {
        "engine_a": "lme4", "engine_b": "laplace", "verdict": verdict, "like_for_like": True,
        "max_diff_se": 1.2e-5, "max_rel_se": 3e-6, "llf_diff": None,
        "cause": None if reaches else "unexplained", "conclusion_changes": not reaches,
    }  # fmt: skip
    return {
        "where": name, "label": name, "level": "concordant", "verdict": verdict,
        "reaches": reaches, "nobs": 280, "units": 40, "family": "poisson", "terms": list(TERMS),
        "design": "ab" * 32, "pairs": [pair], "fits": fits, "explanation": f"lme4 and {name}.",
    }  # fmt: skip


def _session_fit(engine: str, name: str, failure: str | None) -> Results:
    return {
        "engine": engine, "version": "1.1", "settings": "tight", "converged": failure is None,
        "singular": False, "llf": -12.5, "failure": failure,
        "params": {term: {"estimate": 0.1, "se": 0.02} for term in TERMS},
        "reproduce": None if failure else f"# {name}\nfit({engine})\n",
    }  # fmt: skip


KINDS: dict[str, Callable[[], dict[str, bytes]]] = {
    "run": lambda: render_report(hostile_run()),
    "simulation": lambda: render_simulation_report(build_simulation(**SMALL, edit=hostile_plan)),
    "power": lambda: render_power_report(
        build_power(second=(1.0, 2.0), search=True, edit=hostile_plan)
    ),
    "session": lambda: render_session_report(build_session(HOSTILE)),
}


@functools.cache
def files_of(kind: str) -> dict[str, bytes]:
    """Every file of a report of this kind with names made of markup; drawn once a process."""
    return KINDS[kind]()
