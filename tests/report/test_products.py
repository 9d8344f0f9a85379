"""Products: the numbers of the results dict, under the names of the paper, in every format."""

from __future__ import annotations

import copy
import csv
import re

import numpy as np
import pytest

from harness.report import render_report
from harness.report.figures.direct_labels import apart
from harness.report.numerics import percentage_change
from harness.report.reading import Reading
from tests.report.conftest import fail

INDICATORS = ["totfat", "nghtfat"]
CONTEXT = {
    "title": "Laws by year", "heads": ["Kind", "Year", "Laws"], "note": "As far as the data go.",
    "rows": [["law", "1998", 3], ["law", "1999", None], ["law", "all", 1234]],
}  # fmt: skip


def _product(name, kind, strata=("all",), indicators=INDICATORS, by=None):
    return {"name": name, "kind": kind, "indicators": indicators, "strata": list(strata), "by": by}


PRODUCTS = [
    {"name": "Table 1", "kind": "context", "table": "laws"},
    _product("Figure 1", "medians"),
    _product("Table 2", "stages", indicators=[*INDICATORS, "wkndfat"]),
    _product("Figure 2", "chained-index"),
    _product("Figure 3", "chained-index", ("fast", "slow"), by="strata"),
    _product("Supplementary table", "stages", ("fast", "slow")),
    _product("Sensitivity", "sensitivity"),
]
STEMS = ("table-1", "figure-1", "table-2", "figure-2", "figure-3", "supplementary-table",
         "sensitivity")  # fmt: skip


@pytest.fixture(scope="module")
def asked(make_results):
    """Results with products; nothing could be fitted of the third indicator."""
    found = copy.deepcopy(make_results(indicators=3))
    keep = [f for f in found["fits"] if f["indicator"] != "wkndfat"]
    ids = {fit["id"] for fit in keep}
    found["fits"] = keep
    found["comparisons"] = [c for c in found["comparisons"] if c["fit_a"] in ids]
    for name in ("distances", "pairs", "odd_one_out"):
        found["agreement"][name] = []
    found["agreement"]["conclusions"]["changed"] = []
    return found | {"products": PRODUCTS, "context": {"laws": CONTEXT}}


@pytest.fixture(scope="module")
def pages(asked):
    return render_report(asked)


@pytest.fixture(scope="module")
def page(pages):
    return pages["index.html"].decode()


def _rows(pages, stem):
    return list(csv.DictReader(pages[f"products/{stem}.csv"].decode().splitlines()))


def test_every_product_is_an_image_a_table_and_a_csv(asked, pages, page):
    for stem, product in zip(STEMS, asked["products"], strict=True):
        assert pages[f"products/{stem}.png"].startswith(b"\x89PNG")
        assert b"<svg" in pages[f"products/{stem}.svg"]
        assert re.search(rf"<(h3|strong)>{product['name']}[.<]", page)
        for ending in ("csv", "svg", "png"):
            assert f'"products/{stem}.{ending}"' in page
    section = page.index('<section id="products">')
    assert page.index('<section id="findings">') < section < page.index('<section id="stages">')
    assert {name for name in pages if name.startswith("products/")} == {
        f"products/{stem}.{ending}" for stem in STEMS for ending in ("csv", "svg", "png", "tex")
    }


def test_a_study_without_products_has_no_such_section(files):
    assert "products" not in files["index.html"].decode()


def test_what_was_not_fitted_is_named(page):
    assert "Not fitted, because the data do not allow it: Deaths at weekends." in page


def test_context_stands_as_it_was_given(pages, page):
    values = [[str(v) if v is not None else "" for v in row] for row in CONTEXT["rows"]]
    assert [list(row.values()) for row in _rows(pages, "table-1")] == values
    assert "As far as the data go." in page
    assert "1,234" in page


def test_stages_hold_the_numbers_of_both_languages(asked, pages):
    rows = _rows(pages, "table-2")
    reading = Reading(asked)
    assert len(rows) == len(INDICATORS) * 4 * 2
    for row in rows:
        fit = reading.fit(row["indicator"], row["stratum"], row["engine"], row["settings"])
        assert fit is not None
        p = fit["params"][row["term"]]
        assert [float(row[k]) for k in ("estimate", "ci_low", "ci_high")] == [
            p["estimate"], p["ci_low"], p["ci_high"],
        ]  # fmt: skip
        assert float(row["percentage_change"]) == percentage_change(p["estimate"])


def _table_2(results):
    source = render_report(results | {"products": [PRODUCTS[2]]})["index.html"].decode()
    found = re.search(r"(?s)<strong>Table 2\..*?</table>", source)
    assert found
    return found[0]


@pytest.mark.parametrize("shift", [0.0, 0.01])
def test_languages_share_a_column_only_where_their_digits_agree(asked, shift):
    results = copy.deepcopy(asked)
    fits = {fit["id"]: fit for fit in results["fits"]}
    for fit in results["fits"]:
        twin = fits.get(fit["id"].replace("/laplace/", "/lme4/"))
        if fit["engine"] == "laplace" and twin:
            fit |= {key: copy.deepcopy(twin[key]) for key in ("params", "cov_params")}
    fits["nghtfat/all/base/laplace/tight"]["params"]["post"]["estimate"] += shift
    table = _table_2(results)
    assert ("shown once" in table) == (shift == 0.0)
    assert ("laplace tight</th>" in table) == (shift != 0.0)


def test_chained_index_by_strata_has_a_line_each(asked, pages):
    rows = _rows(pages, "figure-3")
    lines = {(r["indicator"], r["stratum"], r["language"]) for r in rows}
    assert lines == {
        (i, s, language) for i in INDICATORS for s in ("fast", "slow")
        for language in ("R", "Python")
    }  # fmt: skip
    assert all(float(r["index"]) == 100.0 for r in rows if r["t"] == "-3")


def test_sensitivity_measures_shifts_in_standard_errors_of_the_base(asked, pages):
    reading = Reading(asked)
    rows = _rows(pages, "sensitivity")
    assert {row["variant"] for row in rows} == {"base", "nb2"}
    for row in rows:
        if row["variant"] == "base":
            assert row["shift_in_base_se"] == ""
            continue
        base = reading.reference(row["indicator"], row["stratum"])
        assert base is not None
        p = base["params"][row["term"]]
        shift = (float(row["estimate"]) - p["estimate"]) / p["se"]
        assert float(row["shift_in_base_se"]) == shift
        clear = [float(r) for r in (row["ci_low"], row["ci_high"])]
        same = (p["ci_low"] > 0 or p["ci_high"] < 0) == (clear[0] > 0 or clear[1] < 0)
        assert (row["conclusion_differs"] == "True") == (not same)


def test_without_variants_sensitivity_says_so(make_results):
    results = make_results(indicators=1, strata=("all",), engines=("laplace",), nb2=False)
    results |= {"products": [_product("S", "sensitivity", indicators=["totfat"])], "context": {}}
    found = render_report(results)
    assert "no variants" in found["index.html"].decode()
    assert found["products/s.csv"].count(b"\n") == 1


ABSENT = [{**product, "indicators": ["wkndfat"]} if "indicators" in product else product
          for product in PRODUCTS]  # fmt: skip


def _other_impact(results):
    results["study"]["model"]["impact"] = "level change"


def _everything_failed(results):
    for fit in results["fits"]:
        fail(fit, "killed")


@pytest.mark.parametrize(
    ("products", "edit", "words"),
    [
        (ABSENT, lambda results: None, "data do not allow it: Deaths at weekends."),
        (PRODUCTS, _other_impact, "impact model have no chained index."),
        (PRODUCTS, _everything_failed, "No reliable estimate."),
    ],
    ids=["nothing fitted", "other impact model", "everything failed"],
)
def test_where_nothing_can_be_shown_the_page_says_so(asked, products, edit, words):
    results = copy.deepcopy(asked) | {"products": products}
    edit(results)
    found = render_report(results)
    assert words in found["index.html"].decode()
    assert {f"products/{stem}.csv" for stem in STEMS} <= set(found)


@pytest.mark.parametrize(
    "places", [[5.0], [5.0, 5.0, 5.0], [0.0, 9.9, 10.0], [10.0, 0.0, 0.1], [1.0, 4.0, 8.0]]
)
def test_labels_do_not_overlap_and_keep_their_order(places):
    sizes = np.full(len(places), 2.0)
    found = apart(np.array(places), sizes, 0.0, 10.0)
    order = np.argsort(places, kind="stable")
    assert (np.diff(found[order]) >= 2.0 - 1e-12).all()
    assert found.min() >= 1.0 - 1e-12
    assert found.max() <= 9.0 + 1e-12


def test_labels_that_have_room_stay():
    assert apart(np.array([8.0, 2.0, 5.0]), np.ones(3), 0.0, 10.0).tolist() == [8.0, 2.0, 5.0]
