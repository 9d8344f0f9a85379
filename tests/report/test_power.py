from __future__ import annotations

import csv
import math
from itertools import pairwise

import pytest
from statsmodels.stats.proportion import proportion_confint

from harness.report import render_power_report
from harness.report.figures.style import house_style, new_figure
from harness.report.power.answer import answer_sentence
from harness.report.power.beside import LABEL_GAP, spread
from harness.report.power.curve import draw_curve
from harness.report.power.reading import PowerAnalysis
from harness.report.power.status import power_status
from harness.report.power.tables.points import failures_table, points_table, significant_table
from harness.report.power.tables.search import search_tables
from harness.report.power.wording import limits_words, lowered
from harness.report.rounding import fixed
from tests.report.planned import ALL_LOST
from tests.report.powered import PARAGRAPH, UNITS, build_power
from tests.report.test_page import LEFT_OVER, Page


@pytest.fixture(scope="module")
def results():
    return build_power(search=True)


@pytest.fixture(scope="module")
def files(results):
    return render_power_report(results)


@pytest.fixture(scope="module")
def page(files):
    return Page(files["index.html"].decode("utf-8"))


def _page(results) -> Page:
    return Page(render_power_report(results)["index.html"].decode("utf-8"))


def _rows(files, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files[f"tables/{name}.csv"].decode("utf-8").splitlines()))


def test_csv_holds_every_digit(results, files):
    rows = _rows(files, "points")
    assert [int(row["units"]) for row in rows] == list(UNITS)
    for row, point in zip(rows, results["points"], strict=True):
        for key in ("power", "low", "high", "power_lowest", "type_m", "mean_percent"):
            assert float(row[key]) == point[key]
        assert int(row["failed_fit"]) == point["failed"]["fit"]
    seen = [(int(row["value"]), float(row["power"])) for row in _rows(files, "search")]
    assert seen == [(e["value"], e["power"]) for e in results["search"]["evaluations"]]


def test_every_power_is_shown_with_its_interval(results, files, page):
    text = files["report.md"].decode("utf-8")
    for point in results["points"]:
        power, limits = fixed(100 * point["power"]), limits_words(point)
        assert f"{power} {limits}" in page.text
        assert f"{power}** ({limits})" in text or f"{power} ({limits})" in text


def test_the_page_opens_with_the_answer(results, page):
    search = results["search"]
    start = page.text[: page.text.index("Contents")]
    assert (
        "The smallest number of units with 80 % power to reject “step0 = 0” (in truth a change of"
        f" −7.7 %) is {search['answer']} (95 % interval {search['low']} to {search['high']})."
    ) in start


def test_the_paragraph_can_be_copied(files, page):
    blocks = [a for tag, a in page.tags if tag == "pre" and a.get("class") == "prose"]
    assert len(blocks) == 2  # the formula and the paragraph
    assert PARAGRAPH in page.text
    assert f"```text\n{PARAGRAPH}\n```" in files["report.md"].decode("utf-8")


def _powers(*powers):
    """Give the points these powers, with intervals of 2 points to either side."""

    def edit(results):
        for point, power in zip(results["points"], powers, strict=True):
            point |= {"power": power, "low": None, "high": None}
            if power is None:
                point["reason"] = ALL_LOST
            else:
                point |= {"low": power - 0.02, "high": power + 0.02}

    return edit


@pytest.mark.parametrize(
    ("powers", "said", "light"),
    [
        ((0.3, 0.6, 0.85, 0.9, 0.95), "from number of units 60 on: 85.0 % (83.0 to 87.0)", "green"),
        ((0.3, 0.6, 0.7, 0.75, 0.81), "from number of units 120 on", "amber"),
        ((0.3, 0.4, 0.5, 0.6, 0.7), "stays below 80 %: at most 70.0 % (68.0 to 72.0)", "amber"),
        ((0.9, 0.91, 0.92, 0.93, 0.94), "everywhere, at least 90.0 % (88.0 to 92.0)", "green"),
        ((0.95, 0.9, 0.5, 0.4, 0.3), "up to number of units 40: 90.0 %", "green"),
        ((0.3, 0.9, 0.7, 0.9, 0.3), "at number of units 40 and 80", "green"),
        ((None, 0.6, 0.85, 0.9, 0.95), "from number of units 60 on: 85.0 %", "green"),
        ((None,) * 5, "No power can be given: every replicate failed.", "red"),
    ],
)
def test_where_the_target_is_reached(powers, said, light):
    analysis = PowerAnalysis(build_power(edit=_powers(*powers)))
    assert said in answer_sentence(analysis)
    assert power_status(analysis).light == light


WHAT = "80 % power to reject “step0 = 0” (in truth a change of −7.7 %)"
BEST = "number of units with it is 40, at overdispersion 1 times Poisson: 90.0 % (88.0 to 92.0)."
MOST = "50.0 % (48.0 to 52.0), number of units 40, overdispersion 4 times Poisson."


@pytest.mark.parametrize(
    ("powers", "said"),
    [
        ((0.3, 0.9, 0.95, 0.2, 0.5, 0.85), f"3 of 6 designs have {WHAT}; the least {BEST}"),
        ((0.95, 0.9, 0.3, 0.85, 0.5, 0.2), f"3 of 6 designs have {WHAT}; the greatest {BEST}"),
        ((0.1, 0.2, 0.3, 0.2, 0.5, 0.4), f"No design has {WHAT}: at most {MOST}"),
    ],
)
def test_several_lines_have_one_answer(powers, said):
    results = build_power(units=(20, 40, 60), second=(1.0, 4.0), edit=_powers(*powers))
    assert answer_sentence(PowerAnalysis(results)) == said


@pytest.mark.parametrize(
    ("asked", "light", "answer"),
    [
        (None, "green", "To 1.6 points"),
        (0.02, "green", "As asked"),
        (0.01, "amber", "Less than asked"),
    ],
)
def test_an_interval_wider_than_asked_is_said(asked, light, answer):
    results = build_power(units=(20, 40), edit=_powers(0.25, 0.75))
    for point in results["points"]:
        point |= {"low": point["power"] - 2**-6, "high": point["power"] + 2**-6}
    results["options"]["half_width"] = asked
    check = power_status(PowerAnalysis(results)).checks[1]
    assert (check.light, check.answer) == (light, answer)
    assert check.figure == "± 1.6"


def test_the_order_of_the_points_changes_no_word():
    results = build_power(edit=_powers(0.3, 0.6, 0.85, 0.9, 0.95))
    wanted = answer_sentence(PowerAnalysis(results))
    results["points"].reverse()
    assert answer_sentence(PowerAnalysis(results)) == wanted


@pytest.mark.parametrize(
    ("power", "said"),
    [
        (0.9, ", above the target of 80 %"),
        (0.7, ", below the target of 80 %"),
        (0.81, "; the target of 80 % lies inside the interval"),
    ],
)
def test_one_design_has_one_power(power, said):
    results = build_power(units=(60,), edit=_powers(power))
    found = _page(results)
    start = found.text[: found.text.index("Contents")]
    assert f"is {fixed(100 * power)} % (95 % interval" in start
    assert said in start
    assert not [tag for tag, _ in found.tags if tag == "img"]  # one point is no curve
    assert not LEFT_OVER.search(found.text)


def test_two_axes_are_lines_of_one_curve():
    results = build_power(second=(1.0, 2.0, 4.0))
    files = render_power_report(results)
    found = Page(files["index.html"].decode("utf-8"))
    for factor in (1, 2, 4):
        assert f"overdispersion {factor} times Poisson" in found.text
    assert len(_rows(files, "points")) == 15
    assert {name for name in files if name.startswith("figures/")} == {
        "figures/power-curve.svg", "figures/power-curve.png", "figures/power-curve.csv",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wanted",
    [{0: 99.0, 1: 100.0, 2: 98.0}, {0: 0.0, 1: 50.0, 2: 100.0}, {0: 20.0}, {0: 7.0, 1: 7.0}, {}],
)
def test_labels_keep_apart_and_below_the_top(wanted):
    found = spread(wanted)
    heights = sorted(found.values())
    assert found.keys() == wanted.keys()
    assert all(b - a >= LABEL_GAP - 1e-9 for a, b in pairwise(heights))
    assert max(heights, default=0.0) <= 100.0


def _texts(table) -> list[list[str]]:
    return [
        [f"{cell.text}|{cell.sub}" if cell.sub else cell.text for cell in row] for row in table.rows
    ]


def _wilson(k: int, n: int) -> str:
    low, high = proportion_confint(k, n, method="wilson")
    return limits_words({"low": low, "high": high})


def test_the_tables_hold_each_number_in_its_column():
    analysis = PowerAnalysis(build_power(lost=lambda n: ("test", 0.2)))
    points = analysis.points
    assert _texts(points_table(analysis)) == [
        [str(p["axis"]["units"]), fixed(p["percent"], 2), "1,000|all replicates", str(p["rejected"]),
         f"{fixed(100 * p['power'])}|{limits_words(p)}", fixed(100 * p["power_lowest"]),
         fixed(100 * p["power_highest"])]
        for p in points
    ]  # fmt: skip
    assert _texts(significant_table(analysis)) == [
        [str(p["axis"]["units"]), fixed(100 * p["power"]), fixed(100 * p["type_s"]),
         fixed(p["type_m"], 2), fixed(p["mean_percent"], 2), fixed(p["percent"], 2)]
        for p in points
    ]  # fmt: skip
    searched = PowerAnalysis(build_power(search=True))
    (table,) = search_tables(searched)
    assert _texts(table) == [
        [str(e["value"]), "400", f"{fixed(100 * e['power'])}|{_wilson(e['rejected'], 400)}"]
        for e in searched.evaluations
    ]
    done = [p["replicates"] - p["failed"]["test"] for p in points]
    assert _texts(failures_table(analysis)) == [
        [str(p["axis"]["units"]), "1,000", "0", "0", str(p["failed"]["test"]), str(n),
         fixed(100 * p["singular"] / n)]
        for p, n in zip(points, done, strict=True)
    ]  # fmt: skip


def test_the_curve_draws_the_numbers():
    results = build_power(second=(1.0, 4.0), lost=lambda n: ("fit", 1.0 if n == 20 else 0.2))
    analysis = PowerAnalysis(results)
    with house_style():
        ax = new_figure(4, 3).subplots()
        draw_curve(ax, analysis)
    drawn = [line for line in ax.lines if len(line.get_xdata()) == len(UNITS)]
    for line, own in zip(drawn, analysis.lines, strict=True):
        wanted = [math.nan if p["power"] is None else 100 * p["power"] for p in own.points]
        assert line.get_xdata().tolist() == list(UNITS)
        assert line.get_ydata().tolist() == pytest.approx(wanted, nan_ok=True, rel=0, abs=0)
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in crosses] == [(20, 0.0)] * 2
    bounds = [list(line.get_ydata()) for line in ax.lines if line.get_linestyle() == ":"]
    assert bounds == [[100 * p["power_lowest"], 100 * p["power_highest"]] for p in analysis.known]
    assert [t.get_text() for t in ax.texts if "times" in t.get_text()] == [
        "4 times Poisson", "1 times Poisson",
    ]  # fmt: skip
    (target,) = [line for line in ax.lines if list(line.get_xdata()) == [0, 1]]
    assert list(target.get_ydata()) == [80.0, 80.0]


@pytest.mark.parametrize("stage", ["simulate", "fit", "test"])
def test_failures_are_counted_and_never_power_0(stage):
    results = build_power(lost=lambda n: (stage, 1.0 if n == 20 else 0.3 if n == 40 else 0.0))
    files = render_power_report(results)
    found = Page(files["index.html"].decode("utf-8"))
    first, second = results["points"][:2]
    assert f"— {ALL_LOST}" in found.text
    assert "1 of 5 designs lost every replicate: they have no power, which is not power 0." in (
        found.text
    )
    assert "a cross on the axis: no power, not power 0" in found.text
    low, high = (fixed(100 * second[key]) for key in ("power_lowest", "power_highest"))
    assert f"{low} {high}" in found.text
    assert _rows(files, "points")[0]["power"] == ""
    assert int(_rows(files, "points")[0][f"failed_{stage}"]) == first["replicates"]
    assert not LEFT_OVER.search(found.text)


def _detectable(answer):
    def edit(results):
        known = answer is not None
        looks = [
            {"value": -8.4567, "replicates": 200, "tested": 0, "rejected": 0, "power": None},
            {"value": -8.0, "replicates": 200, "tested": 180, "rejected": 90, "power": 0.5},
        ]
        results["detectable"] = {
            "axis": "percent", "target": 0.8, "evaluations": looks, "answer": answer, "low": -9.1 if known else None,
            "high": -7.2 if known else None, "reason": None if known else "beyond −50 %",
        }  # fmt: skip

    return edit


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (-8.1, "with 80 % power is −8.1 % (95 % interval −9.1 to −7.2 %)."),
        (
            None,
            "No change was found that this design detects with 80 % power: beyond −50 %.",
        ),
    ],
)
def test_the_detectable_effect(answer, said):
    files = render_power_report(build_power(edit=_detectable(answer)))
    found = Page(files["index.html"].decode("utf-8"))
    assert said in found.text
    assert (
        f"Change Replicates Power, % −8.46 % 200 — −8 % 200 50.0 {_wilson(90, 180)}" in found.text
    )
    assert [row["value"] for row in _rows(files, "detectable")] == ["-8.4567", "-8.0"]
    assert "5,400 data sets" in found.text
    assert not LEFT_OVER.search(found.text)


def _failed_audit(results):
    results["audit"] |= {
        "ok": False,
        "decisions_differ": [
            {"point": {"units": 40}, "replicate": 17, "p_fast": 0.049991, "p_audit": 0.050009,
             "explanation": None}
        ],
    }  # fmt: skip


def _explained_audit(results):
    _failed_audit(results)
    results["audit"]["ok"] = True
    results["audit"]["decisions_differ"][0]["explanation"] = "knife-edge"


@pytest.mark.parametrize(
    ("edit", "light", "said"),
    [
        (_failed_audit, "red", "number of units 40 17 0.049991 0.050009 not explained"),
        (_explained_audit, "green", "0.049991 0.050009 knife-edge"),
        (lambda results: results.update(audit=None), "green", "No replicate was refitted"),
    ],
    ids=["failed", "explained", "none"],
)
def test_the_audit(edit, light, said):
    results = build_power(edit=edit)
    found = power_status(PowerAnalysis(results))
    assert found.light == light
    assert said in _page(results).text


def _bare(results):
    results["contrast"] |= {"percent": None, "rate_ratio": None}
    results["paragraph"] = ""
    results["process"] |= {"facts": [], "fixed_design": False}


def _no_answer(results):
    results["search"] |= {"answer": None, "low": None, "high": None, "reason": "beyond 500 units"}


def _words(results):
    for point, word in zip(results["points"], ("a", "b", "c", "d", "e"), strict=True):
        point["axis"]["units"] = word


MISSING = {
    "bare": {"edit": _bare},
    "no target": {"target": None},
    "no target, one point": {"target": None, "units": (60,)},
    "no answer": {"search": True, "edit": _no_answer},
    "search only": {"search": True, "edit": lambda results: results["points"].clear()},
    "no points": {"edit": lambda results: results["points"].clear()},
    "words on the axis": {"edit": _words},
    "wide axis": {"units": (5, 50, 500, 5000)},
    "half width": {"edit": lambda results: results["options"].update(half_width=0.001)},
}


@pytest.mark.parametrize("options", MISSING.values(), ids=MISSING.keys())
def test_whatever_is_missing_the_page_stands(options):
    found = _page(build_power(**{"replicates": 100} | options))
    assert "The answer" in found.text
    assert not LEFT_OVER.search(found.text)


@pytest.mark.parametrize(
    ("label", "found"),
    [("Number of units", "number of units"), ("SD of the slope", "SD of the slope"),
     ("NB2 theta", "NB2 theta"), ("", "")],
)  # fmt: skip
def test_labels_inside_a_sentence(label, found):
    assert lowered(label) == found
