"""Names are text: no engine, no script that redoes a fit and no table evaluates one."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness
from harness.design import Design
from harness.engines import engines
from harness.report.frames import csv_bytes
from harness.reproduction import in_python, in_r
from harness.reproduction.columns import design_frame, loading_in_python, loading_in_r
from tests.engines.panels import design

ROOT = Path(__file__).resolve().parents[2]
# Each would leave a file "ran" where it is evaluated, or break out of the quotes it stands in.
TERMS = (
    'x"); file.create("ran"); c("',
    "`); file.create('ran'); (`",
    "']; open('ran', 'w'); ['",
    "I(system('touch ran'))",
    "a\nfile.create('ran')\n# {__import__('pathlib').Path('ran').touch()} %s {0} \\",
)
EFFECTS = ("'''); open('ran', 'w')\n#", "z | g) + (1 | \\`system('touch ran')\\`")
UNITS = ("__import__('os').system('touch ran')", "system('touch ran')", "=cmd|'/c touch ran'!A1")
# Standard errors between fits of the same rows in another order of units, at an engine's defaults.
SAME = 1e-2


@pytest.fixture(scope="module")
def hostile() -> Design:
    plain = design()
    units = [UNITS[k] if k < len(UNITS) else f"u{k}" for k in range(plain.n_groups)]
    return Design(
        plain.endog, plain.exog, np.array(units, dtype=object)[plain.groups],
        exog_re=plain.exog_re, offset=plain.offset, exog_names=TERMS, exog_re_names=EFFECTS,
    )  # fmt: skip


HERE = [name for name, engine in engines().items() if engine.language == "Python"]


@pytest.mark.needs_r
@pytest.mark.parametrize(
    "engine", ["lme4", "glmmtmb", *(name for name in HERE if name != "statsmodels-vb")]
)
@pytest.mark.parametrize("settings", ["default", pytest.param("tight", marks=pytest.mark.long)])
def test_a_fit_and_the_lines_that_redo_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: Design, engine: str, settings: str
) -> None:
    if engines()[engine].missing():
        pytest.skip(f"{engine} is optional")
    monkeypatch.chdir(tmp_path)
    (fit,) = harness.fit(hostile, engines=[engine], settings=settings)
    (plain,) = harness.fit(design(), engines=[engine], settings=settings)
    assert fit.failure is None
    assert tuple(fit.params.index) == TERMS
    # Other names, another order of units: the same fit but for the order of sums.
    np.testing.assert_allclose(fit.params, plain.params, rtol=0, atol=SAME * plain.bse.max())
    design_frame(hostile).to_csv(tmp_path / "d.csv", index=False)
    if fit.language == "R":
        command = ["Rscript", "--vanilla", "-e", f"{loading_in_r('d.csv')}\n{fit.reproduce}"]
    else:
        command = [sys.executable, "-c", f"{loading_in_python('d.csv', hostile)}\n{fit.reproduce}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["d.csv"]


@pytest.mark.needs_r
def test_the_scripts_of_a_reproduction(tmp_path: Path, hostile: Design) -> None:
    fits = harness.fit(hostile, engines=["lme4", "laplace"], settings="default")
    design_frame(hostile).to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "redo.R").write_text(in_r.script(hostile, fits, "data.csv"), encoding="utf-8")
    (tmp_path / "redo.py").write_text(in_python.script(hostile, fits, "data.csv"), encoding="utf-8")
    for command in (["Rscript", "redo.R"], [sys.executable, "redo.py"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "redone by its own call" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "redo.R", "redo.py"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("+1+cmd", "'+1+cmd"),
        ("-2 pre > 0", "'-2 pre > 0"),
        ("\t=1", "'\t=1"),
        ("-3.5", "-3.5"),
        ("+1e-3", "+1e-3"),
        ("a=b", "a=b"),
        (-2.5, "-2.5"),
        (None, ""),
    ],
)
def test_a_spreadsheet_calculates_nothing(cell: object, written: str) -> None:
    frame = pd.DataFrame({"=head": [cell], "x": [1.0]}, dtype=object)
    head, row = csv.reader(io.StringIO(csv_bytes(frame).decode("utf-8"), newline=""))
    assert head == ["'=head", "x"]
    assert row == [written, "1.0"]


def test_a_table_of_harmless_cells_is_written_as_it_is() -> None:
    frame = pd.DataFrame(
        {"whole": [7, None], "none": [None, None], "text": ["a", "b"]}, dtype=object
    )
    assert csv_bytes(frame) == b"whole,none,text\n7,,a\n,,b\n"


def test_no_text_is_evaluated_anywhere() -> None:
    """What would evaluate text, by name, in either language."""
    in_python_code = (
        " eval(",
        "exec(",
        ".query(",
        "patsy",
        "from_formula",
        "os.system",
        "shell=True",
    )
    in_r_code = ("eval(", "parse(", "deparse(", "system(", "source(")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for folder, ending, words in (
            ("harness", "*.py", in_python_code), ("r_scripts", "*.R", in_r_code),
        )
        for path in (ROOT / folder).rglob(ending)
        for line in path.read_text(encoding="utf-8").splitlines()
        for word in words
        if word in line
    ]  # fmt: skip
    assert set(found) <= ALLOWED, found


# Each R script sources the files beside it, found by its own path, when it is run by hand.
ALLOWED = {f"r_scripts/{name}: source(" for name in ("glmmtmb.R", "lme4.R", "performance.R")}
