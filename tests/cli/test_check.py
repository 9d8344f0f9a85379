"""``harness check``: what is here, what a study asks for, and that nothing is made or fitted."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.engines.r_installation import INSTALLERS, MEND, mend
from harness.study.store import FILE
from tests.cli.ended import HARNESS, Cli
from tests.engines.panels import frame
from tests.study.files import STRATA, write_study


@pytest.mark.usefixtures("without_r")
def test_without_r(cli: Cli) -> None:
    done = cli("check")
    assert (done.code, done.err) == (3, "")
    lines = done.out.splitlines()
    assert f"R: not found: R is not installed: {MEND}" in lines
    assert f"lme4 (R): missing: R is not installed: {MEND}" in lines
    assert any(line.startswith("laplace (Python): ready (") for line in lines)
    found = json.loads(cli("check", "--json").out)
    assert found["r"] is None
    assert {row["engine"] for row in found["engines"] if row["missing"]} == {"glmmtmb", "lme4"}


@pytest.mark.usefixtures("without_r")
@pytest.mark.parametrize(("engines", "code"), [("[laplace]", 0), ("[laplace, lme4]", 3)])
def test_a_study_needs_its_own_engines_only(
    cli: Cli, tmp_path: Path, engines: str, code: int
) -> None:
    write_study(tmp_path, engines=f"engines: {engines}")
    assert cli("check", "small.yaml").code == code


def test_where_r_home_is_wrong() -> None:
    done = subprocess.run(
        [*HARNESS, "check"], env={**os.environ, "R_HOME": "/nowhere/at/all"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("lme4 ")]
    assert "R_HOME" in line
    assert "/nowhere/at/all" in line


@pytest.mark.needs_r
def test_with_r(cli: Cli) -> None:
    done = cli("check")
    assert (done.code, done.err) == (0, "")
    assert "\nR: R version " in done.out
    found = json.loads(cli("check", "--json").out)
    assert {row["missing"] for row in found["engines"] if not row["optional"]} == {None}
    assert Path(found["rscript"]).is_file()
    assert all(found["r_packages"].values())
    assert found["cores"] >= 1


@pytest.mark.parametrize(("program", "command"), INSTALLERS)
def test_the_mend_is_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch, program: str, command: str
) -> None:
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setattr("shutil.which", lambda name: "/bin/it" if name == program else None)
    assert mend().startswith(command)
    monkeypatch.setenv("CONDA_PREFIX", "/opt/conda")
    assert mend().startswith("conda install")


def test_folders_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cli("check", "--out", "file", "--json")
    rows = {row["for"]: row["missing"] for row in json.loads(done.out)["folders"]}
    assert rows["reports"] == "name a folder that you may write by --out"
    assert "file (reports): missing: name a folder" in cli("check", "--out", "file").out


def plan(cli: Cli, *arguments: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cli("check", *arguments, "--json").out)["study"]
    return found


VARIANTS = "variants: [{name: nb2, family: nb2, engines: [laplace], settings: [tight]}]"


@pytest.mark.usefixtures("no_report")
def test_the_plan_of_a_study(cli: Cli, tmp_path: Path) -> None:
    table = frame()
    table.loc[0, "cases"] = 0
    zeros = int((table["cases"] == 0).sum())
    write_study(tmp_path, table, strata=STRATA, variants=VARIANTS)
    before = sorted(tmp_path.rglob("*"))
    found = plan(cli, "small.yaml")
    assert sorted(tmp_path.rglob("*")) == before
    assert (found["strata"], found["variants"]) == (["all", "north", "south"], ["base", "nb2"])
    # Three strata, two settings of the base model and one of the variant.
    assert found["fits"] == {"all": 9, "by_engine": {"laplace": 9}, "done": 0, "store": None}
    assert (found["panel"]["units"], found["panel"]["rows"]) == (10, 90)
    assert found["panel"]["indicators"]["cases"]["zeros"] == zeros
    assert found["panel"]["indicators"]["cases"]["in_window"] == 70
    assert cli("run", "small.yaml", "--json").code == 0
    assert plan(cli, "small.yaml")["fits"]["done"] == 9
    # What has changed is to be fitted anew.
    table.loc[1, "cases"] += 1
    table.to_csv(tmp_path / "table.csv", index=False)
    fits = plan(cli, "small.yaml")["fits"]
    assert fits["done"] < 9
    assert fits["store"] == f"reports/{FILE}"
    shown = cli("check", "small.yaml").out
    assert f"done before: {fits['done']} of 9 fits in reports/{FILE}" in shown
    assert "10 with an event" in shown


def test_a_study_that_only_simulates(cli: Cli) -> None:
    found = plan(cli, "few-units")
    assert "fits" not in found
    assert found["simulate"]["replicates"] > 0
    assert "harness simulate few-units" in cli("check", "few-units").out


def test_data_from_elsewhere(cli: Cli, tmp_path: Path) -> None:
    write_study(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "table.csv").rename(tmp_path / "data" / "table.csv")
    assert cli("check", "small.yaml").code == 2
    assert plan(cli, "small.yaml", "--data", "data")["analyses"] == 1
