"""Products of a study file: what is left open is filled in, what only the data know is checked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from harness.errors import ConfigError
from harness.sources.base import Context
from harness.study.extras import extras
from harness.study.loading import find_study, load_study
from harness.study.panels import StudyData, read_study
from harness.study.products import check_products
from tests.engines.panels import frame
from tests.study.files import STRATA, write_study

PRODUCTS = (
    "products:\n  - {name: Table 2, kind: stages}\n"
    "  - {name: Figure 3, kind: chained-index, by: strata, indicators: [cases]}\n"
    "  - {name: Table 1, kind: context}"
)
COUNTS = Context("Counts", ("Year", "Laws"), (("1999", 3), ("2000", None)), "A note.")
OWN = STRATA.replace(", labels: {n: north, s: south}", "")


def read(folder: Path, **parts: str) -> StudyData:
    return read_study(load_study(write_study(folder, frame(), **parts)), folder)


def test_what_is_left_open_is_filled_in(tmp_path: Path) -> None:
    parts = {"strata": STRATA, "products": PRODUCTS.rsplit("\n", 1)[0]}
    data = read(tmp_path, **parts)
    study = load_study(write_study(tmp_path, frame(), **{**parts, "products": PRODUCTS}))
    truth = pd.DataFrame(
        [("cases", "all", "pre", 0.1)], columns=["indicator", "stratum", "term", "value"]
    )
    table = replace(data.table, context={"counts": COUNTS}, truth=truth)
    found = json.loads(json.dumps(extras(study, table, data.strata)))
    assert found["products"] == [
        {"name": "Table 2", "kind": "stages", "indicators": ["cases"], "strata": ["all"],
         "by": None},
        {"name": "Figure 3", "kind": "chained-index", "indicators": ["cases"],
         "strata": ["north", "south"], "by": "strata"},
        {"name": "Table 1", "kind": "context", "table": "counts"},
    ]  # fmt: skip
    assert found["context"]["counts"]["rows"] == [["1999", 3], ["2000", None]]
    assert found["truth"] == [{"indicator": "cases", "stratum": "all", "term": "pre", "value": 0.1}]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"strata": STRATA, "products": PRODUCTS},
         "products.2: the reader of this study offers no context table"),
        ({"strata": OWN, "products": "products: [{name: T, kind: stages, strata: [nn]}]"},
         "products.0.strata: 'nn': did you mean 'n'?"),
    ],
)  # fmt: skip
def test_what_the_data_do_not_have_is_refused(
    tmp_path: Path, parts: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, **parts)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [("", "say which table: add table: (one of a, judgements)"),
     (", table: judgement", "'judgement': did you mean 'judgements'?")],
)  # fmt: skip
def test_one_of_several_context_tables_is_named(tmp_path: Path, table: str, words: str) -> None:
    text = f"products: [{{name: T, kind: context{table}}}]"
    study = load_study(write_study(tmp_path, frame(), products=text))
    with pytest.raises(ConfigError, match="products") as caught:
        check_products(study.products, ("all",), ("judgements", "a"))
    assert words in str(caught.value)


def test_the_paper_is_redone_by_name() -> None:
    study = load_study(find_study("ofsted"))
    names = [product.name for product in study.products]
    assert names == [
        "Table 1", "Figure 1", "Table 2", "Figure 2", "Figure 3", "Figure 4",
        "Supplementary table", "Sensitivity",
    ]  # fmt: skip
