"""Certificates in the report: the table, cautions beside a fit, and whether warnings were real."""

from __future__ import annotations

from harness.report import render_report
from harness.report.reading import Reading
from harness.report.tables.certificates import cautions, certificates_table, triage_words
from harness.report.tables.fits import messages_table
from tests.report.conftest import SHORT

ONE = {"indicators": 1, "strata": ("all",), "nb2": False}


def test_each_fit_has_its_row_and_a_failed_one_none(make_results):
    results = make_results(**ONE, failing=lambda fit: fit["engine"] == "laplace")
    results["fits"][0] |= {"certificate": None, "certificate_reason": "four random effects"}
    table = certificates_table(Reading(results))
    assert table is not None
    assert len(table.rows) == 8
    assert [cell.text for cell in table.rows[1][2:]] == [
        "yes", "2.0e-05", "4.5e-10", "1.0e-05 %", "1.0e-11", "rightly silent",
    ]  # fmt: skip
    assert (table.rows[0][2].text, table.rows[0][2].sub) == ("none", "four random effects")
    default = next(row for row in table.rows if row[1].text == "glmmtmb default")
    assert (default[2].text, default[2].sub) == ("no", SHORT)


def test_a_standard_error_that_is_off_is_a_caution(make_results):
    fits = make_results(**ONE)["fits"]
    for fit in fits:
        if fit["settings"] == "tight":
            assert cautions(fit) == ()
    fit = next(fit for fit in fits if fit["settings"] == "default")
    fit["triage"]["word"] = "missed"
    assert cautions(fit) == (
        f"Not certified: {SHORT}.",
        (
            "Its standard errors are not those of the exact Hessian at its own estimates: that of"
            " pre is 0.30 % too small."
        ),
        "The engine gave no warning.",
    )


def test_cautions_stand_beside_the_fit_in_every_form(make_results):
    files = render_report(make_results(**ONE))
    words = "that of pre is 0.30 % too small"
    assert words in files["index.html"].decode()
    assert words in files["report.md"].decode().replace("\\", "")
    head, *rows = files["tables/certificates.csv"].decode().splitlines()
    assert {"id", "max_step_se", "se_error_pre", "own_objective", "triage"} <= set(head.split(","))
    assert len(rows) == 10


def test_messages_say_whether_they_were_real(make_results):
    results = make_results(indicators=3, strata=("all",))
    for fit in results["fits"]:
        fit["messages"] = []
    words = ["false alarm", "real", None]
    lme4 = [f for f in results["fits"] if (f["engine"], f["settings"]) == ("lme4", "default")]
    for fit, word, step in zip(lme4, words, (0.0003, 2.5, None), strict=True):
        fit["messages"] = [
            {"kind": "gradient", "text": "max|grad| = 1", "triage": word, "distance_se": step}
        ]
    table = messages_table(Reading(results))
    assert table is not None
    assert [row[4].text for row in table.rows] == ["1 real, 1 false alarm, at most 2.5 SE to go"]
    assert triage_words([{"kind": "other", "text": "hello"}]) == "\N{EM DASH}"
