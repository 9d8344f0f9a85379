from __future__ import annotations

import csv
import math
import re

import pytest
from scipy.stats import binomtest

from harness.report import render_simulation_report
from harness.report.blocks import Heading
from harness.report.rounding import brief, fixed, interval
from harness.report.simulation.figures.plots import plots
from harness.report.simulation.judging import beyond_chance, coverages, judged, outside
from harness.report.simulation.measures import BY_NAME, error_text, value_text
from harness.report.simulation.reading import Simulation
from harness.report.simulation.sections.about import design_section
from harness.report.simulation.sentences import finding
from harness.report.simulation.status import simulation_status
from harness.report.simulation.tables.agreement import agreement_table
from harness.report.simulation.tables.design import (
    other_facts_table,
    shared_facts_table,
    truths_table,
)
from harness.report.simulation.tables.grids import (
    bias_grid,
    coverage_grid,
    errors_grid,
    rejection_grid,
)
from harness.report.simulation.tables.rates import rates_table
from tests.report.planned import ALL_LOST, METHODS, PROCESSES, TRUTH, Z, build_simulation
from tests.report.test_page import LEFT_OVER, Page

# A few operations on the same floats, in another order.
ROUNDING = 1e-12
ONE = {"processes": {"nb2": PROCESSES["nb2"]}, "methods": {"laplace-poisson": "Poisson, Laplace"}}


@pytest.fixture(scope="module")
def results():
    return build_simulation(replicates=500)


@pytest.fixture(scope="module")
def files(results):
    return render_simulation_report(results)


@pytest.fixture(scope="module")
def page(files):
    return Page(files["index.html"].decode("utf-8"))


def _page(results) -> Page:
    return Page(render_simulation_report(results)["index.html"].decode("utf-8"))


def _rows(files, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files[f"tables/{name}.csv"].decode("utf-8").splitlines()))


def test_csv_holds_every_digit(results, files):
    rows = _rows(files, "performance")
    assert len(rows) == len(results["performance"])
    for row, record in zip(rows, results["performance"], strict=True):
        assert [row[k] for k in ("process", "method", "term", "measure")] == [
            record[k] for k in ("process", "method", "term", "measure")
        ]
        for key in ("truth", "value", "mcse"):
            assert (float(row[key]) if row[key] else None) == record[key]
    rates = {(row["process"], row["method"]): row for row in _rows(files, "rates")}
    for rate in results["rates"]:
        row = rates[rate["process"], rate["method"]]
        assert int(row["failed_fit"]) == rate["failed"]["fit"]
        assert float(row["singular_low"]) == rate["singular_low"]


def test_every_measure_is_shown_with_its_error(results, files, page):
    text = files["report.md"].decode("utf-8")
    for row in results["performance"]:
        if row["value"] is None:
            continue
        measure = BY_NAME[row["measure"]]
        value, error = value_text(measure, row), error_text(measure, row)
        assert f"{value} {error}" in page.text
        assert f"{value} ({error})".replace("-", "\\-") in text


@pytest.mark.parametrize(
    ("value", "mcse", "shown"),
    [
        (0.01234567, 0.00123, ("0.0123", "0.0012")),
        (-1.5e-6, 2.4e-7, ("−0.00000150", "0.00000024")),
        (123.456, 12.0, ("123.5", "12.0")),
        (0.25, None, ("0.2500", "")),
    ],
)
def test_the_monte_carlo_error_decides_the_digits(value, mcse, shown):
    row = {"value": value, "mcse": mcse}
    assert (value_text(BY_NAME["bias"], row), error_text(BY_NAME["bias"], row)) == shown


@pytest.mark.parametrize(
    ("value", "mcse", "n", "verdict"),
    [
        (0.61, 0.0154, 1000, "below"),
        (0.97, 0.0054, 1000, "above"),
        (0.937, 0.0077, 1000, "within"),
        # Within its own Monte Carlo error, though not within that of 95 %.
        (0.935, 0.0078, 1000, "within"),
        # All of 20 intervals hold the truth: the plain error is 0, and 20 are no proof of too many.
        (1.0, 0.0, 20, "within"),
        (1.0, 0.0, 1000, "above"),
    ],
)
def test_a_coverage_is_judged_by_its_monte_carlo_error(value, mcse, n, verdict):
    found = judged({"value": value, "mcse": mcse, "n": n}, 0.95)
    assert found is not None
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("hits", "n", "far"),
    [
        # Three of its own Monte Carlo errors above 95 %, and yet no rarer than 1 in 20.
        (196, 200, False),
        (200, 200, True),
        (178, 200, True),
        (926, 1000, True),
        (935, 1000, False),
    ],
)
def test_an_alarm_rests_on_the_exact_test(hits, n, far):
    p = hits / n
    row = {"value": p, "mcse": math.sqrt(p * (1 - p) / n), "n": n}
    assert bool(beyond_chance([judged(row, 0.95)])) is far
    # What is rare once is not rare among forty.
    others = [judged({"value": 0.95, "mcse": 0.007, "n": 1000}, 0.95)] * 39
    found = beyond_chance([judged(row, 0.95), *others])
    assert bool(found) is bool(binomtest(hits, n, 0.95).pvalue < 0.05 / 40)


def test_the_verdict_names_the_worst_coverage(results, page):
    rows = [r for r in results["performance"] if r["measure"] == "coverage"]
    worst = min(rows, key=lambda row: row["value"])
    assert (worst["process"], worst["value"] < 0.85) == ("nb2", True)
    start = page.text[: page.text.index("Contents")]
    said = (
        f"On data from “{PROCESSES['nb2']}”, the 95 % intervals of {worst['term']} by"
        f" {METHODS[worst['method']]} hold the truth in {fixed(100 * worst['value'])} % of 500"
        f" replicates (Monte Carlo error {fixed(100 * worst['mcse'])})."
    )
    assert said in start
    off = outside(coverages(Simulation(results)))
    assert f"Of {len(rows)} coverages, {len(off)} lie further from 95 %" in start


def test_rates_that_are_right_are_called_right():
    sim = Simulation(build_simulation(factor=lambda process, method: 1.0))
    found = simulation_status(sim)
    assert found.light == "green"
    assert beyond_chance(coverages(sim)) == []
    # Of 30 rates one or two are off by chance: that is said, and is no alarm.
    assert f"{len(outside(coverages(sim)))} lie" not in found.sentence


@pytest.mark.parametrize("stage", ["simulate", "fit", "test"])
def test_a_method_without_any_answer_is_never_power_0(stage):
    def lost(process: str, method: str) -> tuple[str, float]:
        return stage, 1.0 if method == "lme4-poisson" else 0.1

    results = build_simulation(replicates=200, lost=lost)
    files = render_simulation_report(results)
    found = Page(files["index.html"].decode("utf-8"))
    place = {"simulate": "while the data were drawn", "fit": "at the fit", "test": "at the test"}
    why = f"Every replicate failed (200 {place[stage]}): there is nothing to judge"
    silent = "; ".join(f"{METHODS['lme4-poisson']} on “{title}”" for title in PROCESSES.values())
    assert f"Without any answer: {silent}." in found.text
    assert found.text.count(f"{why}, and this is not power 0.") == len(PROCESSES)
    assert "every replicate failed" in found.text
    assert re.search(f"[a-z]: {ALL_LOST}", found.text)
    assert not LEFT_OVER.search(found.text)
    for rate in results["rates"]:
        row = next(
            r for r in _rows(files, "rates")
            if (r["process"], r["method"]) == (rate["process"], rate["method"])
        )  # fmt: skip
        assert int(row[f"failed_{stage}"]) == rate["failed"][stage] > 0


def test_nothing_at_all():
    results = build_simulation(replicates=50, lost=lambda process, method: ("fit", 1.0))
    files = render_simulation_report(results)
    found = Page(files["index.html"].decode("utf-8"))
    assert "No answer" in found.text
    assert "All 300 replicates failed" in found.text
    assert not LEFT_OVER.search(found.text)
    assert not [name for name in files if name.startswith("figures/")]


def test_what_has_no_error_says_why_and_what_is_not_known_is_shown():
    def edit(results):
        bias, other, *_ = results["performance"]
        bias |= {"value": 0.125, "mcse": None, "reason": "one replicate has no spread"}
        other |= {"measure": "kurtosis_of_z", "value": 3.25, "mcse": 0.5}

    found = _page(build_simulation(replicates=50, edit=edit, **ONE))
    assert "0.1250 a" in found.text
    assert "a: one replicate has no spread" in found.text
    assert "Kurtosis of z" in found.text
    assert "3.25 0.50" in found.text


def _no_second(results):
    results["second_implementation"] = None
    results["second_implementation_reason"] = "R is not installed"


def _counted(results):
    for pair in results["agreement"]:
        pair["changed_count"] = 123


MISSING = {
    "nothing": {},
    "one replicate": {"replicates": 1},
    "two replicates": {"replicates": 2},
    "no effect anywhere": {"truth": {"intercept": 2.0, "step0": 0.0}},
    "only the intercept": {"truth": {"intercept": 2.0}},
    "no second implementation": {"edit": _no_second},
    "agreement": {"methods": dict(list(METHODS.items())[:2])},
    "a known number of changes": {"methods": METHODS, "edit": _counted},
    "no aims": {"edit": lambda results: results["study"].update(aims="")},
    "no facts": {"edit": lambda results: results["processes"][0]["facts"].clear()},
    "free design": {"edit": lambda results: results["processes"][0].update(fixed_design=False)},
}


@pytest.mark.parametrize("options", MISSING.values(), ids=MISSING.keys())
def test_whatever_is_missing_the_page_stands(options):
    found = _page(build_simulation(**{"replicates": 100, **ONE} | options))
    assert "What was found" in found.text
    assert not LEFT_OVER.search(found.text)


def test_a_missing_second_implementation_says_why():
    assert (
        "No second implementation was run: R is not installed."
        in _page(build_simulation(replicates=20, edit=_no_second, **ONE)).text
    )


def test_two_programs_that_differ_are_red():
    def differ(results):
        results["second_implementation"]["largest_relative_difference"] = 2e-3

    found = simulation_status(Simulation(build_simulation(replicates=20, edit=differ, **ONE)))
    assert [check.light for check in found.checks][-1] == "red"


def test_the_replay_shows_a_replicate_on_which_methods_differ(results, page):
    pair = next(pair for pair in results["agreement"] if pair["changed"])
    wanted = f"harness simulate poisson-coverage --replay {pair['process']}:{pair['changed'][0]}"
    assert wanted in page.text


def _texts(table) -> list[list[str]]:
    return [
        [f"{cell.shown}|{cell.sub}" if cell.sub else cell.shown for cell in row]
        for row in table.rows
    ]


def test_the_tables_hold_each_number_in_its_column():
    results = build_simulation(replicates=400, lost=lambda process, method: ("test", 0.1))
    sim = Simulation(results)
    labels = {**PROCESSES, **METHODS}
    for row, rate in zip(_texts(rates_table(sim)), results["rates"], strict=True):
        n = str(rate["converged"])
        singular = fixed(100 * rate["singular"] / rate["converged"])
        limits = interval(100 * rate["singular_low"], 100 * rate["singular_high"])
        failed = str(rate["failed"]["test"])
        assert row == [labels[rate["process"]], labels[rate["method"]], "400", "0", "0", failed, n, n,
                       f"{singular}|{limits}"]  # fmt: skip
    for row, pair in zip(_texts(agreement_table(sim)), results["agreement"], strict=True):
        counts = [str(n) for n in pair["verdicts"].values()]
        both = f"{labels[pair['method_a']]}|{labels[pair['method_b']]}"
        numbers = [brief(pair["max_d"]), brief(pair["max_s"]), "—"]
        changed = ", ".join(map(str, pair["changed"])) or "—"
        assert row == [labels[pair["process"]], both, "400", *counts, *numbers, changed]
    for row, process in zip(_texts(truths_table(sim.processes)), sim.processes, strict=True):
        shown = [fixed(b, 4) for b in TRUTH.values()]
        changes = ["", *(f"|{fixed(process['percent'][t], 2)} %" for t in list(TRUTH)[1:])]
        assert row == [process["title"], *(a + b for a, b in zip(shown, changes, strict=True))]


def _moved(by: float):
    """Move every estimate of step1 by so many empirical standard errors, and nothing else."""

    def edit(results):
        rows = {(r["term"], r["measure"]): r for r in results["performance"]}
        for term in TRUTH:
            bias, scatter = rows[term, "bias"], rows[term, "empirical_se"]
            bias["value"] = by * scatter["value"] if term == "step1" else 0.0

    return edit


@pytest.mark.parametrize(
    ("factor", "moved", "said"),
    [
        (
            0.5,
            0.0,
            ("hold the truth too rarely", r"up to [45]\d\.\d % too small", "No bias beyond"),
        ),
        (1.5, 0.0, ("hold the truth too often", r"up to [45]\d\.\d % too large", "No bias beyond")),
        (1.0, -0.5, (r"up to 0\.50 standard errors too low \(step1, Monte Carlo error 0\.04\)",)),
        (1.0, 0.5, (r"up to 0\.50 standard errors too high \(step1, Monte Carlo error 0\.04\)",)),
    ],
)
def test_the_sentences_say_which_way(factor, moved, said):
    results = build_simulation(
        replicates=500, factor=lambda process, method: factor, edit=_moved(moved), **ONE
    )
    text = " ".join(finding(Simulation(results), results["rates"][0]).sentences)
    for words in said:
        assert re.search(words.replace(" ", r"\s"), text), text


SIGNS = {-1: "▼ ", 0: "", 1: "▲ "}


def _signed(row, nominal: float, factor: float = 1.0, brackets: bool = False) -> str:
    """A cell as it should be: sign where 1.96 Monte Carlo errors do not reach what is nominal."""
    away = (row["value"] - nominal) / row["mcse"]
    measure = BY_NAME[row["measure"]]
    sign = SIGNS[0 if abs(away) <= Z else 1 if away > 0 else -1]
    text = value_text(measure, row)
    return f"{sign}{f'({text})' if brackets else text}|{error_text(measure, row)}"


def test_the_grids_mark_what_is_off_and_which_way(results):
    sim = Simulation(results)
    for measure, grid, nominal in (
        ("coverage", coverage_grid, 0.95), ("bias", bias_grid, 0.0),
        ("relative_error_se", errors_grid, 0.0),
    ):  # fmt: skip
        for row, rate in zip(_texts(grid(sim)), results["rates"], strict=True):
            key = (rate["process"], rate["method"])
            assert row[2:] == [_signed(sim.known(*key, t, measure), nominal) for t in TRUTH]
    effects = [term for term in TRUTH if term != "intercept"]
    for row, rate in zip(_texts(rejection_grid(sim)), results["rates"], strict=True):
        rows = [sim.known(rate["process"], rate["method"], t, "rejection") for t in effects]
        power = [f"{value_text(BY_NAME['rejection'], r)}|{error_text(BY_NAME['rejection'], r)}"
                 for r in rows]  # fmt: skip
        null = effects.index("step0")
        power[null] = _signed(rows[null], 0.05, brackets=True)
        assert row[2:] == power


def test_type_i_errors_within_and_beyond_are_told_apart():
    def edit(results):
        for row in results["performance"]:
            row["term"] = {"step1": "step0 = pre"}.get(row["term"], row["term"])
            if row["measure"] == "rejection":
                high = row["term"] in ("post", "step0 = pre")
                row |= {"truth": 0.0, "value": 0.09 if high else 0.052, "mcse": 0.009}

    sim = Simulation(build_simulation(replicates=100, edit=edit, **ONE))
    text = " ".join(finding(sim, sim.rates[0]).sentences).replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "The type I error of “step0 = pre” is 9.0 % (Monte Carlo error 0.9), more than 5 %; of post"
        " is 9.0 % (Monte Carlo error 0.9), more than 5 %. Type I errors of pre and step0 within"
        " Monte Carlo error of 5 %: 5.2 %."
    ) in text


def test_settings_alike_stand_apart_from_those_that_differ():
    def edit(results):
        first, second, third = results["processes"]
        first["facts"] = [["Units", 150], ["Periods", "-3 to 3"]]
        second["facts"] = [["Units", 33], ["Periods", "-3 to 3"], ["Strata", "a 20, b 13"]]
        third |= {"facts": [["Units", 150], ["Periods", "-3 to 3"]], "formula": "y ~ NB2(mu, 30)"}

    names = {**PROCESSES, "third": "A third"}
    results = build_simulation(processes=names, methods=ONE["methods"], replicates=20, edit=edit)
    processes = Simulation(results).processes
    assert _texts(shared_facts_table(processes)) == [["Periods", "-3 to 3"]]
    assert _texts(other_facts_table(processes)) == [
        [PROCESSES["poisson"], "150", "—"], [PROCESSES["nb2"], "33", "a 20, b 13"],
        ["A third", "150", "—"],
    ]  # fmt: skip
    assert other_facts_table(processes[:1]) is None
    # One formula, one block.
    blocks = design_section(Simulation(results)).blocks
    headings = [block.text for block in blocks if isinstance(block, Heading)]
    assert headings == ["; ".join(PROCESSES.values()), "A third"]


def test_processes_may_have_other_terms():
    def edit(results):
        rows = results["performance"]
        rows[:] = [r for r in rows if (r["process"], r["term"]) != ("nb2", "post")]

    sim = Simulation(build_simulation(replicates=50, edit=edit))
    assert sim.terms("nb2") == [term for term in TRUTH if term != "post"]
    assert sim.terms("poisson") == list(TRUTH)
    lasts = [row[-1] for row in _texts(coverage_grid(sim))]
    assert [text == "—" for text in lasts] == [False] * 3 + [True] * 3


def test_the_marks_of_the_figures_are_the_numbers(results):
    sim = Simulation(results)
    found = {plot.name: plot for plot in plots(sim)}
    for row in results["performance"]:
        key = (row["process"], row["method"], row["term"])
        value, half = row["value"], None if row["mcse"] is None else Z * row["mcse"]
        if row["measure"] == "coverage":
            dot = found["coverage"].dot(*key)
            assert dot.x == 100 * value
            assert dot.low == pytest.approx(100 * (value - half), rel=ROUNDING, abs=0)
            assert dot.high == pytest.approx(100 * min(1.0, value + half), rel=ROUNDING, abs=0)
            assert dot.off is (abs(value - 0.95) > half)
        if row["measure"] == "relative_error_se":
            dot = found["relative-error-se"].dot(*key)
            assert (dot.x, dot.high) == pytest.approx((value, value + half), rel=ROUNDING, abs=0)
            assert dot.off is (abs(value) > half)
        if row["measure"] == "bias":
            scatter = sim.known(*key, "empirical_se")["value"]
            assert found["bias"].dot(*key).x == pytest.approx(value / scatter, rel=ROUNDING, abs=0)
        if row["measure"] == "rejection":
            drawn = [name for name in ("type-i-error", "power") if found[name].dot(*key)]
            names = {"intercept": [], "step0": ["type-i-error"]}
            assert drawn == names.get(row["term"], ["power"])
            assert all(found[name].dot(*key).x == 100 * value for name in drawn)


@pytest.mark.parametrize("term", [t for t in TRUTH if t != "intercept"])
def test_rejections_are_type_i_errors_where_the_truth_is_0(results, term):
    sim = Simulation(results)
    null = sim.without_effect("nb2", "laplace-nb2")
    assert (term in null) is (TRUTH[term] == 0.0)
    assert (term in sim.with_effect("nb2", "laplace-nb2")) is (TRUTH[term] != 0.0)
