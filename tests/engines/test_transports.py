"""rpy2 and Rscript are two ways to one R: the same numbers to the last bit, the same words."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.engines import FitOptions
from harness.engines.workers import Task, fit_task, in_workers
from tests.engines import in_worker
from tests.engines.panels import design, panel

pytestmark = pytest.mark.needs_r

ROOT = Path(__file__).resolve().parents[2]
TRANSPORTS = ["rpy2", "rscript"]
R_ENGINES = ["lme4", "glmmtmb"]
# What a fit is made of, as bits and words.
FIELDS = [
    "params", "bse", "covariance", "cov_re", "random_effects", "llf", "theta", "bse_printed",
    "dispersion", "converged", "singular", "messages", "failure", "engine_version",
]  # fmt: skip
SMALL = 6


def rescaled() -> harness.Design:
    """Two columns on scales so different that lme4 warns, in one case on two lines."""
    d = design()
    return harness.Design(
        d.endog, d.exog * [1, 1e5, 1e-3, 1, 1], d.groups, exog_re=d.exog_re, offset=d.offset
    )


MODELS: dict[str, Callable[[], harness.Design]] = {
    "slope": lambda: design(panel(units=SMALL)),
    "intercept": lambda: design(panel(units=SMALL), random="intercept"),
    "none": lambda: design(panel(units=SMALL), random="none"),
    "diagonal": lambda: design(panel(units=SMALL), covariance="diagonal"),
    "nb2": lambda: design(panel(units=SMALL, theta=3.0), family="nb2"),
    "rescaled": rescaled,
}
# Each model once; both settings where they differ most.
CASES = [
    (engine, model, "tight" if model in {"none", "diagonal"} else "default")
    for model in MODELS
    for engine in (["glmmtmb"] if model == "nb2" else R_ENGINES)
] + [("lme4", "slope", "tight"), ("glmmtmb", "slope", "tight"), ("glmmtmb", "nb2", "tight")]


def separated() -> harness.Design:
    """No counts at all from the period after the event on: R's own glm warns."""
    d = design(panel(units=SMALL, mean=3.0), random="none")
    return harness.Design(
        d.endog * (d.exog[:, 3] == 0), d.exog, d.groups, offset=d.offset, random="none"
    )


@functools.cache
def all_fits() -> dict[tuple[str, ...], harness.FitResult]:
    """Every case by both transports, side by side in two workers."""
    asked = [(*case, transport) for case in CASES for transport in TRANSPORTS]
    tasks = [
        Task(MODELS[model](), engine, FitOptions(settings=settings, transport=transport))
        for engine, model, settings, transport in asked
    ]
    calls = [(fit_task, (task,)) for task in tasks]
    return {asked[at]: o.or_failed(tasks[at]) for at, o in in_workers(calls, 2, 300.0)}


def bits(value: Any) -> Any:
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, np.ndarray):
        return value.shape, value.astype("<f8").tobytes()
    return value.hex() if isinstance(value, float) else value


@pytest.mark.parametrize(("engine", "model", "settings"), CASES)
def test_same_to_the_last_bit(engine: str, model: str, settings: str) -> None:
    one, other = (all_fits()[engine, model, settings, transport] for transport in TRANSPORTS)
    assert one.failure is None
    assert np.isfinite(one.params).all()
    assert [fit.details["transport"] for fit in (one, other)] == TRANSPORTS
    different = [
        field for field in FIELDS if bits(getattr(one, field)) != bits(getattr(other, field))
    ]
    assert not different


def test_every_message_is_one_line() -> None:
    messages = all_fits()["lme4", "rescaled", "default", "rpy2"].messages
    assert len(messages) >= 3
    assert not [message.text for message in messages if "\n" in message.text]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("name", "alter", "says"),
    [
        ("lme4", in_worker.one_bit_of_y, "checksum differs"),
        ("glmmtmb", in_worker.one_bit_of_y, "checksum differs"),
        ("lme4", in_worker.sign_of_a_zero, "checksum differs"),
        ("lme4", in_worker.two_columns_swapped, "checksum differs"),
        ("lme4", in_worker.last_row_lost, "checksum differs"),
        ("lme4", in_worker.single_precision, "only float64 goes to R, not float32"),
        ("lme4", in_worker.whole_numbers, "only float64 goes to R, not int64"),
        ("lme4", in_worker.other_byte_order, "only float64 goes to R, not >f8"),
    ],
)
def test_altered_on_the_way(name: str, alter: Any, says: str, transport: Any) -> None:
    options = FitOptions(settings="default", transport=transport)
    call = (in_worker.fit_altered, (name, design(), options, alter))
    [(_, outcome)] = in_workers([call], jobs=2, time_limit=60)
    kind, words = outcome.value
    assert kind == "ConversionError"
    assert says in words
    assert "\n" not in words


@pytest.mark.parametrize("name", R_ENGINES)
def test_a_conversion_warning_is_an_error(name: str) -> None:
    options = FitOptions(settings="default", transport="rpy2")
    call = (in_worker.fit_with_a_conversion_warning, (name, design(), options))
    [(_, outcome)] = in_workers([call], jobs=2, time_limit=60)
    words = "ConversionError: conversion warning on the way to R: a column became text"
    assert outcome.value == words
    # Warnings are warnings again afterwards.
    (fit,) = harness.fit(design(), engines=[name], settings="default", transport="rpy2", jobs=2)
    assert fit.failure is None


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_r_stops_in_its_own_words(transport: Any) -> None:
    options = FitOptions(settings="default", transport=transport)
    call = (in_worker.fit_altered, ("glmmtmb", design(), options, in_worker.unknown_family))
    [(_, outcome)] = in_workers([call], jobs=2, time_limit=60)
    assert outcome.value == ("FitFailure", "R says: 'family' not recognized")
    d = design()
    hopeless = harness.Design(d.endog, d.exog, d.groups, exog_re=d.exog_re, offset=d.offset - 800)
    lme4, glmmtmb = harness.fit(
        hopeless, engines=R_ENGINES, settings="default", transport=transport, jobs=2
    )
    assert lme4.failure == (
        "R says: (maxstephalfit) PIRLS step-halvings failed to reduce deviance in pwrssUpdate"
    )
    assert glmmtmb.failure == (
        "R says: negative log-likelihood is NaN at starting parameter values"
    )
    for fit in (lme4, glmmtmb):
        assert [message.kind for message in fit.messages] == ["failure"]
        assert not fit.converged
        assert fit.params.isna().all()


REPORT = """
import json, sys
import harness
from harness.errors import HarnessError
from tests.engines.test_transports import MODELS, separated
for transport in sys.argv[1:]:
    for made in (MODELS["slope"](), separated()):
        try:
            fit, = harness.fit(made, engines=["lme4"], settings="default", transport=transport)
        except HarnessError as error:
            print(json.dumps([type(error).__name__, str(error)]))
            continue
        words = [message.text for message in fit.messages]
        print(json.dumps([fit.details.get("transport"), fit.failure, fit.llf.hex(), words]))
"""


def elsewhere(folder: Path, *transports: str, **environment: str) -> list[Any]:
    """Fit in a fresh Python whose working directory is ``folder``; return what it reports."""
    script = folder / "script.py"
    script.write_text(REPORT)
    path = os.pathsep.join(filter(None, [environment.pop("PYTHONPATH", ""), str(ROOT)]))
    run = subprocess.run(
        [sys.executable, script, *transports],
        cwd=folder, env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def reference() -> str:
    return all_fits()["lme4", "slope", "default", "rpy2"].llf.hex()


def test_auto_falls_back_to_rscript_where_rpy2_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "shadow" / "rpy2").mkdir(parents=True)
    code = "raise RuntimeError('Unable to determine R_HOME')"
    (tmp_path / "shadow" / "rpy2" / "__init__.py").write_text(code)
    auto, _, asked_for, _ = elsewhere(tmp_path, "auto", "rpy2", PYTHONPATH=str(tmp_path / "shadow"))
    assert auto == ["rscript", None, reference(), []]
    kind, words = asked_for
    assert kind == "EngineUnavailable"
    assert words.startswith("rpy2 does not start (RuntimeError: Unable to determine R_HOME): ")
    assert "\n" not in words


@pytest.fixture(scope="module")
def with_own_set_up(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Fits from a folder with a user's profile, environment and workspace of R, in German."""
    folder = tmp_path_factory.mktemp("own")
    (folder / ".Rprofile").write_text("options(contrasts = rep('contr.sum', 2))\nstop('mine')\n")
    (folder / ".Renviron").write_text("OMP_NUM_THREADS=7\n")
    workspace = (
        "for (f in c('sprintf', 'matrix', 'exp', 'diag')) assign(f, function(...) stop('mine'));"
        " o <- 1; T <- 0; save(list = ls(), file = '.RData')"
    )
    subprocess.run(["Rscript", "--vanilla", "-e", workspace], cwd=folder, check=True)
    found = elsewhere(folder, *TRANSPORTS, LANGUAGE="de", LC_ALL="C.UTF-8")
    return {"rpy2": found[:2], "rscript": found[2:]}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_users_own_set_up_changes_nothing(
    with_own_set_up: dict[str, Any], transport: str
) -> None:
    slope, glm = with_own_set_up[transport]
    assert slope == [transport, None, reference(), []]
    # In English whatever the user's language: messages are sorted by their words.
    assert glm[3] == ["warning: glm.fit: fitted rates numerically 0 occurred"]
