"""A study file is data: it runs nothing, ties up nothing, and ends in one line that says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.sources.england.simulated import truth
from harness.study.loading import load_study
from harness.yaml_file import LONGEST_SHOWN
from tests.study.files import study_text

WORDS = 9  # line of what follows the parts of the small study
RUNS = "!!python/object/apply:os.system ['touch ran']"
LAUGHS = "".join(f"l{k}: &l{k} [{', '.join([f'*l{k - 1}'] * 9)}]\n" for k in range(1, 10))
DEEP = "[" * 5000 + "]" * 5000
LONG = "9" * 5000

HOSTILE = {
    "a class to make": ({"title": f"title: {RUNS}"}, 2, "the tag"),
    "a class as a key": ({"words": f"? {RUNS}\n: x"}, WORDS, "the tag"),
    "a function by name": ({"title": "title: !!python/name:os.system"}, 2, "the tag"),
    "a tag of one's own": ({"title": "title: !mine x"}, 2, "the tag"),
    "a tag that any YAML has": ({"title": "title: !!bool maybe"}, 2, "the tag"),
    "a thousand million laughs": ({"words": f"l0: &l0 [x]\n{LAUGHS}"}, WORDS + 5, "100,000 values"),
    "merged laughs": ({"words": f"l0: &l0 {{a: x}}\n{LAUGHS}<<: *l9"}, WORDS + 5, "100,000 values"),
    "a list in itself": ({"title": "title: &a [*a]"}, 2, r"\*a stands within"),
    "a mapping in itself": ({"words": "words: &a {unit: {b: *a}}"}, WORDS, r"\*a stands within"),
    "nested out of reach": ({"title": f"title: {DEEP}"}, 2, "30 levels"),
    "a number without end": ({"model": f"model: {{window: [-{LONG}, 3]}}"}, WORDS, "5,001 characters"),
    "more text than data": ({"title": f"title: '{'x' * 2_000_001}'"}, None, "more than 2,000,000"),
    "no such date": ({"title": "title: 2020-13-45"}, 2, "'2020-13-45' cannot be read"),
    "the same key twice": ({"words": "title: again"}, WORDS, "duplicate key"),
    "NUL": ({"title": 'title: "a\\0b"'}, 2, r"U\+0000"),
    "a bell": ({"title": 'title: "a\\a"'}, 2, r"U\+0007"),
    "half a character": ({"title": 'title: "\\ud800"'}, 2, r"U\+D800"),
    "a key that is no text": ({"words": "? [a, b]\n: c"}, 1, "should be strings"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "line", "says"), HOSTILE.values(), ids=HOSTILE)
def test_what_no_study_needs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    parts: dict[str, str], line: int | None, says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "small.yaml"
    file.write_text(study_text(**parts), encoding="utf-8")
    with pytest.raises(ConfigError, match=says) as raised:
        load_study(file)
    told = str(raised.value)
    assert told.startswith(f"{file}: " if line is None else f"{file}, line {line}: ")
    assert len(told.splitlines()) == 1
    assert len(told) < len(str(file)) + 2 * LONGEST_SHOWN + 200
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_anchors_that_spare_writing_work(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    words = "words: &w {unit: ward, period: week}"
    variants = (
        "variants:\n  - &v {name: nb2, family: nb2, engines: [laplace]}\n  - {<<: *v, name: wide}"
    )
    file.write_text(study_text(words=words, variants=variants), encoding="utf-8")
    study = load_study(file)
    assert [(v.name, v.family) for v in study.variants] == [("nb2", "nb2"), ("wide", "nb2")]


@pytest.mark.parametrize("text", [f"a: {RUNS}", "a: 3", "a: {all: {pre: 0}}", "- a", LAUGHS])
def test_the_truth_of_somebody_elses_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "truth.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"truth\.yaml") as raised:
        truth(tmp_path)
    assert len(str(raised.value).splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["truth.yaml"]
