from __future__ import annotations

import math
import re

import numpy as np
import pytest

from harness.report.derived import overdispersion
from harness.report.document import document
from harness.report.figures.chained_index import chained_index_figure
from harness.report.figures.forest import forest_figure
from harness.report.findings import finding
from harness.report.frames import all_frames
from harness.report.markdown import markdown
from harness.report.numerics import Z_95
from harness.report.paths import paths_of
from harness.report.reading import Reading
from harness.report.rounding import fixed
from harness.report.status import status
from harness.report.tables.concordance import pairs_table, severity
from harness.report.tables.estimators import estimators_table
from harness.report.tables.fits import messages_table
from harness.report.tables.stages import index_table, stage_table


def _limits(change: float, low: float, high: float) -> dict[str, float]:
    b, a, c = (math.log1p(x / 100) for x in (change, low, high))
    return {"estimate": b, "se": (c - a) / 3.92, "ci_low": a, "ci_high": c}


def _write(results, **terms):
    for fit in results["fits"]:
        if fit["variant"] == "base":
            fit["params"].update({term: _limits(*values) for term, values in terms.items()})


def _finding(results):
    reading = Reading(results)
    return finding(reading, overdispersion(reading)[0])


def test_sentences_say_what_the_numbers_say(make_results):
    results = make_results(indicators=1, strata=("all",), nb2=False)
    _write(
        results, step0=(-6, -9, -3), step1=(2, 1, 3), pre=(0.5, -1, 2), post=(-1.5, -2.5, -0.04),
    )  # fmt: skip
    text = " ".join(_finding(results).sentences).replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith(
        "In the event year it fell by 6.0 % (−9.0 to −3.0); in the year after it rose by 2.0 %"
        " (1.0 to 3.0). Before the event there was no clear trend (0.5 % a year, −1.0 to 2.0);"
        " afterwards it fell by 1.5 % a year (−2.50 to −0.04)."
    )
    chained = 100 * 1.005**2 * 0.94 * 1.02 * 0.985**2
    assert f"100 three years before the event became {chained:.1f} three years after" in text


def test_a_changed_conclusion_is_a_caution(make_results):
    results = make_results(indicators=1, strata=("all",))
    _write(results, step0=(-6, -9, -3), step1=(2, 1, 3), pre=(1, 0.5, 2), post=(1, 0.5, 2))
    nb2 = next(fit for fit in results["fits"] if fit["family"] == "nb2")
    base = next(fit for fit in results["fits"] if fit["variant"] == "base")
    nb2["params"] = base["params"] | {"step0": _limits(-6, -12, 1)}
    found = _finding(results)
    assert found.cautious
    assert "the change in the event year is no longer clear" in found.check
    nb2["params"] = base["params"]
    assert not _finding(results).cautious


def _with_index(results, half, nb2_half):
    """Give the chained index of base and NB2 fits the log half-widths of their last interval."""
    for fit in results["fits"]:
        cov = np.zeros((5, 5))
        cov[2, 2] = ((nb2_half if fit["family"] == "nb2" else half) / Z_95) ** 2
        fit["cov_params"] = cov.tolist()
    nb2 = next(fit for fit in results["fits"] if fit["family"] == "nb2")
    nb2["params"] = next(fit for fit in results["fits"] if fit["variant"] == "base")["params"]


DOWN = {"step0": (-6, -9, -3), "step1": (-2, -3, -1), "pre": (1, 0.5, 2), "post": (1, 0.5, 2)}


@pytest.mark.parametrize(("nb2_half", "changes"), [(0.01, False), (0.2, True)])
def test_the_chained_change_is_checked_too(make_results, nb2_half, changes):
    results = make_results(indicators=1, strata=("all",))
    _write(results, **DOWN)
    _with_index(results, 0.01, nb2_half)
    results["dispersion_null"][0]["observed"] = 3.6
    reading = Reading(results)
    (check,) = found = overdispersion(reading)
    assert check.changed == ()
    told = _finding(results)
    assert told.cautious is changes
    end = 100 * 1.01**4 * 0.94 * 0.98
    low, high = (fixed(end * math.exp(sign * nb2_half)) for sign in (-1, 1))
    assert f"100 became {fixed(end)} ({low} to {high})" in told.check.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert ("no longer a clear change" in told.check) is changes
    assert status(reading, found).checks[3].answer == "No"
    table = index_table(reading, reading.strata[0], found)
    assert table is not None
    assert [row[1].text for row in table.rows] == [
        "R: lme4 tight", "Python: laplace tight", "NB2: glmmtmb tight",
    ]  # fmt: skip
    assert table.rows[-1][-1].shown == ("◆ " if changes else "") + fixed(end)
    assert "negative binomial" in chained_index_figure(reading, reading.strata[0], found).caption
    csv = [row for row in all_frames(reading)["chained_index"].to_dict("records") if row["t"] == 3]
    assert [row["family"] for row in csv] == ["poisson", "poisson", "nb2"]


def test_nb2_stands_beside_only_where_counts_vary_more(make_results):
    results = make_results(indicators=1, strata=("all",))
    reading = Reading(results)
    (check,) = found = overdispersion(reading)
    assert check.over is False
    table = index_table(reading, reading.strata[0], found)
    assert table is not None
    assert len(table.rows) == 2


def test_a_conclusion_that_nb2_changes_is_marked_in_the_stage_table(make_results):
    results = make_results(indicators=1, strata=("all",))
    _write(results, **DOWN)
    nb2 = next(fit for fit in results["fits"] if fit["family"] == "nb2")
    base = next(fit for fit in results["fits"] if fit["variant"] == "base")
    nb2["params"] = base["params"] | {"step0": _limits(-6, -12, 1)}
    reading = Reading(results)
    table = stage_table(reading, reading.strata[0], overdispersion(reading))
    marked = [cell.sign == "◆" for cell in table.rows[0][1:]]
    assert marked == [False, False, True, True, False, False, False, False]
    assert "◆" in table.note


ONE_LINE = "variants: [{name: nb2, family: nb2, engines: [glmmtmb]}]"


@pytest.mark.parametrize("others", [False, True])
def test_without_a_wider_model_the_report_says_how_narrow_and_what_to_add(make_results, others):
    results = make_results(indicators=1, strata=("all",), nb2=False)
    results["dispersion_null"][0] |= {"observed": 10.8, "null_median": 0.3}
    if others:
        results["fits"].append(results["fits"][0] | {"id": "x", "variant": "narrow"})
    told = _finding(results)
    assert told.cautious
    assert "intervals are too narrow, by a factor of about 6.0" in told.check
    reading = Reading(results)
    made = document(reading)
    text = markdown(made, paths_of(made))
    line = "\n- {name: nb2, family: nb2, engines: [glmmtmb]}\n" if others else f"\n{ONE_LINE}\n"
    assert line in text
    assert "by a factor of up to 6.0" in status(reading, overdispersion(reading)).checks[3].detail


def test_an_nb2_fit_that_failed_is_not_one_that_was_not_asked_for(make_results):
    results = make_results(
        indicators=1, strata=("all",), failing=lambda fit: fit["variant"] == "nb2"
    )
    results["dispersion_null"][0]["observed"] = 3.6
    assert "The negative binomial fit gave no answer (R was killed" in _finding(results).check


def _spoil(fit, how):
    fit["unbounded"] = ["step0"] if how == "unbounded" else []
    fit["converged"] = how != "not converged"
    change = {
        "se of zero": {"se": 0.0, "ci_low": -0.1, "ci_high": -0.1},
        "no se": {"se": None, "ci_low": None, "ci_high": None},
        "huge se": {"se": 46824.0},
        "huge estimate": {"estimate": -36.6},
    }.get(how, {})
    fit["params"] = {**fit["params"], "step0": fit["params"]["step0"] | change}


SPOILT = {
    "not converged": "did not converge",
    "se of zero": "has no standard error of step0",
    "no se": "has no standard error of step0",
    "huge se": "has no finite estimate of step0",
    "huge estimate": "has no finite estimate of step0",
    "unbounded": "has no finite estimate of step0",
}


@pytest.mark.parametrize("how", SPOILT)
def test_findings_come_from_reliable_fits_only(make_results, how):
    results = make_results(indicators=1, strata=("all",))
    for fit in results["fits"]:
        if fit["engine"] == "lme4":
            _spoil(fit, how)
    reading = Reading(results)
    # The voices follow: another engine speaks for R.
    assert [voice.name for voice in reading.voices] == ["glmmtmb tight", "laplace tight"]
    for fit in results["fits"]:
        _spoil(fit, how)
    found = overdispersion(reading)
    (told,) = finding(reading, found[0]).sentences
    assert told.startswith(f"No reliable estimate: lme4 tight {SPOILT[how]}; glmmtmb tight")
    cells = stage_table(reading, reading.strata[0], found).rows[0][1:]
    assert {(cell.text, cell.sub) for cell in cells} == {("no reliable estimate", SPOILT[how])}
    table = index_table(reading, reading.strata[0], found)
    assert table is not None
    assert {cell.text for row in table.rows for cell in row[2:]} == {"no reliable estimate"}
    assert chained_index_figure(reading, reading.strata[0], found) is None
    assert forest_figure(reading, reading.strata[0]) is None
    assert found[0].nb2 is None
    assert status(reading, found).checks[2].answer == "Not all as they should"


def test_nb2_is_set_beside_a_reliable_poisson_fit(make_results):
    results = make_results(indicators=1, strata=("all",))
    reading = Reading(results)
    assert overdispersion(reading)[0].poisson["engine"] == "glmmtmb"
    reading.fit("totfat", "all", "glmmtmb", "tight")["converged"] = False
    assert overdispersion(reading)[0].poisson["engine"] == "lme4"
    results["study"]["model"]["family"] = "nb2"
    assert overdispersion(reading)[0].poisson is None


def test_the_engine_that_steps_in_is_named(make_results):
    results = make_results(indicators=2, strata=("all",))
    for fit in results["fits"]:
        if fit["engine"] in ("lme4", "laplace") and fit["indicator"] == "totfat":
            fit["converged"] = False
    told = _finding(results).sentences[-1]
    assert told == "These numbers are by glmmtmb tight: lme4 tight did not converge."


def test_an_opposite_significant_sign_is_a_changed_conclusion(make_results):
    results = make_results(indicators=1, strata=("all",))
    _write(results, step0=(-6, -9, -3))
    nb2 = next(fit for fit in results["fits"] if fit["family"] == "nb2")
    base = next(fit for fit in results["fits"] if fit["variant"] == "base")
    nb2["params"] = base["params"] | {"step0": _limits(6, 3, 9)}
    assert overdispersion(Reading(results))[0].changed == ("step0",)


def _calm(results):
    """Take every warning out but those a case puts in."""
    for null in results["dispersion_null"]:
        null["observed"] = 0.9
    results["fits"] = [fit for fit in results["fits"] if fit["variant"] == "base"]
    for pair in results["comparisons"]:
        pair["cause"] = "estimator" if pair["cause"] else None


@pytest.mark.parametrize(
    ("case", "light"),
    [("calm", "green"), ("overdispersed", "amber"), ("unexplained", "amber"), ("short", "red")],
)
def test_the_light_follows_the_checks(make_results, case, light):
    results = make_results(indicators=1)
    _calm(results)
    results["counts"]["fits_done"] = results["counts"]["fits_expected"] = len(results["fits"])
    if case == "overdispersed":
        results["dispersion_null"][0]["observed"] = 1.2
    if case == "unexplained":
        results["comparisons"][-1]["cause"] = "unexplained"
    if case == "short":
        results["verdict"]["ok"] = False
    reading = Reading(results)
    assert status(reading, overdispersion(reading)).light == light


@pytest.mark.parametrize(
    ("options", "light", "heading"),
    [
        ({"engines": ("laplace",)}, "grey", "Not cross-checked: only one engine"),
        ({"engines": ("laplace", "statsmodels-vb")}, "grey",
         "Not cross-checked: no two fits are like for like"),
        ({"engines": ("lme4", "laplace"), "failing": lambda fit: True}, "red",
         "Not cross-checked: no fit gave an answer"),
        ({"engines": ("lme4", "laplace"), "failing": lambda fit: fit["engine"] == "lme4"}, "red",
         "Not cross-checked: no two like-for-like fits gave an answer"),
        ({"engines": ("lme4", "laplace")}, "green", "Agreement"),
    ],
    ids=["one engine", "two estimators", "nothing fitted", "one left", "two"],
)  # fmt: skip
def test_agreement_is_claimed_only_where_something_was_compared(
    make_results, options, light, heading
):
    results = make_results(indicators=1, strata=("all",), **options)
    results["comparisons"] = [pair | {"cause": None} for pair in results["comparisons"]]
    reading = Reading(results)
    found = status(reading, overdispersion(reading))
    assert (found.light, found.heading) == (light, heading)


def _distant(pair, d):
    pair |= {"max_diff_se": d, "verdict": "discordant", "cause": "unexplained"}


@pytest.mark.parametrize(
    ("options", "d", "figure", "detail"),
    [
        ({}, 404.0, "1 of 3", "1 because the numbers differ (estimates by up to 404 standard"),
        ({}, 0.3, "1 of 3", "1 because the numbers differ (estimates by up to 0.30 of a standard"),
        ({"failing": lambda fit: fit["engine"] == "lme4"}, None, "2 of 3",
         "2 because a fit failed"),
    ],
    ids=["far", "near", "failed"],
)  # fmt: skip
def test_the_card_says_why_the_engines_do_not_agree(make_results, options, d, figure, detail):
    results = make_results(indicators=1, strata=("all",), **options)
    reading = Reading(results)
    if d is not None:
        _distant(reading.like_for_like[0], d)
        results["counts"]["pairs_at_level"] -= 1
    card = status(reading, overdispersion(reading)).checks[0]
    assert (card.answer, card.figure) == ("No", figure)
    assert card.detail.startswith(f"like-for-like pairs fall short: {detail}")
    assert not re.search(r"1/\d", card.detail)


def test_one_analysis_is_not_called_all_1(make_results):
    results = make_results(indicators=1, strata=("all",))
    results["dispersion_null"][0]["observed"] = 3.6
    reading = Reading(results)
    card = status(reading, overdispersion(reading)).checks[3]
    assert card.answer == "No"
    text = str(document(reading).sections)
    assert "In the one analysis they vary more" in text
    assert not re.search(r"\b1 (of 1 )?analyses", text)


def test_a_study_without_words_does_not_explain_event_by_event(make_results):
    results = make_results(indicators=1, strata=("all",))
    results["study"] |= {"event_word": "event", "period_word": "period"}
    text = str(document(Reading(results)).sections)
    assert "Event period: event" not in text
    assert "(event)" not in text


def test_the_shading_has_one_name(make_results):
    drawings = document(Reading(make_results(indicators=1))).drawings
    said = [re.findall(r"[Ss]haded:[^.]*\.", drawing.caption) for drawing in drawings]
    assert sum(map(len, said)) >= 3
    assert len({text for texts in said for text in texts}) == 1


def test_comparisons_stand_worst_first(make_results):
    results = make_results(indicators=2)
    exact = Reading(results).exact_pairs
    exact[5]["verdict"], exact[5]["cause"] = "discordant", "optimiser"
    exact[7]["verdict"], exact[7]["cause"] = "discordant", "unexplained"
    exact[9]["verdict"] = "not comparable"
    ordered = sorted(exact, key=severity)
    assert ordered[:3] == [exact[7], exact[5], exact[9]]
    shown = pairs_table(Reading(results), exact, "pairs", "")
    assert [row[3].shown for row in shown.rows[:3]] == [
        "≠ discordant", "≠ discordant", "∅ not comparable",
    ]  # fmt: skip


def test_different_estimators_get_no_verdict(make_results):
    reading = Reading(make_results(indicators=1))
    assert reading.other_pairs
    assert not [pair for pair in reading.other_pairs if pair in reading.exact_pairs]
    table = estimators_table(reading)
    assert table is not None
    tones = {cell.tone for row in table.rows for cell in row}
    assert not tones & {"bad", "near", "good"}


def test_messages_that_differ_in_numbers_count_as_one(make_results):
    results = make_results(indicators=2, strata=("all",))
    texts = ["|grad| = 0.0021 (tol = 0.002)", "|grad| = 1.7e-05 (tol = 0.002)", "hung"]
    for fit, text in zip(results["fits"], texts, strict=False):
        fit |= {"engine": "lme4", "settings": "tight"}
        fit["messages"] = [{"kind": "gradient", "text": text}]
    for fit in results["fits"][len(texts) :]:
        fit["messages"] = []
    table = messages_table(Reading(results))
    assert table is not None
    assert [(row[2].text, row[3].text) for row in table.rows] == [("2", texts[0]), ("1", "hung")]
    assert table.rows[0][3].sub == "and 1 more that differ in numbers only"


@pytest.mark.parametrize(
    ("engines", "voices"),
    [
        (("lme4", "glmmtmb", "laplace"), ["lme4 tight", "laplace tight"]),
        (("glmmtmb", "statsmodels-map"), ["glmmtmb tight"]),
        (("laplace",), ["laplace tight"]),
        (("statsmodels-vb",), ["statsmodels-vb tight"]),
    ],
)
def test_one_engine_speaks_for_each_language(make_results, engines, voices):
    reading = Reading(make_results(indicators=1, strata=("all",), engines=engines))
    assert [voice.name for voice in reading.voices] == voices
