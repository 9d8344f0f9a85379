"""The register of known differences: its file, and what a run finds against it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from harness.concordance.register import (
    Difference,
    Register,
    complaints,
    load_register,
    registered,
)
from harness.errors import ConfigError

ENTRY = """divergences:
  - id: noisy
    study: traffic
    between: [lme4/default, "*/tight"]
    cause: standard-error method
    at_most: {max_rel_se: 4.0e-4, max_diff_se: 2.0e-4}
    why: the differences of a noisy deviance
"""
FOUND = Difference(
    "traffic", "deaths", "all", "base", "laplace/tight", "lme4/default", "standard-error method",
    {"max_rel_se": 3e-4, "max_diff_se": 1.5e-4},
)  # fmt: skip


def read(folder: Path, text: str = ENTRY) -> Register:
    path = folder / "register.yaml"
    path.write_text(text, encoding="utf-8")
    return load_register(path)


def changed(**parts: object) -> Difference:
    return dataclasses.replace(FOUND, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("a", "b"), [(FOUND.a, FOUND.b), (FOUND.b, FOUND.a)])
def test_a_known_difference_is_known_either_way_round(tmp_path: Path, a: str, b: str) -> None:
    register = read(tmp_path)
    assert registered(register, changed(a=a, b=b)) == "noisy"
    assert complaints(register, [changed(a=a, b=b)], ["traffic"]) == []


@pytest.mark.parametrize(
    "other",
    [
        {"study": "england"},
        {"a": "laplace/default"},
        {"b": "glmmtmb/default"},
        {"cause": "optimiser"},
    ],
)
def test_another_difference_is_unregistered(tmp_path: Path, other: dict[str, str]) -> None:
    register = read(tmp_path)
    assert registered(register, changed(**other)) is None
    first, *_ = complaints(register, [changed(**other)], ["traffic"])
    assert first.startswith("unregistered: ")


@pytest.mark.parametrize(
    ("sizes", "beyond"),
    [
        ({"max_rel_se": 5e-4}, "max_rel_se 0.0005 beyond 0.0004"),
        ({"max_diff_se": math.inf}, "max_diff_se inf beyond 0.0002"),
        ({"llf_diff": 2e-5}, "llf_diff 2e-05 beyond 0"),
    ],
)
def test_an_entry_can_be_outgrown(tmp_path: Path, sizes: dict[str, float], beyond: str) -> None:
    found = changed(sizes={**FOUND.sizes, **sizes})
    grown, *_ = complaints(read(tmp_path), [found, FOUND], ["traffic"])
    assert grown.startswith("outgrown: ")
    assert grown.endswith(f"'noisy': {beyond}")


@pytest.mark.parametrize(
    ("found", "studies", "complaint"),
    [
        ([], ["traffic"], "stale: entry 'noisy' is met nowhere: drop it"),
        ([], ["england"], None),
        (
            [changed(sizes={"max_rel_se": 3e-5, "max_diff_se": 1e-4})],
            ["traffic"],
            "stale: entry 'noisy' allows max_rel_se 0.0004 where 3e-05 is met: lower it",
        ),
    ],
)
def test_an_entry_can_be_stale(
    tmp_path: Path, found: list[Difference], studies: list[str], complaint: str | None
) -> None:
    assert complaints(read(tmp_path), found, studies) == ([complaint] if complaint else [])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cause: standard-error method", "cause: gremlins", "line 5: divergences.0.cause"),
        ("    why: the differences of a noisy deviance", "", "'divergences.0.why' is missing"),
        ("max_rel_se: 4.0e-4", "max_rel_se: .inf", "line 6"),
        ("max_rel_se: 4.0e-4", "max_rel: 4.0e-4", "line 6"),
        ("between:", "betwen:", "did you mean 'between'?"),
        ("divergences:\n", "divergences:\n" + ENTRY.split("\n", 1)[1], "called 'noisy'"),
    ],
)
def test_a_bad_register_is_refused_in_one_line(tmp_path: Path, old, new, message) -> None:
    assert old in ENTRY
    with pytest.raises(ConfigError, match=r"register\.yaml") as caught:
        read(tmp_path, ENTRY.replace(old, new, 1))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_built_in_register_can_be_read() -> None:
    assert load_register().divergences
