"""Design: canonical, unchangeable, and refused in one line that names the place."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.design import Design
from harness.errors import DesignError
from harness.testing.strategies import four_stage_design

Y = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0]
X = np.column_stack([np.ones(6), [0.0, 1.0, 2.0, 0.0, 1.0, 3.0]])
G = ["b", "a", "b", "c", "a", "c"]
SMALL = four_stage_design(units=3)
ARRAYS = ("endog", "exog", "exog_re", "groups", "offset")


def made(**changes: Any) -> Design:
    columns: dict[str, Any] = {"endog": Y, "exog": X, "groups": G, "offset": np.arange(6.0)}
    return Design(**columns | changes)


def with_cell(array: Any, at: Any, value: object) -> Any:
    array = np.array(array, dtype=object)
    array[at] = value
    return array


ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "count negative": ({"endog": with_cell(Y, 2, -4.0)}, "endog row 2 is -4: counts must be whole"),
    "count not whole": ({"endog": with_cell(Y, 5, 2.5)}, "endog row 5 is 2.5: counts must be"),
    "count missing": ({"endog": with_cell(Y, 1, None)}, "endog row 1 is nan: give finite numbers"),
    "count text": ({"endog": with_cell(Y, 1, "x")}, "endog holds values that are not numbers"),
    "counts all zero": ({"endog": np.zeros(6)}, "all counts are zero"),
    "count matrix": ({"endog": np.ones((6, 2))}, "endog must be one column, not 2-dimensional"),
    "no rows": ({"endog": [], "exog": X[:0], "groups": [], "offset": []}, "there are no rows"),
    "column nan": ({"exog": with_cell(X, (3, 1), np.nan)}, "exog row 3, column 2 is nan: give fin"),
    "column infinite": ({"exog": with_cell(X, (4, 1), -np.inf)}, "exog row 4, column 2 is -inf"),
    "column short": ({"exog": X[:5]}, "exog has shape (5, 2), expected (6, columns)"),
    "column cube": ({"exog": np.ones((6, 2, 2))}, "exog has shape (6, 2, 2), expected (6, col"),
    "column ragged": ({"exog": [[1.0], [1.0, 2.0]] * 3}, "exog holds values that are not numbers"),
    "column zero": (
        {"exog": np.column_stack([X, np.zeros(6)]), "exog_names": ["one", "t", "nil"]},
        "column 'nil' of exog is zero in every row: drop it",
    ),
    "no columns": ({"exog": np.ones((6, 0))}, "exog has no columns: give an intercept"),
    "offset infinite": ({"offset": with_cell(Y, 0, np.inf)}, "offset row 0 is inf"),
    "offset short": ({"offset": [0.0, 1.0]}, "offset has 2 rows, endog has 6"),
    "group missing": ({"groups": with_cell(G, 4, None)}, "groups row 4 is missing"),
    "groups short": ({"groups": G[:4]}, "groups has 4 rows, endog has 6"),
    "groups of two columns": ({"groups": np.ones((3, 2))}, "groups must be one column, not 2-dim"),
    "groups that look alike": (
        {"groups": np.array([1, "1", 2, 1, "1", 2], dtype=object)},
        "two groups are both called '1': write every label as text",
    ),
    "one group": ({"groups": ["a"] * 6}, 'one unit only: random effects need at least two; use ra'),
    "names repeated": ({"exog_names": ["t", "t"]}, "exog_names must be 2 different names, got"),
    "names missing": ({"exog_names": ["t"]}, "exog_names must be 2 different names, got ['t']"),
    "names of random effects": (
        {"exog_re": np.ones(6), "exog_re_names": ["u", "v"]},
        "exog_re_names must be 1 different names, got ['u', 'v']",
    ),
    "names repeated in a frame": (
        {"exog": pd.DataFrame(X, columns=["t", "t"])},
        "exog_names must be 2 different names, got ['t', 't']",
    ),
    "random effects short": ({"exog_re": np.ones(3)}, "exog_re has shape (3, 1), expected (6, col"),
    "random effects nan": ({"exog_re": with_cell(Y, 3, np.nan)}, "exog_re row 3 is nan"),
    "random effects zero": ({"exog_re": np.zeros(6)}, "column 'z1' of exog_re is zero in every"),
    "random effects collinear": (
        {"exog_re": np.ones((6, 2)), "exog_re_names": ["u", "v"]},
        "columns of exog_re are collinear: ",
    ),
    "family unknown": ({"family": "nb1"}, "family 'nb1' is not known: use one of poisson, nb2, p"),
    "covariance unknown": ({"covariance": "diag"}, "covariance 'diag' is not known: use one of un"),
    "random unknown": ({"random": "slopes"}, "random 'slopes' is not known: use one of none, int"),
    "random effects unwanted": (
        {"exog_re": np.ones(6), "random": "none"},
        'random="none" takes no exog_re: drop one of the two',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "says"), ERRORS.values(), ids=ERRORS)
def test_every_refusal_names_its_place(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DesignError) as error:
        made(**changes)
    assert str(error.value).startswith(says)
    assert len(str(error.value).splitlines()) == 1


NAMED = {name: X[:, 1] ** k for k, name in enumerate(("one", "t", "t2"))}


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        ({"copy": X[:, 1]}, "copy|t"),
        ({"nearly": X[:, 1] + 1e-9 * np.arange(6.0)}, "nearly|t"),
        ({"large": 1e12 * X[:, 1]}, "large|t"),
        ({"sum": X[:, 0] + X[:, 1]}, "one|sum|t"),
        ({"copy": X[:, 1], "again": X[:, 1] ** 2}, "(again|t2), (copy|t)"),
    ],
)
def test_collinear_columns_are_named(extra: dict[str, Any], names: str) -> None:
    words = f"^columns of exog are collinear: ({names}) can be written by the others"
    with pytest.raises(DesignError, match=words):
        made(exog=pd.DataFrame(NAMED | extra))


def test_columns_of_very_different_size_are_not_collinear() -> None:
    assert made(exog=X * [1e-6, 1e6]).exog.shape == (6, 2)


def test_rows_are_sorted_by_unit_and_keep_their_order_within() -> None:
    design = made()
    assert design.group_labels == ("a", "b", "c")
    np.testing.assert_array_equal(design.groups, [0, 0, 1, 1, 2, 2])
    order = [1, 4, 0, 2, 3, 5]
    for name, values in (("endog", Y), ("exog", X), ("offset", np.arange(6.0))):
        np.testing.assert_array_equal(getattr(design, name), np.asarray(values)[order])


@pytest.mark.parametrize(
    ("groups", "labels"),
    [
        ([10, 9, 10, 100, 9, 100], ("9", "10", "100")),
        (["10", "9", "10", "100", "9", "100"], ("10", "100", "9")),
        (["é", "z", "é", "Z", "z", "Z"], ("Z", "z", "é")),
        (pd.Categorical(list("bacbac"), categories=list("cba")), ("a", "b", "c")),
    ],
)
def test_labels_are_sorted_as_what_they_are(groups: Any, labels: tuple[str, ...]) -> None:
    design = made(groups=groups)
    assert design.group_labels == labels
    assert [design.group_labels[code] for code in design.groups] == [
        label for label in labels for _ in range(2)
    ]


@given(codes=hnp.arrays(np.int64, st.integers(2, 30), elements=st.integers(-5, 5)))
def test_codes_count_up_from_zero_without_a_gap(codes: np.ndarray) -> None:
    design = Design(np.ones(len(codes)), np.ones(len(codes)), codes, random="none")
    expected = sorted(set(codes.tolist()))
    assert design.group_labels == tuple(map(str, expected))
    assert (np.diff(design.groups) >= 0).all()
    np.testing.assert_array_equal(np.array(expected)[design.groups], np.sort(codes))


def test_left_out_is_a_random_intercept_no_offset_and_numbered_names() -> None:
    design = Design(Y, X, G)
    np.testing.assert_array_equal(design.exog_re, np.ones((6, 1)))
    np.testing.assert_array_equal(design.offset, np.zeros(6))
    assert (design.exog_names, design.exog_re_names) == (("x1", "x2"), ("z1",))
    assert (design.random, design.family, design.covariance) == (
        "intercept", "poisson", "unstructured",
    )  # fmt: skip
    assert Design(Y, X, G, random="none").exog_re.shape == (6, 0)
    assert Design(Y, pd.DataFrame(NAMED), G).exog_names == ("one", "t", "t2")


@pytest.mark.parametrize(
    ("changes", "free"),
    [
        ({"random": "none", "exog_re": None}, 2),
        ({"exog_re": None}, 3),
        ({}, 5),
        ({"covariance": "diagonal"}, 4),
        ({"family": "nb2"}, 6),
        ({"family": "poisson-olre", "covariance": "diagonal"}, 5),
    ],
)
def test_free_parameters_are_counted(changes: dict[str, Any], free: int) -> None:
    design = made(**{"exog_re": X} | changes)
    assert design.n_params == free
    assert (design.nobs, design.n_groups) == (6, 3)


def test_nothing_can_be_changed() -> None:
    y, x = np.array(Y), X.copy()
    design = made(endog=y, exog=x, exog_re=X)
    for name in ARRAYS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(design, name)[0] = 7
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(design, name, None)
    y[:], x[:] = 0.0, 0.0
    assert design.sha256 == made(exog_re=X).sha256
    np.testing.assert_array_equal(np.sort(design.endog), np.sort(Y))


@pytest.mark.parametrize("name", ["exog", "exog_re", "offset"])
@given(at=st.integers(0, 10_000))
def test_sha256_sees_the_last_bit_of_every_value(name: str, at: int) -> None:
    columns: dict[str, Any] = {key: np.array(getattr(SMALL, key)) for key in ARRAYS}
    bits = columns[name].reshape(-1).view(np.int64)
    assert Design(**columns).sha256 == SMALL.sha256
    bits[at % bits.size] ^= 1
    assert Design(**columns).sha256 != SMALL.sha256


@pytest.mark.parametrize(
    "changes",
    [
        {"endog": [3.0, 1.0, 4.0, 1.0, 5.0, 10.0]},
        {"groups": ["b", "a", "b", "c", "c", "c"]},
        {"exog_re": None},
        {"exog_re": X[:, [1, 0]]},
        {"covariance": "diagonal"},
        {"family": "nb2"},
    ],
)
def test_sha256_tells_designs_apart(changes: dict[str, Any]) -> None:
    assert made(**{"exog_re": X} | changes).sha256 != made(exog_re=X).sha256


def test_sha256_is_that_of_the_sorted_rows_whatever_the_units_are_called() -> None:
    design = made(exog_re=X)
    order = [3, 1, 0, 4, 5, 2]  # within each unit as before
    moved = made(
        endog=np.array(Y)[order], exog=X[order], exog_re=X[order], offset=np.array(order, float),
        groups=[{"a": 1, "b": 2, "c": 3}[G[row]] for row in order],
    )  # fmt: skip
    assert moved.sha256 == design.sha256
    assert moved.group_labels == ("1", "2", "3")


def test_a_design_reaches_another_process_as_it_is() -> None:
    copy = pickle.loads(pickle.dumps(SMALL))
    assert copy.with_counts(copy.endog).sha256 == copy.sha256 == SMALL.sha256
    assert copy.group_labels == SMALL.group_labels
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(copy, name), getattr(SMALL, name))


def test_other_counts_on_the_same_design() -> None:
    endog = SMALL.endog[::-1]
    other = SMALL.with_counts(endog)
    columns: dict[str, Any] = {key: getattr(SMALL, key) for key in ARRAYS}
    assert other.sha256 == Design(**columns | {"endog": endog}).sha256 != SMALL.sha256
    np.testing.assert_array_equal(other.endog, endog)
    assert not other.endog.flags.writeable
    assert other.exog_names == SMALL.exog_names


@pytest.mark.parametrize(
    ("endog", "says"),
    [
        (SMALL.endog[1:], "endog has 14 rows, the design has 15"),
        (SMALL.endog - 100.0, "endog row 0 is -"),
        (SMALL.endog + 0.5, "endog row 0 is "),
        (SMALL.endog * np.nan, "endog row 0 is nan"),
        (SMALL.endog * 0.0, "all counts are zero"),
    ],
)
def test_other_counts_are_checked_alike(endog: Any, says: str) -> None:
    with pytest.raises(DesignError) as error:
        SMALL.with_counts(endog)
    assert str(error.value).startswith(says)


def test_rows_that_are_labelled_differently_are_refused() -> None:
    y = pd.Series([3.0, 5.0, 2.0, 8.0])
    x = pd.DataFrame({"one": np.ones(4), "t": [0.0, 1.0, 0.0, 1.0]})
    groups = pd.Series(["a", "a", "b", "b"])
    assert Design(y, x, groups).nobs == 4
    assert Design(y, x, groups.to_numpy()).nobs == 4
    with pytest.raises(DesignError, match="rows of endog and groups are labelled differently"):
        Design(y, x, groups.sample(frac=1.0, random_state=1))


@pytest.mark.parametrize(
    ("y", "options", "words"),
    [
        ([1.5, 2.0, 3.0, 0.0], {}, "endog row 0 is 1.5: counts must be whole"),
        ([1.5, -2.0, 3.0, 0.0], {"response": "pseudo"}, "endog row 1 is -2: it must not be"),
        ([1.5, 2.0, 3.0, 0.0], {"response": "pseudo", "family": "nb2"}, "goes with family"),
        ([1.0, 2.0, 3.0, 0.0], {"response": "rate"}, "response 'rate' is not known"),
    ],
)
def test_a_response_is_what_it_is_called(y: list[float], options: Any, words: str) -> None:
    with pytest.raises(DesignError, match=words):
        Design(y, np.ones((4, 1)), ["a", "a", "b", "b"], **options)
    assert Design([1.5, 2.0, 3.0, 0.0], np.ones((4, 1)), list("aabb"), response="pseudo").nobs == 4
