"""Many fits at once, in the report: the numbers of the block, told in words, tables and colours."""

from __future__ import annotations

import csv
import re

import matplotlib as mpl
import pytest

from harness.report import render_report
from harness.report.document import document
from harness.report.figures.heat_map import COLOURS, LOST, compact, ink, table_of
from harness.report.reading import Reading
from harness.report.rounding import brief
from tests.report.conftest import Results, build_results

AA = 4.5  # WCAG 2.2, contrast of normal text
FILES = (
    "agreement", "equivalence", "digits", "distances", "odd_one_out", "conclusions",
    "changed_conclusions",
)  # fmt: skip


def texts(results: Results, anchor: str) -> str:
    """Return the words of one section, as Markdown would print them, tables in the order shown."""
    sections = {s.anchor: s for s in document(Reading(results)).sections}
    return repr(sections[anchor].blocks) if anchor in sections else ""


def rows(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files[f"tables/{name}.csv"].decode("utf-8").splitlines()))


@pytest.fixture(scope="module")
def six() -> Results:
    return build_results(indicators=6, nb2=False)


def test_tables_show_the_block(six):
    said = texts(six, "many-fits")
    for pair in six["agreement"]["pairs"]:
        for found in (pair["estimates"]["limit_low"], pair["one_minus_ccc"],
                      pair["deming"]["slope_minus_one"]):  # fmt: skip
            assert found["low"] <= found["value"] <= found["high"]
            assert f"Cell(text='{brief(found['value'])}'" in said
            assert f"sub='{brief(found['low'])} to {brief(found['high'])}'" in said


@pytest.mark.parametrize(("indicators", "said"), [(3, False), (6, True)])
def test_indicators_of_one_count_are_named(make_results, indicators, said):
    results = make_results(indicators=indicators, strata=("all",), engines=("lme4", "laplace"))
    assert ("6 indicators share 3 counts" in texts(results, "many-fits")) is said


def test_csv_files_hold_every_digit(results, files):
    found = results["agreement"]
    by_measure = {(r["a"], r["b"], r["rows"], r["measure"]): r for r in rows(files, "agreement")}
    assert len(by_measure) == 11 * len(found["pairs"])
    for pair in found["pairs"]:
        row = by_measure[pair["a"], pair["b"], pair["rows"], "Deming slope minus 1"]
        assert float(row["value"]) == pair["deming"]["slope_minus_one"]["value"]
        assert row["no_interval"] == pair["no_interval"]
    assert [float(r["p_value"]) for r in rows(files, "equivalence")] == [
        pair["tost"]["p_value"] for pair in found["pairs"]
    ]
    assert [r["diff_se"] for r in rows(files, "distances")] == [
        repr(row["diff_se"]) for row in found["distances"]
    ]
    assert len(rows(files, "changed_conclusions")) == len(found["conclusions"]["changed"])


@pytest.mark.parametrize("name", FILES)
def test_files_without_rows_keep_their_heads(make_results, name):
    results = make_results(indicators=1, strata=("all",), engines=("laplace",), settings=("tight",))
    results["agreement"]["distances"] = []
    lines = render_report(results)[f"tables/{name}.csv"].decode("utf-8").splitlines()
    assert len(lines) == 1
    assert lines[0].count(",") > 1


def planted(by: dict[str, float]):
    """Give engines another standard error of one stage: 1.0 beside an estimate of 1.96 is p 0.05."""

    def edit(results: Results) -> None:
        for fit in results["fits"]:
            for p in fit["params"].values():
                p |= {"estimate": 1.0, "se": 1.0}
            fit["params"]["post"] |= {"estimate": 1.96, "se": by.get(fit["engine"], 1.01)}

    return edit


@pytest.mark.parametrize(
    ("by", "opening", "kind", "tables"),
    [
        ({}, "Not among", "plain", ()),
        ({"laplace": 0.9}, "Yes, even", "warning", ("changed",)),
        # 1.96 / 1.000018 lies above the 5 % point, 1.96 / 1.000019 below it.
        (
            {"lme4": 1.000018, "laplace": 1.000019},
            "Only on a knife-edge,",
            "plain",
            ("knife-edge",),
        ),
        ({"statsmodels-vb": 0.9}, "Not among", "plain", ("changed-estimators",)),
    ],
    ids=["same", "changed", "knife-edge", "estimator"],
)
def test_the_answer_is_the_first_word(make_results, by, opening, kind, tables):
    engines = ("lme4", "laplace", *(name for name in by if name.startswith("stats")))
    options = {"indicators": 1, "strata": ("all",), "settings": ("tight",), "nb2": False}
    results = make_results(engines=engines, edit=planted(by), **options)
    (section,) = (s for s in document(Reading(results)).sections if s.anchor == "software")
    answer = section.blocks[0]
    assert answer.text.startswith(opening)
    assert ("A different estimator would." in answer.text) == ("statsmodels-vb" in by)
    assert answer.kind == kind
    shown = repr(section.blocks)
    names = ("changed", "knife-edge", "changed-estimators", "knife-edge-estimators")
    assert tuple(n for n in names if f"Table(name='{n}'" in shown) == tables
    if tables:
        assert re.search(r"(rises|no clear change)', sub='b = 1\.96, SE \d", shown)


def test_results_of_an_earlier_version_stand(results):
    earlier = {key: value for key, value in results.items() if key != "agreement"}
    files = render_report(earlier)
    assert b"All fits at once" not in files["index.html"]
    assert b"Bland-Altman plots" not in files["index.html"]
    assert "figures/heat-map.svg" not in files


def test_a_lost_fit_is_the_worst_of_its_strata(make_results):
    lost = "totfat/fast/base/laplace/tight"
    results = make_results(indicators=1, failing=lambda fit: fit["id"] == lost)
    strata, columns = table_of(Reading(results), whole_panel=False)
    assert strata["totfat", "laplace tight"] == (None, None)
    assert "laplace tight" in columns
    rows_of = [r for r in results["agreement"]["distances"] if "/all/" not in r["fit"]]
    expected = max(r["diff_se"] for r in rows_of if r["fit"].endswith("base/statsmodels-vb/tight"))
    assert strata["totfat", "statsmodels-vb tight"][0] == expected
    drawn = {d.name: d for d in document(Reading(results)).drawings}
    assert f"<!-- {LOST} -->".encode() in drawn["heat-map-strata"].svg
    assert f"<!-- {LOST} -->".encode() not in drawn["heat-map"].svg
    assert "laplace tight no answer" in drawn["heat-map-strata"].alt


def luminance(colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("k", range(COLOURS.N))
def test_numbers_can_be_read_on_every_shade(k):
    ground = COLOURS(k)
    text = mpl.colors.to_rgb(ink(ground))
    light, dark = sorted((luminance(ground), luminance(text)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= AA


def test_shades_go_one_way():
    shades = [luminance(COLOURS(k)) for k in range(COLOURS.N)]
    assert shades == sorted(shades, reverse=True)


@pytest.mark.parametrize(
    ("x", "text"),
    [(0.0, "0"), (3.2e-13, "3e−13"), (9.7e-5, "1e−4"), (0.0123, "0.012"), (26.0, "26"),
     (0.0099, "1e−2")],
)  # fmt: skip
def test_compact_numbers(x, text):
    assert compact(x) == text
