"""The study file that is written: complete, commented, and right as it stands and key by key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.proposal.choice import Asked
from harness.proposal.propose import propose
from harness.proposal.study_text import study_text
from harness.proposal.write import check_target, write_text_whole
from harness.proposal.yaml_text import scalar
from harness.study.config import Study
from harness.study.loading import load_study
from harness.study.parts import Model
from harness.study.prepared import RunOptions, planned_study
from tests.proposal.wards import wards

ENGINES = ("lme4", "glmmtmb", "laplace")
LEFT_OUT = re.compile(r"^#(?=[a-z_]+:)", re.MULTILINE)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("study"))


def written(folder: Path, engines: tuple[str, ...] = ENGINES) -> str:
    table = wards(40)
    table["site"] = table["ward"].str[-1].map(lambda digit: "ab"[int(digit) % 2])
    path = folder / "wards.csv"
    table.to_csv(path, index=False)
    return study_text(propose(path, Asked()), folder / "wards.yaml", engines)


def test_every_key_is_there_with_a_comment(text: str) -> None:
    keys = re.findall(r"^#?([a-z_]+):", text, re.MULTILINE)
    assert sorted(keys) == sorted(Study.model_fields)
    assert set(re.findall(r"^  ([a-z]+):", text, re.MULTILINE)) >= set(Model.model_fields)
    above = re.findall(r"^(.*)\n#?[a-z_]+:", text, re.MULTILINE)
    assert all(line.startswith(("#", "study:")) for line in above)
    assert max(map(len, text.splitlines())) <= 100


def studied(folder: Path, text: str) -> Study:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return load_study(folder / "study.yaml")


@pytest.mark.parametrize("engines", [ENGINES, ("laplace",)])
def test_it_stands_as_it_is(tmp_path: Path, engines: tuple[str, ...]) -> None:
    study = studied(tmp_path, written(tmp_path, engines))
    prepared = planned_study(study, RunOptions(tmp_path))
    assert len(prepared.planned) == 2 * len(engines) + len({*engines} - {"lme4"})
    # Everything that is said of the defaults is true of them.
    assert study.settings == Study.model_fields["settings"].default
    assert study.level == Study.model_fields["level"].default
    assert study.dispersion_replicates == Study.model_fields["dispersion_replicates"].default
    assert study.model == Model()


KEYS = [
    "words", "strata", "engine_limits", "unfit", "publish_rows", "claims", "claims_by", "products",
    "scrutiny", "power", "simulate",
]  # fmt: skip


@pytest.mark.parametrize("key", [*KEYS, "all"])
def test_a_key_left_out_counts_once_its_mark_is_taken_away(
    tmp_path: Path, text: str, key: str
) -> None:
    found = LEFT_OUT.sub("", text) if key == "all" else re.sub(rf"(?m)^#(?={key}:)", "", text)
    assert found != text
    written(tmp_path)  # the data
    study = studied(tmp_path, found)
    planned_study(study, RunOptions(tmp_path))
    for name in KEYS if key == "all" else [key]:
        assert getattr(study, name) != Study.model_fields[name].get_default(
            call_default_factory=True
        )


def test_no_key_is_left_untried(text: str) -> None:
    assert sorted(re.findall(r"(?m)^#([a-z_]+):", text)) == sorted(KEYS)


def test_every_variant_that_is_advised_is_one(tmp_path: Path, text: str) -> None:
    advised = re.findall(r"(?m)^#   (\{name: \w+, .*?\})(?:  |$)", text)
    advised = [line for line in advised if "response" not in line]
    assert len(advised) == 4
    found = text.replace("variants:\n", "variants:\n" + "".join(f"  - {v}\n" for v in advised))
    written(tmp_path)
    assert len(studied(tmp_path, found).variants) == 5


NAMES = [
    "wards", "Ünïcode – Zahlen", "with, comma", "it's", 'say "hi"', "a: b", "# no comment", "yes",
    "null", "1e3", "- x", "{x}", "[y]", "&a *b !c %d @e", "back\\slash", "tab\there", "ends ",
    "line\u2028end", "\u202eright", "日本語", "x" * 200, "💉", "0x1F", "~", "=", "<<",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_name_comes_back(tmp_path: Path, name: str) -> None:
    columns = {"ward": f"u{name}", "falls": name, "bed_days": f"exposure {name}"}
    table = wards(40).rename(columns=columns)
    path = tmp_path / "data.csv"
    table.to_csv(path, index=False)
    asked = Asked(unit=f"u{name}", counts=(name,), exposure=f"exposure {name}")
    study = studied(tmp_path, study_text(propose(path, asked), tmp_path / "study.yaml", ENGINES))
    (indicator,) = study.indicators
    assert (indicator.count, indicator.exposure) == (name, f"exposure {name}")
    assert planned_study(study, RunOptions(tmp_path)).planned


@pytest.mark.parametrize("name", NAMES)
def test_any_text_is_written_as_itself(tmp_path: Path, name: str) -> None:
    from ruamel.yaml import YAML

    assert YAML(typ="safe").load(f"x: {{k: {scalar(name)}}}") == {"x": {"k": name}}


def test_two_counts_with_one_plain_name(tmp_path: Path) -> None:
    table = wards(40).assign(FALLS=wards(40)["falls"][::-1].to_numpy())
    path = tmp_path / "data.csv"
    table.to_csv(path, index=False)
    study = studied(tmp_path, study_text(propose(path, Asked()), tmp_path / "s.yaml", ENGINES))
    assert [part.name for part in study.indicators] == ["falls", "falls-2"]


def test_the_path_starts_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "studies").mkdir()
    path = tmp_path / "data" / "wards.csv"
    wards(40).to_csv(path, index=False)
    target = tmp_path / "studies" / "falls.yaml"
    text = study_text(propose(path, Asked()), target, ENGINES)
    write_text_whole(target, text)
    assert planned_study(load_study(target), RunOptions(target.parent)).planned


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "study.yaml"
    target.write_text("mine")

    def full(self: Path, other: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(HarnessError, match="No space left"):
        write_text_whole(target, "theirs")
    assert [path.name for path in tmp_path.iterdir()] == ["study.yaml"]
    assert target.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("there.yaml", "is there already: name another by --out, or replace it by --force"),
        ("folder", "is a folder"), ("study.txt", "ends in .yaml"), ("no/study.yaml", "no such fol"),
        ("there.yaml/study.yaml", "no such folder"),
    ],
)  # fmt: skip
def test_targets_that_are_refused(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "there.yaml").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(HarnessError, match=says):
        check_target(tmp_path / name, force=False)
    check_target(tmp_path / "there.yaml", force=True)
