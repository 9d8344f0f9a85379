"""docs/verdicts.md knows every verdict with its limits, every cause and every word of triage."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from harness.concordance import verdict
from harness.concordance.explanation import Cause
from harness.concordance.triage import Word
from tests.docs.blocks import ROOT

TEXT = (ROOT / "docs" / "verdicts.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([a-z ]+)` \| (.*) \|$", TEXT, re.MULTILINE))


def numbers(row: str) -> list[float]:
    return [float(text) for text in re.findall(r"\d+\.\d+", row)]


def test_every_verdict_has_its_row_in_order() -> None:
    assert tuple(ROWS) == verdict.ORDER


@pytest.mark.parametrize("limits", [verdict.IDENTICAL, verdict.CONCORDANT])
def test_limits(limits: verdict.Limits) -> None:
    name = "identical" if limits is verdict.IDENTICAL else "concordant"
    wanted = [limits.diff_se, limits.rel_se, limits.llf, limits.sd_re, limits.re]
    assert numbers(ROWS[name]) == wanted


def test_limits_of_equivalent() -> None:
    assert numbers(ROWS["equivalent"]) == [verdict.EQUIVALENT_DIFF_SE, verdict.EQUIVALENT_REL_SE]


def test_every_cause_has_its_part_with_mend_and_example() -> None:
    parts = re.split(r"^### `([a-z -]+)`$", TEXT, flags=re.MULTILINE)[1:]
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    assert set(found) == set(get_args(Cause))
    for name, part in found.items():
        assert "*What to do:*" in part, name
        assert f": {name}\n" in part, name


def test_every_word_of_triage() -> None:
    assert [word for word in get_args(Word) if f"`{word}`" not in TEXT] == []
