"""A line that asks for more than any machine has ends in one line, at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.errors import HarnessError
from harness.study.loading import load_plan, load_study
from harness.study.prepared import RunOptions, prepare_study
from tests.study.files import study_text, write_study
from tests.study.simulations import TEXT

TRILLION = "1000000000000"
VARY = "vary: {percent: [0, 10]}"

IN_A_RUN = {
    "a window": ({"model": "model: {window: [-1000000000, 1000000000]}"}, "window"),
    "a window beyond 64 bits": ({"model": f"model: {{window: [-{'9' * 40}, 3]}}"}, "window"),
    "replicates of a null": ({"dispersion_replicates": f"dispersion_replicates: {TRILLION}"}, "dispersion"),
    "replicates of a placebo": ({"scrutiny": f"scrutiny: {{placebo: {{replicates: {TRILLION}}}}}"}, "placebo"),
    "draws": ({"scrutiny": f"scrutiny: {{autocorrelation: {{replicates: {TRILLION}}}}}"}, "autocorr"),
    "points": ({"variants": "variants: [{name: q, engines: [agq], n_quadrature: 1000001}]"}, "n_quadrature"),
    "strata": ({"strata": f"strata: {{column: region, minimum_units: {TRILLION}}}"}, "units"),
}  # fmt: skip
IN_A_PLAN = {
    "rows": ("units: 12, before: 3", "units: 1000000, before: 1000", "1,004,000,000 rows"),
    "units": ("units: 12", f"units: {TRILLION}", "units"),
    "periods": ("before: 3", f"before: {TRILLION}", "before"),
    "late units": ("units: 12", f"units: 12, late_by: {TRILLION}", "late_by"),
    "replicates": ("replicates: 40", f"replicates: {TRILLION}", "replicates"),
    "units on an axis": (VARY, f"vary: {{units: [{TRILLION}]}}", "units"),
    "infinite units": (VARY, "vary: {units: [.inf]}", "whole number"),
    "no number of units": (VARY, "vary: {units: [.nan]}", "whole number"),
    "an infinite effect": (VARY, "vary: {percent: [.inf]}", "percent"),
    "points of a curve": (VARY, f"vary: {{percent: [{', '.join(map(str, range(1001)))}]}}", "1000 items"),
    "a search": (VARY, "search: {over: units, between: [8, 1.0e+300]}", "units"),
    "an endless search": (VARY, "search: {over: units, between: [8, .inf]}", "between"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "says"), IN_A_RUN.values(), ids=IN_A_RUN)
def test_in_a_run(tmp_path: Path, parts: dict[str, str], says: str) -> None:
    file = write_study(tmp_path)
    file.write_text(study_text(**parts), encoding="utf-8")
    with pytest.raises(HarnessError, match=says) as raised:
        prepare_study(load_study(file), RunOptions(tmp_path))
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(("old", "new", "says"), IN_A_PLAN.values(), ids=IN_A_PLAN)
def test_in_a_plan(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    file = tmp_path / "small.yaml"
    file.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(HarnessError, match=says) as raised:
        load_plan(file)
    assert len(str(raised.value).splitlines()) == 1
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(("baseline", "drawn"), [("1.0e+300", False), ("1.0e-300", True)])
def test_counts_beyond_any_are_a_failed_draw(tmp_path: Path, baseline: str, drawn: bool) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(TEXT.replace("baseline: 100", f"baseline: {baseline}"), encoding="utf-8")
    study = load_plan(file)
    assert study.simulate is not None
    draw = study.simulate.processes[0].process(1).draw(np.random.default_rng(1))
    assert (draw is not None) == drawn
