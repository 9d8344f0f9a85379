"""A difference without a cause becomes a folder that shows it in both languages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import harness
from harness.concordance.compare import compare_pair
from harness.concordance.pair import Pair
from harness.engines import engine
from harness.engines.workers import Task, fit_task
from harness.errors import ConfigError
from harness.reproduction import Reproduction, write_reproduction
from harness.reproduction.columns import design_frame
from harness.reproduction.in_r import script
from harness.reproduction.reduce import Budget
from harness.result import FitResult
from tests.concordance.fits import exact_fit, moved
from tests.engines.panels import design, panel
from tests.faults.planted import FAULTS, faulty_scripts
from tests.faults.planting import PANEL, honest_fits, planted

CONSTANT = 0.05  # of the fault planted
# Both programs compute the same number to rounding; a covariance near singular costs its factor
# half of the digits.
SAME_VALUE = 1e-6
# The very call of the fit once more, with the numbers in seventeen digits.
REDONE = 1e-9
PRIVATE = "Little Snoring"


def here(tasks: Sequence[Task]) -> list[FitResult]:
    """Fit in this process, where R scripts are patched."""
    return [fit_task(task) for task in tasks]


def printed(folder: Path, *command: str) -> dict[str, dict[str, float]]:
    """Run a script and return its numbers by block and name."""
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    blocks: dict[str, dict[str, float]] = {}
    title = ""
    for line in shown.stdout.splitlines():
        if line.startswith("  "):
            name, value = line.strip().rsplit(maxsplit=1)
            blocks[title][name] = float(value)
        else:
            title = line
            blocks[title] = {}
    return blocks


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Reproduction, Path]:
    fault = next(f for f in FAULTS if f.name == "the log-likelihood lacks a constant")
    place, folder = (tmp_path_factory.mktemp(name) for name in ("scripts", "reproduction"))
    pair = planted(fault, honest_fits(), place / "first")
    assert fault.script is not None
    with faulty_scripts(place / "again", *fault.script):
        made = write_reproduction(pair, folder, Budget(trials=4), here)
    return pair, made, folder


@pytest.mark.needs_r
def test_the_panel_is_smaller_and_the_difference_stays(
    reproduced: tuple[Pair, Reproduction, Path],
) -> None:
    pair, made, folder = reproduced
    data = pd.read_csv(folder / "data.csv")
    assert made.pair.explanation is not None
    assert made.pair.explanation.cause == "unexplained"
    assert data["unit"].nunique() == made.pair.a.design.n_groups < pair.a.design.n_groups
    assert list(data) == ["y", "o", "unit", *pair.a.design.exog_names, "t"]
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"- log-likelihood: {CONSTANT:+}" in text
    assert "Evidence: the log-likelihood that lme4 (tight) reports is off by +0.05" in text
    assert "units (of 30; 4 trials were made)" in text
    assert "lme4 1." in text


@pytest.mark.needs_r
def test_both_scripts_print_the_two_answers(reproduced: tuple[Pair, Reproduction, Path]) -> None:
    _, made, folder = reproduced
    ours, theirs = made.pair.a, made.pair.b
    in_r = printed(folder, "Rscript", "redo.R")
    in_python = printed(folder, sys.executable, "redo.py")
    # The fault is in what called R, and so the call alone does not show it: that is the news.
    reported, redone = (
        in_r[f"lme4 (tight): {how}"] for how in ("as it was reported", "redone by its own call")
    )
    assert reported["log-likelihood"] == theirs.llf
    assert redone["log-likelihood"] == pytest.approx(theirs.llf - CONSTANT, abs=SAME_VALUE)
    exact = reported["Laplace log-likelihood at these estimates, in base R"]
    assert exact == pytest.approx(theirs.llf - CONSTANT, abs=SAME_VALUE)
    at_r = in_python["lme4 (tight): as it was reported"]
    assert at_r["exact Laplace log-likelihood at these estimates"] == pytest.approx(
        exact, abs=SAME_VALUE
    )
    again = in_python["laplace (tight): redone by its own call"]
    assert again["log-likelihood"] == pytest.approx(ours.llf, abs=SAME_VALUE)
    for term in ours.params.index:
        assert redone[f"{term} estimate"] == pytest.approx(theirs.params[term], rel=REDONE, abs=0)
        assert reported[f"{term} standard error"] == theirs.bse[term]
        assert again[f"{term} estimate"] == pytest.approx(ours.params[term], rel=REDONE, abs=0)


def private(fit: FitResult) -> FitResult:
    """The fit on units that have names."""
    d = fit.design
    names = tuple(f"{PRIVATE} {k:02d}" for k in range(d.n_groups))
    return replace(
        fit, random_effects=fit.random_effects.set_axis(list(names)),
        design=harness.Design(
            d.endog, d.exog, [names[code] for code in d.groups], exog_re=d.exog_re,
            offset=d.offset, exog_names=d.exog_names, exog_re_names=d.exog_re_names,
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def fit() -> FitResult:
    return exact_fit()


@pytest.mark.parametrize("trials", [0, 3])
def test_what_is_planted_in_memory_only_is_written_whole(
    fit: FitResult, tmp_path: Path, trials: int
) -> None:
    named = private(fit)
    swapped = named.random_effects.iloc[::-1].set_axis(named.random_effects.index)
    pair = compare_pair(named, replace(named, engine="lme4", language="R", random_effects=swapped))
    assert pair.explanation is not None
    assert PRIVATE in pair.explanation.evidence
    made = write_reproduction(
        pair, tmp_path, Budget(trials=trials), lambda tasks: [fit, replace(fit, engine="lme4")]
    )
    assert made.pair.a.design.n_groups == fit.design.n_groups
    assert made.how.startswith("not reduced: ")
    files = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert sorted(files) == ["README.md", "data.csv", "redo.R", "redo.py"]
    assert made.how in files["README.md"]
    assert not [name for name, text in files.items() if PRIVATE in text]


@pytest.mark.parametrize("changes", [{}, {"by_se": 0.01}], ids=["identical", "optimiser"])
def test_only_the_unexplained_is_reduced(
    fit: FitResult, tmp_path: Path, changes: dict[str, float]
) -> None:
    with pytest.raises(ConfigError, match="only what is unexplained is reduced"):
        write_reproduction(compare_pair(fit, moved(fit, **changes)), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.needs_r
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"family": "nb2"},
        {"family": "poisson-olre"},
        {"covariance": "diagonal"},
        {"response": "pseudo"},
        {"family": "binomial"},
    ],
    ids=lambda options: str(*options.values()),
)
def test_base_r_has_the_exact_likelihood(tmp_path: Path, options: dict[str, str]) -> None:
    of = design(panel(**PANEL))
    unit = 3.7 if "response" in options else 1.0
    trials = 2 * of.endog + 3 if "binomial" in options.values() else None
    model = harness.Design(
        of.endog / unit, of.exog, of.groups, exog_re=of.exog_re, trials=trials,
        offset=None if trials is not None else of.offset,
        exog_names=of.exog_names, exog_re_names=of.exog_re_names, **options,  # type: ignore[arg-type]
    )  # fmt: skip
    asked = [
        name
        for name in ("laplace", "lme4", "glmmtmb")
        if not engine(name).refusal(model.family, model.covariance, model.response)
    ]
    fits = harness.fit(model, engines=asked)
    design_frame(model).to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "redo.R").write_text(script(model, fits, "data.csv"), encoding="utf-8")
    blocks = printed(tmp_path, "Rscript", "redo.R")
    for fit in fits:
        for how in ("as it was reported", "redone by its own call")[: 1 + (fit.language == "R")]:
            block = blocks[f"{fit.engine} (tight): {how}"]
            exact = block["Laplace log-likelihood at these estimates, in base R"]
            assert exact == pytest.approx(fit.llf, abs=SAME_VALUE)
            assert block["log-likelihood"] == pytest.approx(fit.llf, abs=SAME_VALUE)
