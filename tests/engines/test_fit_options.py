"""What cannot be asked for is refused in one line, before any worker starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.errors import ConfigError
from tests.engines.panels import ROLES, design, frame, panel

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("settings", "Default", "did you mean 'default'?"),
        ("settings", "tigth", "did you mean 'tight'?"),
        ("se_method", "sandwich", "choose one of 'observed', 'rx', 'cluster'"),
        ("transport", "rcsript", "did you mean 'rscript'?"),
    ],
)
@pytest.mark.parametrize("engine", ["laplace", "lme4"])
def test_unknown_option(option: str, value: Any, says: str, engine: str) -> None:
    with pytest.raises(ConfigError) as error:
        harness.fit(design(), engines=[engine], **{option: value})
    text = str(error.value)
    assert text.startswith(f"{option} ")
    assert repr(value) in text
    assert says in text
    assert "\n" not in text


REFUSED = """
import harness
from tests.engines.panels import design
for options in ({"time_limit": 0}, {"time_limit": -1.0}, {"jobs": -1}, {"jobs": 0},
                {"jobs": 10**6}):
    try:
        harness.fit(design(random="none"), engines=["lme4"], **options)
    except harness.errors.ConfigError as error:
        print(error)
"""


@pytest.mark.needs_r
def test_no_worker_or_no_time() -> None:
    # In a process of its own with a way out: what is not refused may wait for ever.
    run = subprocess.run(
        [sys.executable, "-c", REFUSED], cwd=ROOT, capture_output=True, text=True, timeout=20,
        check=False,
    )  # fmt: skip
    said = [" ".join(line.split()[:3]) for line in run.stdout.splitlines()]
    refused = ("time_limit is 0:", "time_limit is -1.0:", "jobs is -1:", "jobs is 0:")
    assert said == [*refused, "jobs is 1000000:"]


def test_a_panel_needs_a_model() -> None:
    with pytest.raises(ConfigError, match=r"^a panel needs a model: fit\(panel, SegmentedPoisson"):
        harness.fit(panel(), engines=["laplace"])


def test_fits_come_in_the_order_of_the_engines() -> None:
    bayes, laplace = harness.fit(design(), engines=["statsmodels-map", "laplace"])
    assert (bayes.engine, laplace.engine) == ("statsmodels-map", "laplace")


@pytest.mark.parametrize("engines", [[], "laplace"])
def test_engines_are_a_list_of_names(engines: Any) -> None:
    with pytest.raises(ConfigError, match="give a list of names"):
        harness.fit(design(), engines=engines)


def test_a_table_is_not_yet_a_panel() -> None:
    with pytest.raises(ConfigError, match="data is a DataFrame: give a Panel"):
        harness.fit(frame(), harness.SegmentedPoisson())  # type: ignore[arg-type]


def test_one_stratum_only() -> None:
    rows = harness.Panel.from_frame(frame(), **ROLES, stratum="region")
    model = harness.SegmentedPoisson()
    (north,) = harness.fit(rows, model, engines=["laplace"], stratum="n")
    (everywhere,) = harness.fit(rows, model, engines=["laplace"])
    assert (north.n_groups, everywhere.n_groups) == (5, 10)
    assert list(north.random_effects.index) == [f"a{unit:02d}" for unit in range(0, 10, 2)]
