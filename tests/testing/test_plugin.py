"""The plugin in a repository of somebody else's, ``outside``, run by a pytest of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

OUTSIDE = Path(__file__).parent / "outside"
WITHOUT_R = ("-m", "not needs_r")


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose cache of fits the tests of this file share."""
    copy = tmp_path_factory.mktemp("outside") / "repository"
    shutil.copytree(OUTSIDE, copy)
    return copy


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def outcomes(text: str) -> dict[str, int]:
    found = re.findall(r"(\d+) (passed|failed|skipped|deselected|errors?)", text.splitlines()[-1])
    return {what: int(count) for count, what in found}


@pytest.mark.needs_r
def test_a_session_and_its_report(outside: Path) -> None:
    code, text = run(outside, "--harness-report", "report")
    assert code == 1
    assert outcomes(text) == {"passed": 5, "failed": 1}
    # The one failure says what, why and how to redo it, and no line of this package is shown.
    assert "1 of 1 like-for-like pairs are not concordant" in text
    assert "glmm failed: engine 'glmm' has no family 'nb2'" in text
    assert "To redo the fit of laplace by hand (Python):" in text
    page = (outside / "report" / "index.html").read_text("utf-8")
    markdown = (outside / "report" / "report.md").read_text("utf-8")
    for shown in (page, markdown):
        assert "test_falls.py::test_r_and_python_agree" in shown.replace("\\", "")
        assert "2 checks of 4 fall short" in shown
    pairs = (outside / "report" / "tables" / "pairs.csv").read_text("utf-8").splitlines()
    assert len(pairs) == 1 + 3 + 1 + 1 + 1


def test_options_and_workers_of_xdist(outside: Path) -> None:
    """One process or two, the report is the same; fits come from the cache of the first."""
    pages = []
    for name, extra in (("one", ()), ("two", ("-n", "2"))):
        code, text = run(
            outside, *WITHOUT_R, "--harness-report", name, "--harness-engines", "laplace,glmm",
            "--harness-level", "identical", "-k", "not cannot", *extra,
        )  # fmt: skip
        assert code == 0, text
        assert outcomes(text)["passed"] == 4
        pages.append((outside / name / "index.html").read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [((), {"skipped": 1, "deselected": 5}), (("--harness-require-r",), {"errors": 1})],
)
def test_without_r(
    outside: Path, tmp_path: Path, arguments: tuple[str, ...], expected: dict[str, int]
) -> None:
    code, text = run(
        outside, "-k", "r_and_python", *arguments, PATH=str(tmp_path), R_HOME=str(tmp_path / "R")
    )
    found = outcomes(text)
    if arguments:
        assert code == 1
        assert found.get("failed", found.get("error", found.get("errors"))) == 1
    else:
        assert code == 0
        assert found == expected
    assert "R_HOME" in text


def test_a_study_file_is_collected(outside: Path) -> None:
    code, text = run(outside, "falls.yaml", "-v")
    assert code == 0, text
    assert "falls.yaml::falls/all/base" in text
    assert "falls.yaml::falls/all/slope" in text
    # Nobody is of a kind with quadrature there, and what is not named is not collected.
    assert "agq7" not in text
    assert "falls.yaml" not in run(outside, "--collect-only", "-q")[1]


@pytest.mark.parametrize("arguments", [(), ("--harness-require-r",)])
def test_a_study_file_without_r(outside: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    text = (outside / "falls.yaml").read_text("utf-8").replace("[laplace, glmm]", "[laplace, lme4]")
    (outside / "in_r.yaml").write_text(text, encoding="utf-8")
    said = run(outside, "in_r.yaml", *arguments, R_HOME=str(tmp_path / "R"))[1]
    assert "R_HOME" in said
    assert "Traceback" not in said
    assert ("1 skipped" in said) == (not arguments)
    assert ("1 error" in said) == bool(arguments)


def test_a_study_file_with_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("study: bad\ntitel: x\n", encoding="utf-8")
    code, text = run(tmp_path, "bad.yaml")
    assert code != 0
    assert "bad.yaml, line 2: unknown key 'titel': did you mean 'title'?" in text
    assert "Traceback" not in text


def test_a_study_file_of_one_engine(outside: Path) -> None:
    """There would be no test, and a session without tests is easily overlooked."""
    text = (outside / "falls.yaml").read_text("utf-8").replace("[laplace, glmm]", "[laplace, agq]")
    (outside / "alone.yaml").write_text(text, encoding="utf-8")
    code, said = run(outside, "alone.yaml")
    assert code != 0
    assert "alone.yaml: no two engines have to agree: name two" in said
    assert "Traceback" not in said


def test_the_plugin_costs_a_session_nothing(tmp_path: Path) -> None:
    """Nothing heavy is imported in a session that does not use it."""
    (tmp_path / "test_other.py").write_text(
        "import json, sys\n"
        "def test_imports():\n"
        "    heavy = {'numpy', 'pandas', 'numba', 'scipy', 'statsmodels', 'pydantic'}\n"
        "    print('found', json.dumps(sorted(heavy & set(sys.modules))))\n",
        encoding="utf-8",
    )
    code, text = run(tmp_path, "-s", "-q", "-p", "no:cacheprovider")
    assert code == 0
    assert json.loads(re.search(r"found (\[.*\])", text)[1]) == []
