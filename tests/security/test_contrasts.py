"""The text of a hypothesis is sums of terms: whatever else it says is refused, not evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import ConfigError
from harness.glmm.contrasts import parsed
from harness.simulation.contrast import contrast_row
from harness.study.claims.statements import parse_statement

TERMS = ("intercept", "pre", "step0", "step1", "post")
RUNS = "__import__('pathlib').Path('ran').touch()"
HOSTILE = [
    RUNS,
    f"{RUNS} = 0",
    f"step0 = {{{RUNS}}}",
    f"I({RUNS}) = 0",
    f"`{RUNS}` = 0",
    f"step0[{RUNS}] = 0",
    "step0.__class__ = 0",
    "lambda: step0",
    "step0 = 'x'",
    "step0 := 1",
    "step0 = 1 if step1 else 2",
    "step0 = 0 # one",
    "step0 = 0; step1 = 0",
    "step0 ~ step1",
    "step0 = nan",
    "step0 = 1e999",
    "step0 = 1j",
    "step0/0",
    "1/0",
    "step0*step1 = 0",
    "step0**step1 = 0",
    "9**9**9**9 = step0",
    "3 = 3",
    "",
    "()",
    "step0\0 = 0",
    "\ud800 = 0",
    "(" * 9000 + "step0" + ")" * 9000,
    "9" * 5000 + " = step0",
    # Not what it seems: formulaic reads a - b + c = 0.
    "step0 = step1 = post",
]


@pytest.mark.parametrize(
    "text", HOSTILE, ids=[f"{k} {text[:20]!a}" for k, text in enumerate(HOSTILE)]
)
@pytest.mark.parametrize(
    "read",
    [lambda text: parsed(TERMS, text), lambda text: contrast_row(TERMS, text), parse_statement],
    ids=["t_test", "power", "claim"],
)
def test_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Any, text: str
) -> None:
    if read is parse_statement and "~" in text:
        text = text.replace("step1", "os")  # a claim may say "close to", though not of this
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as raised:
        read(text)
    assert len(str(raised.value).splitlines()) <= 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("names", "text", "rows", "values"),
    [
        (TERMS, "step0 = step1", [[0, 0, 1, -1, 0]], [0]),
        (TERMS, "-step0 + 2*(pre - post)/4 = 1.5", [[0, 0.5, -1, 0, -0.5]], [1.5]),
        (TERMS, "step0, post = .5", [[0, 0, 1, 0, 0], [0, 0, 0, 0, 1]], [0, 0.5]),
        (("a,b", "c=d", "x[T.1]"), "`a,b` = `c=d`, x[T.1] = 0", [[1, -1, 0], [0, 0, 1]], [0, 0]),
        (("a", "ab", "b"), "ab = 2*a", [[-2, 1, 0]], [0]),
    ],
)
def test_what_is_meant_is_read(names: Any, text: str, rows: Any, values: Any) -> None:
    for got, due in zip(parsed(names, text), (rows, values), strict=True):
        np.testing.assert_array_equal(got, due)


@pytest.mark.parametrize("R", [np.full((1, 5), np.inf), [[np.nan] * 5], np.zeros((1, 5))])
def test_rows_that_say_nothing(R: Any) -> None:
    with pytest.raises(ConfigError, match="the contrast"):
        parsed(TERMS, R)
