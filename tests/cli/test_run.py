"""The command line: exit codes, one line for an error, nothing written for bad input."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.concordance.compare import compare_pair
from harness.concordance.pair import Pair
from harness.engines.r_installation import MEND
from harness.result import FitResult
from harness.study.answers import compared
from tests.cli.ended import HARNESS, Cli
from tests.engines.panels import frame
from tests.study.files import write_study

TIGHT = "settings: [tight]"
ROOT = Path(__file__).resolve().parents[2]
NO_NULL = "dispersion_replicates: 0"


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
    (["run", "table.csv"], "table.csv: a table is no study file: harness new table.csv writes"),
    (["run", "broken.yaml"], "broken.yaml, line 3: is not YAML: "),
    (["run", "negative.yaml"], "column 'cases': count '-1' is negative"),
    (["run"], "missing argument"),
    (["run", "a", "b"], "unexpected extra argument"),
    (
        ["run", "a", "--sed", "1"],
        "there is no option '--sed': did you mean '--seed'? (see harness run --help)",
    ),
    (["rn"], "there is no command 'rn': did you mean 'run'? (see harness --help)"),
    (["run", "small.yaml", "--jobs", "0"], "'--jobs'"),
    (["run", "small.yaml", "--jobs", "1000000"], "jobs is 1000000: this machine bears"),
    (["run", "small.yaml", "--transport", "pigeon"], "'pigeon' is not one of 'auto', 'rpy2'"),
    (["run", "small.yaml", "--level", "perfect"], "'perfect' is not one of 'identical', 'conc"),
    (["run", "small.yaml", "--time-limit", "0"], "'--time-limit'"),
    (["run", "small.yaml", "--seed", "x"], "'--seed'"),
    (["certify", "--cases", "shps"], "there is no certified case 'shps': did you mean 'ships'?"),
    (["certify", "--engines", "laplce"], "engine 'laplce' is not known: did you mean 'laplace'?"),
    (["simulate", "overdisperson"], "did you mean 'overdispersion'?"),
    (["power", "us-traffic"], "has no entry power"),
    (["check", "us-trafic"], "did you mean 'us-traffic'?"),
    (["check", "negative.yaml"], "column 'cases': count '-1' is negative"),
    (["import-england", "nowhere", "out"], "nowhere"),
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


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("out", ["r[/bold]", "r[red]:smile:"])
def test_paths_are_shown_as_they_are(cli: Cli, tmp_path: Path, out: str) -> None:
    write_study(tmp_path, settings=TIGHT, dispersion_replicates=NO_NULL)
    done = cli("run", "small.yaml", "--out", out)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == f"Report: {out}/small/index.html"
    assert (tmp_path / out / "small" / "results.json").is_file()


@pytest.mark.usefixtures("without_r", "no_report")
def test_engine_that_is_missing(cli: Cli, tmp_path: Path) -> None:
    write_study(tmp_path, engines="engines: [laplace, lme4]")
    done = cli("run", "small.yaml")
    assert done.code == 3
    assert done.one_line == f"engine 'lme4' cannot run: R is not installed: {MEND}"
    assert done.out == ""
    assert not (tmp_path / "reports").exists()
    assert cli("run", "small.yaml", "--engines", "laplace", "--settings", "tight").code == 0


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
