"""Every mistake in a study file is one line that names the file, the line and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.study.loading import built_in_studies, find_study, load_plan, load_study
from tests.study.files import PARTS, STRATA, study_text

# The lines of the parts in ``PARTS``; what is added follows on line 9.
TITLE, SOURCE, INDICATOR, ENGINES, SETTINGS, ADDED = 2, 3, 5, 6, 7, 9
VARIANT = "variants:\n  - {name: v, engines: [laplace]}\n  - {name: w, engines: [laplace]"

PRODUCT = "products:\n  - {name: Table 2, "


def indicator(old: str, new: str) -> dict[str, str]:
    return {"indicators": PARTS["indicators"].replace(old, new)}


def source(old: str, new: str) -> dict[str, str]:
    assert old in PARTS["source"]
    return {"source": PARTS["source"].replace(old, new)}


FAULTS: list[tuple[dict[str, str], int, str]] = [
    # unknown keys, with the nearest name
    ({"x": "enginez: [lme4]"}, ADDED, "unknown key 'enginez': did you mean 'engines'?"),
    ({"x": "model: {randon: slope}"}, ADDED, "did you mean 'random'?"),
    ({"x": "words: {unitt: area}"}, ADDED, "did you mean 'unit'?"),
    ({"x": STRATA.replace("column", "colum")}, ADDED, "did you mean 'column'?"),
    ({"x": VARIANT + ", familly: nb2}"}, 11, "did you mean 'family'?"),
    (indicator("exposure", "exposur"), INDICATOR, "did you mean 'exposure'?"),
    (indicator("per:", "pr:"), INDICATOR, "did you mean 'per'?"),
    ({"title": "titel: A small study"}, TITLE, "did you mean 'title'?"),
    # wrong types and values
    (indicator("1000", "many"), INDICATOR, "indicators.0.per: "),
    (indicator("1000", "-1"), INDICATOR, "greater than 0 (found -1)"),
    (indicator("1000", ".inf"), INDICATOR, "(found inf)"),
    (indicator("1000", ".nan"), INDICATOR, "(found nan)"),
    (indicator("name: cases", "name: a/b"), INDICATOR, "(found 'a/b')"),
    ({"title": "title:"}, TITLE, "title: Input should be a valid string (found None)"),
    ({"title": "title: 5"}, TITLE, "(found 5)"),
    ({"title": "title: !!python/object:os.system x"}, TITLE, "the tag"),
    ({"study": "study: ../up"}, 1, "a letter or digit first (found '../up')"),
    ({"study": 'study: "a\\n"'}, 1, "(found 'a\\n')"),
    ({"study": "study: 2020-01-01"}, 1, "study: "),
    ({"engines": "engines: laplace"}, ENGINES, "engines: write a list, such as [a, b] (found"),
    ({"x": "model: {window: 3}"}, ADDED, "model.window: write a list, such as [a, b] (found 3)"),
    ({"x": "model: slope"}, ADDED, "model: write 'key: value' entries (found 'slope')"),
    ({"engines": "engines: []"}, ENGINES, "engines: "),
    ({"settings": "settings: [tigth]"}, SETTINGS, "'default' or 'tight' (found 'tigth')"),
    ({"x": "level: perfect"}, ADDED, "(found 'perfect')"),
    ({"x": "no_event: skip"}, ADDED, "'error' or 'drop' (found 'skip')"),
    ({"x": "model: {random: no}"}, ADDED, "'none', 'intercept', 'slope' or 'step'"),
    ({"x": "model: {impact: two-steps}"}, ADDED, "use one of two-step"),
    ({"x": STRATA.replace("5", "1")}, ADDED, "greater than or equal to 2 (found 1)"),
    ({"x": STRATA.replace("north", "a b")}, ADDED, "(found 'a b')"),
    ({"x": "1: 2"}, ADDED, "Keys should be strings"),
    # questions that the study cannot answer
    ({"x": "scrutiny: {placebos: {}}"}, ADDED, "did you mean 'placebo'?"),
    ({"x": "scrutiny: {placebo: {replicates: 19}}"}, ADDED, "greater than or equal to 39"),
    ({"x": "scrutiny: {regression_to_the_mean: true}"}, ADDED, "needs strata: add it"),
    ({"x": "scrutiny: {bounds: true}"}, ADDED, "needs variants that change count alone"),
    ({"x": "model: {impact: level}\nscrutiny: {contrasts: true}"}, 10, "needs impact: two-step"),
    # what an engine cannot fit
    ({"engines": "engines: [lme4]", "x": "model: {family: nb2}"}, ENGINES,
     "engines: engine 'lme4' has no family 'nb2': binomial, poisson, poisson-olre"),
    ({"x": "variants:\n  - {name: v, engines: [laplace, agq], family: poisson-olre}"}, 10,
     "variants.0.engines: engine 'agq' has no family 'poisson-olre': nb2, poisson"),
    ({"x": "variants:\n  - {name: v, engines: [laplace, lme4], se_method: cluster}"}, 10,
     "variants.0.engines: engine 'lme4' has no se_method 'cluster': observed, rx"),
    ({"engines": "engines: [glmmtmb]", "x": "model: {covariance: scalar}"}, ENGINES,
     "engine 'glmmtmb' has no covariance 'scalar'"),
    ({"x": "variants:\n  - {name: v, engines: [agq], n_quadrature: 8}"}, 10,
     "variants.0.n_quadrature: 8 is even: use an odd number of points"),
    # names that stand there twice
    (indicator("\n", "\n  - {name: cases, label: C, count: c, exposure: e}\n"), 6, "'cases'"),
    ({"engines": "engines: [lme4, laplace, lme4]"}, ENGINES, "'lme4' stands there twice"),
    ({"settings": "settings: [tight, tight]"}, SETTINGS, "'tight' stands there twice"),
    ({"x": VARIANT.replace("w", "v") + "}"}, 11, "'v' stands there twice"),
    ({"x": VARIANT.replace("w, engines: [laplace", "w, engines: [lme4, lme4") + "}"}, 11, "'lme4'"),
    ({"x": VARIANT.replace("w", "base") + "}"}, 11, "'base'"),
    ({"x": "title: Another"}, ADDED, "title"),
    # products
    ({"x": PRODUCT + "kind: stages, indicators: [casess]}"}, 10,
     "products.0.indicators: 'casess': did you mean 'cases'?"),
    ({"x": PRODUCT + "kind: stages, indicator: [cases]}"}, 10, "did you mean 'indicators'?"),
    ({"x": PRODUCT + "kind: table}"}, 10, "(found 'table')"),
    ({"x": PRODUCT + "kind: medians, by: strata}"}, 10,
     "kind 'medians' has no use for 'by': remove it (it takes indicators, strata)"),
    ({"strata": STRATA, "x": PRODUCT + "kind: stages, strata: [nord]}"}, 11,
     "products.0.strata: 'nord': did you mean 'north'?"),
    ({"x": PRODUCT + "kind: chained-index, by: strata}"}, 10,
     "products.0.by: the study has no strata: remove it, or add strata"),
    ({"x": PRODUCT + "kind: stages}\n  - {name: table 2, kind: medians}"}, 11,
     "products.1.name: the file name 'table-2' is taken: rename it"),
    ({"x": STRATA.replace("minimum", "titles: {nort: North}, minimum")}, ADDED,
     "titles: 'nort': did you mean 'north'?"),
    # engines
    ({"engines": "engines: [lme5]"}, ENGINES, "engine 'lme5' is not known: did you mean 'lme4'?"),
    ({"x": VARIANT.replace("w, engines: [", "w, engines: [glmmTMB, ") + "}"}, 11, "'glmmtmb'?"),
    # windows
    ({"x": "model: {window: [0, 3]}"}, ADDED, "the first must be -1 or less"),
    ({"x": "model: {window: [-3, -1]}"}, ADDED, "the last 0 or more"),
    ({"x": "model: {window: [3, -3]}"}, ADDED, "window [3, -3]"),
    ({"x": "model: {window: [-2.5, 3]}"}, ADDED, "(found -2.5)"),
    ({"x": "model: {window: [-3]}"}, ADDED, "window"),
    ({"x": "model: {window: wide}"}, ADDED, "(found 'wide')"),
    ({"x": VARIANT + ", window: [0, 1]}"}, 11, "the first must be -1 or less"),
    ({"x": VARIANT + ", settings: []}"}, 11, "settings"),
    ({"x": VARIANT + ", impact: steps}"}, 11, "use one of two-step"),
    # the reader and its options
    (source("reader: table", "reader: tabel"), SOURCE, "did you mean 'table'?"),
    (source("path", "pth"), SOURCE, "did you mean 'path'?"),
    (source("path: table.csv,", ""), SOURCE, "needs the option 'path': add it"),
    (source("table.csv", "5"), SOURCE, "(found 5)"),
    (source("table.csv", "[table.csv]"), SOURCE, "(found ['table.csv'])"),
    (source("{unit: area, period: year, event: law}", "area"), SOURCE, "(found 'area')"),
    (source("law}", "[law]}"), SOURCE, "(found ['law'])"),
    (source("law}", "}"), SOURCE, "(found None)"),
    (source("reader", "base: /, reader"), SOURCE, "no option 'base'"),
    ({"source": "source: table"}, SOURCE, "source: "),
    ({"source": "source: {reader: us_traffic, event: [gdl]}"}, SOURCE, "(found ['gdl'])"),
    # YAML itself
    ({"x": "model: {window: [-3, 3}"}, ADDED, "is not YAML: "),
    ({"x": "model:\n\trandom: slope"}, ADDED + 1, "is not YAML: "),
    ({"x": "---\nstudy: other"}, ADDED, "is not YAML: "),
]  # fmt: skip


def one_line(path: Path) -> str:
    with pytest.raises(ConfigError) as error:
        load_study(path)
    text = str(error.value)
    assert "\n" not in text
    assert error.value.exit_code == 2
    return text


@pytest.mark.parametrize(("parts", "line", "says"), FAULTS)
def test_fault(tmp_path: Path, parts: dict[str, str], line: int, says: str) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(study_text(**parts))
    text = one_line(path)
    assert text.startswith(f"{path}, line {line}: ")
    assert says in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "a study file is a list of 'key: value' entries"),
        (b"- a\n- b\n", "a study file is a list of 'key: value' entries"),
        (b"hello\n", "a study file is a list of 'key: value' entries"),
        (b"# nothing but words\n", "a study file is a list of 'key: value' entries"),
        ("title: Caf\xe9\n".encode("latin-1"), "is not UTF-8 text: save it as UTF-8"),
        (b"title: a\0b\n", "is not YAML: "),
        (b"{}", "line 1: key 'study' is missing: add it"),
    ],
)
def test_not_a_study(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "small.yaml"
    path.write_bytes(content)
    text = one_line(path)
    assert text.startswith(str(path))
    assert says in text


@pytest.mark.parametrize("part", ["study", "title", "source", "indicators", "engines"])
def test_missing_part(tmp_path: Path, part: str) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(study_text(**{part: None}))
    assert one_line(path) == f"{path}, line 1: key {part!r} is missing: add it"


def test_file_that_is_not_there(tmp_path: Path) -> None:
    assert one_line(tmp_path / "no.yaml").startswith(f"{tmp_path / 'no.yaml'}: cannot be read (")
    assert one_line(tmp_path).startswith(f"{tmp_path}: cannot be read (")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("us-trafic", "there is no study 'us-trafic': did you mean 'us-traffic'?"),
        ("zzz", "there is no study 'zzz': choose one of "),
        ("zzz.yaml", "zzz.yaml: there is no such file"),
        ("folder/zzz", "folder/zzz: there is no such file"),
    ],
)
def test_study_that_is_not_there(name: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        find_study(name)
    assert str(error.value).startswith(says)


def test_what_is_right_is_read(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    text = study_text(
        strata=STRATA, model="model: &m {random: intercept}", words="words: {unit: a}"
    )
    for written in (text, f"\N{BYTE ORDER MARK}{text}", text.replace("\n", "\r\n")):
        path.write_bytes(written.encode())
        study = load_study(path)
        assert (study.study, study.model.random, study.words.unit) == ("small", "intercept", "a")
        assert study.strata is not None
        assert study.strata.labels == {"n": "north", "s": "south"}
    assert find_study(str(path)) == path


def test_labels_of_truth_values_match_the_text_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    labels = "strata: {column: region, labels: {true: up, false: down, 3: three, no: nay}}"
    path.write_text(study_text(strata=labels))
    strata = load_study(path).strata
    assert strata is not None
    # YAML 1.2: "no" is text.
    assert strata.labels == {"true": "up", "false": "down", "3": "three", "no": "nay"}


def test_built_in_studies_are_valid() -> None:
    found = built_in_studies()
    assert {"us-traffic", "hospitals"} <= set(found)
    for name, path in found.items():
        assert load_plan(path).study == name


def test_what_only_simulates_has_nothing_to_run() -> None:
    with pytest.raises(ConfigError, match="harness simulate few-units"):
        load_study(built_in_studies()["few-units"])
