"""The command line: exit codes, one line for an error, nothing written for bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.concordance.compare import compare_pair
from harness.concordance.pair import Pair
from harness.engines.r_installation import MEND, RInstallation
from harness.result import FitResult
from harness.study.answers import compared
from harness.study.store import FILE
from tests.engines.panels import frame
from tests.study.files import STRATA, write_study

TIGHT = "settings: [tight]"
ROOT = Path(__file__).resolve().parents[1]
HARNESS = (sys.executable, "-c", "from harness.cli import main; main()")
NO_NULL = "dispersion_replicates: 0"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def one_line(self) -> str:
        """The only line on the error output, without who says it."""
        assert self.err.count("\n") == 1
        assert self.err.startswith("harness: ")
        return self.err.removeprefix("harness: ").rstrip("\n")


Cli = Callable[..., Ended]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """Return a function that runs ``harness`` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["harness", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
        shown = capfd.readouterr()
        return Ended(code, shown.out, shown.err)

    return run


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the report out where a test does not look at it: it takes most of a short run."""

    def blank(results: object, out: Path) -> None:
        for name in ("index.html", "report.md"):
            (out / name).write_text("")

    monkeypatch.setattr("harness.study.writing.write_report", blank)


def results_of(folder: Path) -> dict[str, Any]:
    path = folder / "reports" / "small" / "results.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_run_says_what_was_found(cli: Cli, tmp_path: Path) -> None:
    write_study(tmp_path, settings=TIGHT, dispersion_replicates=NO_NULL)
    done = cli("run", "small.yaml")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "1 of 2 done (cases/all/base/laplace/tight)"
    assert lines[-1] == "Report: reports/small/index.html"
    assert lines[-2] == "Pairs at level concordant: 0 of 0 expected; fits: 1 of 1."
    assert (tmp_path / "reports" / "small" / "index.html").is_file()
    assert (tmp_path / "reports" / "small" / "report.md").is_file()


@pytest.mark.needs_r
@pytest.mark.usefixtures("no_report")
def test_json_is_all_that_is_printed(cli: Cli, tmp_path: Path) -> None:
    write_study(tmp_path, dispersion_replicates=NO_NULL)
    done = cli("run", "small.yaml", "--engines", "lme4,laplace", "--settings", "tight", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    printed = json.loads(done.out)
    assert printed == results_of(tmp_path)
    assert printed["study"]["engines"] == ["lme4", "laplace"]
    assert printed["study"]["command"] == (
        "harness run small.yaml --engines lme4,laplace --settings tight"
    )
    assert printed["counts"] == {
        "fits_expected": 2, "fits_done": 2, "pairs_expected": 1, "pairs_at_level": 1,
        "pairs_registered": 0,
    }  # fmt: skip


@pytest.mark.needs_r
@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize(
    ("level", "code"), [("identical", 1), ("concordant", 1), ("equivalent", 0)]
)
def test_exit_code_follows_the_level(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, code: int
) -> None:
    # The engines agree too well: move one by a hundredth of a standard error.
    def worse(a: FitResult, b: FitResult) -> Pair:
        return compare_pair(a, replace(b, params=b.params + 0.01 * b.bse))

    def apart(*arguments: Any) -> list[tuple[list[FitResult], list[Pair]]]:
        found = compared(*arguments)
        return [(fits, [worse(pair.a, pair.b) for pair in pairs]) for fits, pairs in found]

    monkeypatch.setattr("harness.study.runner.compared", apart)
    write_study(tmp_path, settings=TIGHT, dispersion_replicates=NO_NULL)
    done = cli("run", "small.yaml", "--engines", "lme4,laplace", "--level", level)
    assert (done.code, done.err) == (code, "")
    expected = 1 - code
    assert f"Pairs at level {level}: {expected} of 1 expected; fits: 2 of 2." in done.out
    assert ("Do not rely on these numbers yet" in done.out) == bool(code)
    assert results_of(tmp_path)["verdict"]["ok"] is not bool(code)


@pytest.mark.needs_r
@pytest.mark.usefixtures("no_report")
def test_a_partner_that_failed_does_not_reach_the_level(cli: Cli, tmp_path: Path) -> None:
    table = frame()
    # No step has a finite estimate: laplace says so, glmmTMB goes on until it is tired.
    table.loc[table["year"] >= table["law"], "cases"] = 0
    write_study(
        tmp_path, table, settings=TIGHT, dispersion_replicates=NO_NULL,
        engines="engines: [glmmtmb, laplace]",
    )  # fmt: skip
    done = cli("run", "small.yaml", "--level", "discordant", "--json")
    assert (done.code, done.err) == (1, "")
    (pair,) = json.loads(done.out)["comparisons"]
    assert (pair["verdict"], pair["cause"]) == ("not comparable", "failure")
    assert pair["evidence"].startswith("laplace: no finite estimate exists for step0")


BAD_INPUT = [
    # arguments, what the only line says
    (["run", "nowhere.yaml"], "nowhere.yaml: there is no such file"),
    (["run", "us-trafic"], "did you mean 'us-traffic'?"),
    (["run", "small.yaml", "--engines", "lme4,lplace"], "'lplace' is not known: did you mean 'lap"),
    (["run", "small.yaml", "--engines", ""], "--engines"),
    (["run", "small.yaml", "--engines", ","], "--engines"),
    (["run", "small.yaml", "--engines", "laplace,laplace"], "'laplace'"),
    (["run", "small.yaml", "--settings", "tigth"], "settings 'tigth' are not known"),
    (["run", "small.yaml", "--settings", ""], "--settings"),
    (["run", "small.yaml", "--settings", "tight,tight"], "'tight'"),
    (["run", "small.yaml", "--data", "elsewhere"], "elsewhere/table.csv: there is no such file"),
    (["run", "small.yaml", "--out", "table.csv"], "table.csv: cannot be written"),
    (["run", "small.yaml", "--out", "table.csv/deeper"], "table.csv/deeper: cannot be written"),
    (["run", "broken.yaml"], "broken.yaml, line 3: is not YAML: "),
    (["run", "negative.yaml"], "column 'cases': count '-1' is negative"),
]


@pytest.mark.parametrize(("arguments", "says"), BAD_INPUT)
def test_bad_input(cli: Cli, tmp_path: Path, arguments: list[str], says: str) -> None:
    path = write_study(tmp_path)
    (tmp_path / "broken.yaml").write_text("study: x\ntitle: [\n")
    table = frame()
    table.loc[3, "cases"] = -1
    table.to_csv(tmp_path / "negative.csv", index=False)
    negative = path.read_text().replace("table.csv", "negative.csv")
    (tmp_path / "negative.yaml").write_text(negative)
    before = sorted(tmp_path.rglob("*"))
    done = cli(*arguments)
    assert done.code == 2
    assert says in done.one_line
    # Not one fit was made for nothing.
    assert done.out == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"], ["run", "a", "b"], ["run", "a", "--no-such-option"], ["no-such-command"],
        ["run", "small.yaml", "--jobs", "0"], ["run", "small.yaml", "--transport", "pigeon"],
        ["run", "small.yaml", "--level", "perfect"], ["run", "small.yaml", "--time-limit", "0"],
        ["run", "small.yaml", "--seed", "x"],
    ],
)  # fmt: skip
def test_wrong_usage(cli: Cli, tmp_path: Path, arguments: list[str]) -> None:
    write_study(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = cli(*arguments)
    assert done.code == 2
    assert "Usage: " in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("out", ["r[/bold]", "r[red]:smile:"])
def test_paths_are_shown_as_they_are(cli: Cli, tmp_path: Path, out: str) -> None:
    write_study(tmp_path, settings=TIGHT, dispersion_replicates=NO_NULL)
    done = cli("run", "small.yaml", "--out", out)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == f"Report: {out}/small/index.html"
    assert (tmp_path / out / "small" / "results.json").is_file()


@pytest.fixture
def without_r(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("lme4", "glmmtmb"):
        place = f"harness.engines.{module}.r_installation"
        monkeypatch.setattr(place, lambda: RInstallation(None, None))
    monkeypatch.setattr("harness.cli.r_installation", lambda: RInstallation(None, None))


@pytest.mark.usefixtures("without_r", "no_report")
def test_engine_that_is_missing(cli: Cli, tmp_path: Path) -> None:
    write_study(tmp_path, engines="engines: [laplace, lme4]")
    done = cli("run", "small.yaml")
    assert done.code == 3
    assert done.one_line == f"engine 'lme4' cannot run: R is not installed: {MEND}"
    assert done.out == ""
    assert not (tmp_path / "reports").exists()
    assert cli("run", "small.yaml", "--engines", "laplace", "--settings", "tight").code == 0


@pytest.mark.usefixtures("without_r")
def test_check_without_r(cli: Cli) -> None:
    done = cli("check")
    assert (done.code, done.err) == (3, "")
    lines = done.out.splitlines()
    assert lines[0] == "R: not found"
    assert f"lme4 (R): missing: R is not installed: {MEND}" in lines
    assert any(line.startswith("laplace (Python): ready (") for line in lines)
    found = json.loads(cli("check", "--json").out)
    assert found["r"] is None
    assert {row["engine"] for row in found["engines"] if row["missing"]} == {"glmmtmb", "lme4"}
    assert "laplace" in {row["engine"] for row in found["engines"]}


def test_check_where_r_home_is_wrong() -> None:
    done = subprocess.run(
        [*HARNESS, "check"], env={**os.environ, "R_HOME": "/nowhere/at/all"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("lme4 ")]
    assert "R_HOME" in line
    assert "/nowhere/at/all" in line


@pytest.mark.needs_r
def test_check_with_r(cli: Cli) -> None:
    done = cli("check")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("R: R version ")
    assert "missing" not in done.out
    found = json.loads(cli("check", "--json").out)
    assert {row["missing"] for row in found["engines"]} == {None}
    assert Path(found["rscript"]).is_file()


def test_studies(cli: Cli) -> None:
    done = cli("studies")
    assert (done.code, done.err) == (0, "")
    assert (
        "us-traffic: Graduated driver licences and traffic deaths in US states"
        in done.out.splitlines()
    )


def test_no_arguments_show_the_commands(cli: Cli) -> None:
    done = cli()
    for command in ("run", "check", "studies"):
        assert command in done.out + done.err


@pytest.mark.needs_r
def test_nothing_of_a_worker_reaches_the_output(tmp_path: Path) -> None:
    (tmp_path / "shadow" / "rpy2").mkdir(parents=True)
    noise = "print('Error importing in API mode')\nraise ImportError('noise')\n"
    (tmp_path / "shadow" / "rpy2" / "__init__.py").write_text(noise)
    write_study(tmp_path, settings=TIGHT, dispersion_replicates=NO_NULL)
    done = subprocess.run(
        [*HARNESS, "run", "small.yaml", "--engines", "lme4,laplace", "--json", "--jobs", "1"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": f"{tmp_path / 'shadow'}:{ROOT}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["environment"]["transport"] == "rscript"


@pytest.mark.needs_r
def test_an_interrupt_writes_no_report_and_leaves_no_process(tmp_path: Path) -> None:
    write_study(tmp_path, strata=STRATA, engines="engines: [lme4, glmmtmb]")
    before = sorted(tmp_path.iterdir())
    with subprocess.Popen(
        [*HARNESS, "run", "small.yaml", "--jobs", "1"], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        assert run.stdout.readline().startswith("1 of 18 done (")  # fits are being made
        os.killpg(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    kept = tmp_path / "reports"
    assert sorted(tmp_path.iterdir()) == sorted([*before, kept])
    assert [path.name for path in kept.iterdir()] == [FILE]  # what was fitted by then
    end = time.monotonic() + 10
    while group_alive(run.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not group_alive(run.pid)
    assert err == "harness: interrupted; no report was written\n"


def group_alive(group: int) -> bool:
    listed = subprocess.run(
        ["ps", "-axo", "pgid=,stat="], capture_output=True, text=True, check=True
    )
    rows = (line.split() for line in listed.stdout.splitlines())
    return any(int(pgid) == group and not state.startswith("Z") for pgid, state in rows)
