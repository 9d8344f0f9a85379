"""The R side where it is hard to get to from outside: a function of it is replaced, in R."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.engines import FitOptions
from harness.engines.messages import classify
from harness.engines.r_bridge import _read_answer, _write_request
from harness.engines.r_engine import r_request
from harness.resources import folder
from tests.engines.panels import design, panel

pytestmark = pytest.mark.needs_r

SCRIPTS = ("exchange.R", "design.R", "lme4.R", "glmmtmb.R")
REGULAR = 6
# The Hessian and RX differ in the third digit here; what is one to the other is so to rounding.
AS_PRINTED = 1e-6
# The very call once more: lme4 repeats itself bit by bit, and roots of a diagonal round.
REPEATED = 1e-9
# What a start may leave undone that a regular fit may not.
LOOSE = 1e-3


def run_r(place: Path, text: str) -> str:
    sources = "".join(f"source('{folder('r_scripts') / name}')\n" for name in SCRIPTS)
    (place / "script.R").write_text(sources + text)
    run = subprocess.run(
        ["Rscript", "--vanilla", "script.R"], cwd=place, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def answer(place: Path, engine: str, made: harness.Design, change: str, **how: Any) -> Any:
    """Fit with an R function changed; ``change`` is R code that replaces it."""
    request = place / "request"
    request.mkdir()
    _write_request(r_request(made, FitOptions(**how)), request)
    run_r(place, f"{change}\nwrite_answer(fit_{engine}(read_request('request')), 'request')")
    return _read_answer(request)


RUNS = """
fine <- function(value, ...) list(value = value, notes = c(...))
broken <- list(value = structure(list("step-halvings"), class = "failed"), notes = "warning: b")
said <- function(...) writeLines(best_of(list(...), identity)$notes)
said(fine(1, "warning: a", "warning: b"), fine(3, "warning: b", "message: c", "warning: b"), broken)
cat("alone\\n")
said(fine(1, "warning: a", "warning: a", "warning: b"))
cat("all failed\\n")
said(broken, broken)
cat("silent\\n")
said(fine(1), fine(2))
"""


def test_every_starts_words_are_kept_once_those_of_the_kept_one_first(tmp_path: Path) -> None:
    assert run_r(tmp_path, RUNS).splitlines() == [
        "warning: b [3 of 3 starts]",
        "message: c [1 of 3 starts]",
        "warning: a [1 of 3 starts, not the one kept]",
        "error: step-halvings [1 of 3 starts, not the one kept]",
        "alone",
        "warning: a",
        "warning: b",
        "all failed",
        "warning: b [2 of 2 starts]",
        "silent",
    ]


def test_tolerances_given_up_are_named() -> None:
    (fit,) = harness.fit(design(panel(units=8, mean=2e4)), engines=["lme4"])
    (given_up,) = [message for message in fit.messages if "given up" in message.text]
    assert given_up.kind == "optimiser"
    assert "pwrssUpdate" in given_up.text
    used = fit.details["tolPwrss"]
    assert used > 1e-13
    tried = [f"{10.0**-k:.0e}" for k in range(13, 7, -1) if 10.0**-k < 0.5 * used]
    assert f"(at tolPwrss {', '.join(tried)}, given up) [3 of 3 starts]" in given_up.text


SPOILED_BY_LME4 = """
fit_as_ever <- glmer_once
glmer_once <- function(...) {
  model <- fit_as_ever(...)
  if (inherits(model, "merMod")) model@optinfo$derivs$Hessian[4, 4] <- -1e3
  model
}
"""
SPOILED_AT_OPTIMUM = """
derivatives_as_ever <- derivatives
derivatives <- function(...) {
  at <- derivatives_as_ever(...)
  at$Hessian[4, 4] <- -at$Hessian[4, 4]
  at
}
"""


@pytest.mark.parametrize(
    ("settings", "change"), [("default", SPOILED_BY_LME4), ("tight", SPOILED_AT_OPTIMUM)]
)
def test_rx_errors_are_never_called_observed(tmp_path: Path, settings: str, change: str) -> None:
    made = design(panel(units=REGULAR))
    found = answer(tmp_path, "lme4", made, change, settings=settings)
    assert np.isnan(found["cov_params"]).all()
    assert np.isfinite(found["params"]).all()
    assert np.isfinite(found["printed_se"]).all()
    assert "hessian" in {classify(note).kind for note in found["notes"]}
    # What lme4 prints in their place, by its own word.
    (rx,) = harness.fit(made, engines=["lme4"], settings="default", se_method="rx")
    printed_rx = np.allclose(found["printed_se"], rx.bse, rtol=AS_PRINTED)
    assert printed_rx == (settings == "default")


def test_rx_errors_that_were_asked_for_need_no_hessian(tmp_path: Path) -> None:
    made = design(panel(units=REGULAR))
    found = answer(
        tmp_path, "lme4", made, SPOILED_BY_LME4, settings="default", se_method="rx"
    )  # fmt: skip
    (rx,) = harness.fit(made, engines=["lme4"], settings="default", se_method="rx")
    bse = np.sqrt(np.diag(found["cov_params"].reshape(5, 5)))
    assert bse == pytest.approx(rx.bse, rel=REPEATED, abs=0)


def test_an_indefinite_hessian_of_glmmtmb_gives_no_standard_errors(tmp_path: Path) -> None:
    text = """
    said <- captured(fixed_covariance(diag(c(2, -3, 4)), c(TRUE, TRUE, FALSE)))
    cat(all(is.nan(said$value)), said$notes)
    kept <- captured(fixed_covariance(diag(c(2, 4, 1e-9)), c(TRUE, TRUE, FALSE)))
    cat("\\n", sprintf("%g", kept$value), attr(kept$value, "left_out"), kept$notes)
    """
    first, second = run_r(tmp_path, text).splitlines()
    assert first.startswith("TRUE warning: the Hessian at the optimum is not positive definite")
    assert classify(first).kind == "hessian"
    assert second.split() == ["0.5", "0", "0", "0.25", "1"]


STOPPED_EARLY = f"""
polish_as_ever <- newton_polish
newton_polish <- function(...) {{
  here <- polish_as_ever(...)
  here$decrement <- {LOOSE}
  here
}}
"""


@pytest.mark.parametrize(("name", "converged"), [("interior", 0.0), ("singular", 1.0)])
def test_only_a_singular_fit_may_end_loosely(tmp_path: Path, name: str, converged: float) -> None:
    singular = panel(units=8, seed=2, mean=1.0, sd=(0.8, 0.1))
    made = design(singular if name == "singular" else panel(units=REGULAR))
    found = answer(tmp_path, "glmmtmb", made, STOPPED_EARLY)
    assert found["converged"] == [converged]
