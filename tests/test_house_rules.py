"""A house rule that a machine can check: a tolerance of a test has a name, and none is hidden.

``pytest.approx`` adds an absolute 1e-12 to a relative tolerance, and takes 1e-6 where none is
given; NumPy adds a relative 1e-7 to an absolute one. So a small figure is not tested at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("*.py"))
# What a call must say, beside what else is a tolerance of it.
MUST_SAY = {
    "approx": ("abs", "rel"),
    "assert_allclose": ("rtol", "atol"),
    "allclose": ("rtol", "atol"),
    "isclose": ("rtol", "atol"),
}
# A number this small, written into a comparison, is a tolerance.
SMALL = 1e-3


def offences(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from (f"line {node.lineno}: {said}" for said in _of_call(node))
        if isinstance(node, ast.Compare) and _is_bounded_by_a_number(node):
            yield f"line {node.lineno}: a number in place of a name"


def _of_call(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in MUST_SAY:
        return
    given = {word.arg: word.value for word in call.keywords}
    if MUST_SAY[name][0] not in given:
        yield f"{name} does not say {MUST_SAY[name][0]}"
    for word in MUST_SAY[name]:
        if word in given and not _has_a_name(given[word]):
            yield f"{word}={ast.unparse(given[word])} has no name"


def _has_a_name(value: ast.expr) -> bool:
    nothing = isinstance(value, ast.Constant) and value.value == 0
    return nothing or any(isinstance(part, ast.Name | ast.Attribute) for part in ast.walk(value))


def _is_bounded_by_a_number(compared: ast.Compare) -> bool:
    sides = [compared.left, *compared.comparators]
    return any(isinstance(op, ast.Lt | ast.LtE) for op in compared.ops) and any(
        isinstance(side, ast.Constant)
        and isinstance(side.value, float)
        and 0.0 < side.value < SMALL
        for side in sides
    )


@pytest.mark.parametrize("file", FILES)
def test_tolerances_have_names(file: str) -> None:
    assert list(offences((TESTS / file).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("assert x == pytest.approx(y)", "line 1: approx does not say abs"),
        ("assert x == pytest.approx(y, rel=ROUNDING)", "line 1: approx does not say abs"),
        ("assert x == pytest.approx(y, abs=1e-9)", "line 1: abs=1e-09 has no name"),
        ("assert_allclose(x, y, atol=ROUNDING)", "line 1: assert_allclose does not say rtol"),
        ("np.testing.assert_allclose(x, y, rtol=2 * 1e-7)", "line 1: rtol=2 * 1e-07 has no name"),
        ("assert abs(x) < 1e-8", "line 1: a number in place of a name"),
    ],
)
def test_the_rule_sees(line: str, says: str) -> None:
    assert list(offences(line)) == [says]


@pytest.mark.parametrize(
    "line",
    [
        "assert x == pytest.approx(y, rel=ROUNDING, abs=0)",
        "assert x == pytest.approx(y, abs=4 * error)",
        "np.testing.assert_allclose(x, y, rtol=0, atol=ROUNDING * np.abs(y).max())",
        "assert abs(x) < ROUNDING < 0.05",
        "assert gain > 1e-3",
    ],
)
def test_the_rule_lets_pass(line: str) -> None:
    assert list(offences(line)) == []
