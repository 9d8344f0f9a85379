"""``harness new``: from a table to a study that checks and runs, for any path, or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.proposal.choice import Role
from tests.cli.ended import Cli
from tests.proposal.wards import wards

PATHS = [
    "wards.csv",
    "with spaces.csv",
    "Zähler – 日本.csv",
    "sub folder/it's.csv",
    "-x.csv",
    "[b].csv",
]


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("name", PATHS)
def test_what_is_written_checks(cli: Cli, tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    data.parent.mkdir(exist_ok=True)
    wards(40).to_csv(data, index=False)
    # A name that begins with a dash stands behind two of them, as everywhere.
    done = cli("new", "--", name)
    assert (done.code, done.err) == (0, "")
    study = Path(name).with_suffix(".yaml")
    assert f"\nWritten: {study}\n" in done.out
    done = cli("check", "--json", "--", study)
    assert json.loads(done.out)["study"]["panel"]["units"] == 40
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted([data, tmp_path / study])


@pytest.mark.needs_r
@pytest.mark.usefixtures("no_report")
def test_what_is_written_runs(cli: Cli, tmp_path: Path) -> None:
    wards(40).to_csv(tmp_path / "wards.csv", index=False)
    assert cli("new", "wards.csv").code == 0
    done = cli("run", "wards.yaml", "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["counts"]["fits_done"] == found["counts"]["fits_expected"] == 8


@pytest.mark.usefixtures("without_r", "no_report")
def test_without_r_it_runs_in_python(cli: Cli, tmp_path: Path) -> None:
    wards(40).to_csv(tmp_path / "wards.csv", index=False)
    assert cli("new", "wards.csv").code == 0
    assert (
        "# R is not here: harness check says how to have it."
        in (tmp_path / "wards.yaml").read_text()
    )
    assert cli("check", "wards.yaml").code == 0
    assert cli("run", "wards.yaml", "--settings", "tight").code == 0


def test_the_proposal_as_json(cli: Cli, tmp_path: Path) -> None:
    wards().assign(injuries=lambda t: t["falls"][::-1].to_numpy()).to_csv("wards.csv", index=False)
    done = cli("new", "wards.csv", "--count", "falls,injuries", "--out", "x.yaml", "--json")
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    found = json.loads(done.out)
    chosen: list[tuple[Role, str]] = [(c["role"], c["column"]) for c in found["columns"]]
    assert chosen == [
        ("unit", "ward"), ("period", "quarter"), ("event", "started"), ("exposure", "bed_days"),
        ("count", "falls"), ("count", "injuries"),
    ]  # fmt: skip
    assert all(choice["reason"] for choice in found["columns"])
    assert found["panel"]["events"] == {"5": 3, "6": 3, "7": 3, "8": 3}
    assert found["model"]["impact"] == "two-step"
    assert "12 units with an event are few" in found["warnings"][0]
    assert found["study"] == "x.yaml"
    assert (tmp_path / "x.yaml").is_file()


def test_a_person_reads_what_was_found(cli: Cli, tmp_path: Path) -> None:
    table = wards().assign(site="north", note=wards()["ward"])
    table.to_csv(tmp_path / "wards.csv", index=False)
    lines = cli("new", "wards.csv").out.splitlines()
    for begins in (
        "wards.csv: 144 rows", "  unit      ward ", "  period    quarter ", "  event     started ",
        "  exposure  bed_days ", "  count     falls ", "  not used  site, note: ", "  units    12 with",
        "  periods  1 to 12", "  events   3 in 5, 3 in 6", "  gaps     none", "  falls: 144 rows",
        "  proposed          two-step", "  can be estimated  two-step, level", "  - 12 units",
        "  unit could also be another column: --unit note", "Next: harness check wards.yaml",
    ):  # fmt: skip
        assert any(line.startswith(begins) for line in lines), begins


def test_nothing_is_replaced_but_by_force(cli: Cli, tmp_path: Path) -> None:
    wards().to_csv(tmp_path / "wards.csv", index=False)
    study = tmp_path / "wards.yaml"
    study.write_text("mine")
    done = cli("new", "wards.csv")
    assert done.code == 2
    assert done.one_line == (
        "wards.yaml: is there already: name another by --out, or replace it by --force"
    )
    assert (done.out, study.read_text()) == ("", "mine")
    assert cli("new", "wards.csv", "--force").code == 0
    assert study.read_text().startswith("# Study of wards.csv")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.csv"], "nowhere.csv: there is no such file"),
        (["wards.csv", "--exposure", "beddays"], "did you mean 'bed_days'?"),
        (["wards.csv", "--count", ","], "--count names none"),
        (["wards.csv", "--count", "falls,falls"], "--count names 'falls' twice"),
        (["wards.csv", "--out", "study.csv"], "a study file ends in .yaml"),
        (["semicolons.csv"], "seems to be separated by ';': save the file with commas"),
        (["latin.csv"], "is not UTF-8 text: save the file as"),
        (["dates.csv"], "holds quarters such as '2019Q1'"),
    ],
)
def test_bad_input_writes_nothing(
    cli: Cli, tmp_path: Path, arguments: list[str], says: str
) -> None:
    table = wards()
    table.to_csv(tmp_path / "wards.csv", index=False)
    table.to_csv(tmp_path / "semicolons.csv", index=False, sep=";")
    table.assign(ward=table["ward"] + "é").to_csv("latin.csv", index=False, encoding="latin-1")
    table.assign(quarter="2019Q1").to_csv(tmp_path / "dates.csv", index=False)
    before = sorted(tmp_path.iterdir())
    done = cli("new", *arguments)
    assert done.code == 2
    assert says in done.one_line
    assert done.out == ""
    assert sorted(tmp_path.iterdir()) == before
