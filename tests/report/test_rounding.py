from __future__ import annotations

import pytest

from harness.report.plaintext import visible
from harness.report.rounding import brief, exact, fixed, interval, p_text, part_of_one
from harness.report.slug import slugs
from harness.report.words import plural


@pytest.mark.parametrize(
    ("x", "decimals", "expected"),
    [
        (-6.04, 1, "−6.0"), (-0.04, 1, "0.0"), (0.0, 2, "0.00"), (1234.5, 1, "1,234.5"),
        (None, 1, "—"), (-2.5e9, 1, "−2.5e+09"),
    ],
)  # fmt: skip
def test_fixed(x, decimals, expected):
    assert fixed(x, decimals) == expected


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0, "0"), (1.234e-5, "1.2e-05"), (-1.234e-5, "−1.2e-05"), (0.0123, "0.012"),
        (0.002, "0.0020"), (12.3, "12"), (1234.0, "1,234"), (5e7, "5.0e+07"), (None, "—"),
    ],
)  # fmt: skip
def test_brief(x, expected):
    assert brief(x) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-5.29, -0.01, "−5.29 to −0.01"), (-5.29, 0.0, "−5.3 to 0.0"),
        (None, 1.0, "—"), (-8.84, -3.06, "−8.8 to −3.1"),
    ],
)  # fmt: skip
def test_a_limit_is_never_rounded_onto_zero(low, high, expected):
    assert interval(low, high) == expected


@pytest.mark.parametrize(("x", "expected"), [(1.2e-5, "1/80,000"), (0.02, "0.020"), (0, "0")])
def test_part_of_one_is_an_upper_bound(x, expected):
    assert part_of_one(x) == expected


def test_exact_reads_back():
    assert float(exact(0.1 + 0.2)) == 0.1 + 0.2


@pytest.mark.parametrize(("p", "expected"), [(0.0004, "< 0.001"), (0.0512, "0.051"), (None, "—")])
def test_p_text(p, expected):
    assert p_text(p) == expected


def test_slugs_differ_and_cannot_leave_the_folder():
    names = ["all", "A/B", "a b", "../..", "", "漢字", "<script>"]
    found = slugs(names)
    assert len(set(found.values())) == len(names)
    assert all(
        set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_") for slug in found.values()
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\u202eb", "a\ufffdb"), ("a\x00b", "a\ufffdb"), ("a\nb\té", "a\nb\té"), ("עברית", "עברית")],
)
def test_characters_that_turn_a_line_round_are_shown(text, expected):
    assert visible(text) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("state", "states"), ("authority", "authorities"), ("day", "days"), ("parish", "parishes")],
)
def test_plural(word, expected):
    assert plural(word) == expected
