"""Who audits, what is said of a power, and what a replay shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError, HarnessError
from harness.report import write_power_report
from harness.study import power
from harness.study.power import run_power
from harness.study.power_results import power_results
from harness.study.protocol import protocol_paragraph
from harness.study.replay import replay
from harness.study.simulate import SimulationOptions, replications_of
from harness.study.store import ResultStore
from tests.study.planning import POWER, SIMULATE, plan

# A percentage there and back through a logarithm.
ROUNDING = 1e-13


@pytest.mark.parametrize(
    ("model", "method", "auditor"),
    [
        ("", "engine: laplace", "lme4"),
        ("", "engine: laplace, family: nb2", "glmmtmb"),
        ("model: {family: nb2}\n", "engine: laplace", "glmmtmb"),
        ("model: {family: nb2}\n", "engine: laplace, family: poisson", "lme4"),
    ],
)
def test_the_first_engine_of_r_that_fits_the_model_audits(
    tmp_path: Path, model: str, method: str, auditor: str
) -> None:
    file = plan(tmp_path, POWER, ("power:\n", f"{model}power:\n"), ("engine: laplace", method),
                ("audit: null", "audit: {}"))  # fmt: skip
    assert file.power is not None
    assert power._auditor(file, file.power) == auditor


@pytest.mark.parametrize(
    ("method", "audit", "says"),
    [
        ("engine: laplace, family: nb2", "engine: lme4", "engine 'lme4' has no family 'nb2'"),
        (
            "engine: laplace, se_method: cluster",
            "share: 0.1",
            "has no se_method 'cluster'.*audit: null",
        ),
    ],
)
def test_an_audit_that_no_engine_can_make(
    tmp_path: Path, method: str, audit: str, says: str
) -> None:
    file = plan(
        tmp_path, POWER, ("engine: laplace", method), ("audit: null", f"audit: {{{audit}}}")
    )
    assert file.power is not None
    with pytest.raises(ConfigError, match=rf"^power\.audit: .*{says}"):
        power._auditor(file, file.power)


def found(folder: Path, *changes: tuple[str, str]) -> dict[str, Any]:
    file = plan(
        folder, POWER, ("  search: {over: units, between: [10, 100]}\n", ""),
        ("  detectable: {over: percent, between: [1, 50]}\n", ""),
        ("  vary: {units: [10, 20]}\n", "  replicates: 10\n"), *changes,
    )  # fmt: skip
    store = ResultStore(folder / "store")
    try:
        run = run_power(file, SimulationOptions(base=folder), lambda *said: None, store)
        return power_results(run)
    finally:
        store.close()


def test_a_power_without_a_true_value_is_said(tmp_path: Path) -> None:
    """Another impact model is fitted than drawn from."""
    results = found(
        tmp_path, ("contrast: step0", "contrast: level"), ("engine: laplace", "impact: level"),
        ("    baseline: 50", "    impact: slope\n    baseline: 50"), ("{step0: 5}", "{slope: 5}"),
    )  # fmt: skip
    assert results["points"][0]["percent"] is None
    assert "The power to detect it was " in protocol_paragraph(results)


def test_a_power_with_one(tmp_path: Path) -> None:
    results = found(tmp_path)
    assert results["points"][0]["percent"] == pytest.approx(5.0, rel=ROUNDING, abs=0)
    assert "The power to detect a change of 5.0 % was " in results["paragraph"]


def test_a_design_alone_has_a_report(tmp_path: Path) -> None:
    results = found(tmp_path)
    assert results["axes"] == [
        {"name": "units", "label": "Number of units", "unit": "", "values": [20.0]}
    ]
    assert results["points"][0]["axis"] == {"units": 20.0}
    page = write_power_report(results, tmp_path / "report").read_text("utf-8")
    assert f"{100 * results['points'][0]['power']:.1f}" in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("engine: laplace", "engine: laplace, random: none"),
            "no variance between units to correct",
        ),
        (
            ("engine: laplace", "engine: laplace, se_method: cluster"),
            "corrected for few units already",
        ),
        (("contrast: step0", "contrast: step0 = step0"), "weighs no term"),
        (("contrast: step0", "contrast: 'step0, step1'"), "must be one equation"),
        (("contrast: step0", "contrast: level"), "is not understood"),
        (("{units: 20}", "{units: 20, after: 0}"), "cannot tell the stages"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_drawn(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    with pytest.raises(HarnessError, match=rf"^power: .*{says}"):
        found(tmp_path, change)


def test_a_replay_says_at_what_stage_a_replicate_failed(tmp_path: Path) -> None:
    file = plan(tmp_path, SIMULATE, ("baseline: 50", "baseline: 1.0e-9"))
    found = replay(replications_of(file, SimulationOptions(base=tmp_path)), "base:3")
    assert set(found.answers["failed"]) == {"simulate"}
    assert (found.data["count"] == 0).all()
    file = plan(tmp_path, SIMULATE, ("baseline: 50", "baseline: 1.0e30"))
    with pytest.raises(ConfigError, match="too large to be drawn"):
        replay(replications_of(file, SimulationOptions(base=tmp_path)), "base:3")


@pytest.mark.parametrize("which", ["base", "bose:1", "base:-1", "base:x", ":1"])
def test_a_replay_of_what_is_not_there(tmp_path: Path, which: str) -> None:
    file = plan(tmp_path, SIMULATE)
    with pytest.raises(ConfigError, match=r"^--replay "):
        replay(replications_of(file, SimulationOptions(base=tmp_path)), which)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("{name: poisson}", "{name: poisson, family: binomial}"),
            "methods.0 .*a process draws counts",
        ),
        (
            ("{name: poisson}", "{name: poisson, engine: agq, family: poisson-olre}"),
            "has no family",
        ),
        (("[step0 = pre]", "[step0]"), "contrast 'step0' is a term, estimated anyway: remove it"),
        (("[step0 = pre]", "[stepo]"), "is not understood"),
        (
            ("[1, 2]", "[1, 2], late: 0.5, late_by: 7"),
            "processes.0: a unit is left without any row",
        ),
    ],
)
def test_what_cannot_be_simulated_is_refused(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    file = plan(tmp_path, SIMULATE, change)
    with pytest.raises(HarnessError, match=rf"^simulate\..*{says}"):
        replications_of(file, SimulationOptions(base=tmp_path))
