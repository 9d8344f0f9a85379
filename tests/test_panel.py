"""What a good panel is: values kept, order and hash canonical, omissions listed."""

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError, PanelError
from harness.panel import Panel
from harness.panel_rows import Dropped
from harness.sources.base import Table

ROLES: dict[str, Any] = {
    "unit": "u",
    "period": "p",
    "count": "y",
    "exposure": "e",
    "event": "v",
}
STRANGE = ['O"Brien', "a,b", "Ynys Môn", "TRUE", "NULL", "NA", "if", "<b>x</b>", "01", "1", "\\n"]


def frame(units: list[str], periods: int = 3) -> pd.DataFrame:
    rows = [
        (u, 2000 + p, 5 * k + p, 100.5, 2001) for k, u in enumerate(units) for p in range(periods)
    ]
    return pd.DataFrame(rows, columns=["u", "p", "y", "e", "v"])


def test_columns_types_and_order() -> None:
    panel = Panel.from_frame(frame(["b", "a", "Z", "é"]).iloc[::-1], **ROLES)
    assert list(panel.frame) == ["unit", "period", "event", "count", "exposure"]
    kinds = {
        name: panel.frame[name].dtype.kind for name in ("period", "event", "count", "exposure")
    }
    assert kinds == {"period": "i", "event": "i", "count": "f", "exposure": "f"}
    assert panel.units == ("Z", "a", "b", "é"), "code points, not an alphabet of some locale"
    assert panel.frame.index.equals(pd.RangeIndex(12))
    assert panel.periods == (2000, 2001, 2002)
    assert panel.t.tolist() == [-1, 0, 1] * 4
    assert panel.columns == ROLES
    assert panel.source == "data frame"
    assert panel.dropped == ()


@settings(deadline=None, max_examples=50)
@given(order=st.permutations(range(9)))
def test_row_order_changes_nothing(order: list[int]) -> None:
    df = frame(["a", "b", "c"])
    expected, panel = (Panel.from_frame(x, **ROLES) for x in (df, df.iloc[order]))
    pd.testing.assert_frame_equal(panel.frame, expected.frame)
    assert panel.sha256 == expected.sha256


@pytest.mark.parametrize(
    ("column", "value"), [("u", "c"), ("p", 1999), ("y", 7.0), ("e", 100.25), ("v", 2002)]
)
def test_sha256_tells_values_apart(column: str, value: Any) -> None:
    df = frame(["a"], periods=1)
    other = df.assign(**{column: value})
    assert Panel.from_frame(df, **ROLES).sha256 != Panel.from_frame(other, **ROLES).sha256


def test_sha256_tells_strata_apart_and_ignores_names_and_types() -> None:
    df = frame(["a", "b"]).assign(s=[True] * 3 + [False] * 3)
    plain = Panel.from_frame(df, **ROLES)
    split = Panel.from_frame(df, **ROLES, stratum="s")
    assert plain.sha256 != split.sha256
    retyped = df.astype({"p": "Int64", "y": "string", "e": object, "v": float, "u": "category"})
    assert Panel.from_frame(retyped, **ROLES).sha256 == plain.sha256
    renamed = df.rename(columns={"y": "z"})
    assert Panel.from_frame(renamed, **(ROLES | {"count": "z"})).sha256 == plain.sha256


def test_input_is_not_changed() -> None:
    df = frame(["b", "a"]).assign(y=pd.Series(["1", "2", None, "4", " 5", ""], dtype=object))
    before = df.copy(deep=True)
    Panel.from_frame(df, **ROLES)
    pd.testing.assert_frame_equal(df, before)


@pytest.mark.parametrize(
    ("given_labels", "expected"),
    [
        ([10, 9], ("10", "9")),
        (np.array([10.0, 9.0]), ("10", "9")),
        (["01", "1"], ("01", "1")),
        ([1.5, 2.5], ("1.5", "2.5")),
        ([True, False], ("false", "true")),
        (["a ", " b"], (" b", "a ")),
    ],
)
def test_unit_labels(given_labels: Any, expected: tuple[str, ...]) -> None:
    df = frame(["a", "b"], periods=1).assign(u=given_labels)
    panel = Panel.from_frame(df, **ROLES)
    assert panel.units == expected
    assert {type(unit) for unit in panel.frame["unit"]} == {str}


@pytest.mark.parametrize("column", ['y"', "a,b", "größe", "if", "<i>y</i>", "y\nz", " y"])
def test_strange_names_survive_a_file(tmp_path: Path, column: str) -> None:
    path = tmp_path / "panel.csv"
    df = frame(STRANGE).rename(columns={"y": column})
    df.to_csv(path, index=False)
    panel = Panel.read_csv(path, **(ROLES | {"count": column}))
    assert panel.units == tuple(sorted(STRANGE))
    assert panel.columns["count"] == column
    assert panel.source == "panel.csv"
    assert panel.sha256 == Panel.from_frame(frame(STRANGE), **ROLES).sha256


@pytest.mark.parametrize(
    "number", ["1.5e3", "1500.", "+1500", " 1500 ", Decimal(1500), np.int8(15)]
)
def test_plain_numbers(number: Any) -> None:
    df = frame(["a"], periods=1).astype({"y": object})
    df.at[0, "y"] = number
    count = Panel.from_frame(df, **ROLES).frame["count"].tolist()
    assert count == [15.0 if isinstance(number, np.int8) else 1500.0]


def test_tab_separated_file(tmp_path: Path) -> None:
    path = tmp_path / "panel.tsv"
    frame(["a", "b"]).to_csv(path, sep="\t", index=False)
    assert Panel.read_csv(path, **ROLES).nobs == 6


def test_dropped_rows_are_listed_once_each() -> None:
    df = frame(["d", "c", "b", "a"]).astype({"y": float, "v": float, "e": float})
    df.loc[df["u"].isin(["b", "d"]), "v"] = np.nan
    df.loc[[0, 4, 9], "y"] = np.nan  # one each of d (which has no event), c and a
    df.loc[4, "e"] = np.nan  # suppressed with its count
    panel = Panel.from_frame(df, **ROLES, no_event="drop", no_event_reason={"d": "never"})
    assert panel.dropped == (
        Dropped("count 'y' is missing", 2, ("a", "c")),
        Dropped("never", 3, ("d",)),
        Dropped("no event is given", 3, ("b",)),
    )
    assert panel.nobs + sum(dropped.rows for dropped in panel.dropped) == len(df)
    assert panel.units == ("a", "c")


def test_strata() -> None:
    df = frame(["a", "b", "c", "d"]).assign(s=np.repeat(np.array(["x", "w", None, "x"]), 3))
    panel = Panel.from_frame(df, **ROLES, stratum="s")
    assert panel.strata == ("w", "x")
    assert panel.restricted("x").units == ("a", "d")
    assert panel.restricted("x").frame.index.equals(pd.RangeIndex(6))
    assert panel.restricted("all") is panel
    assert panel.restricted("w").sha256 != panel.sha256
    with pytest.raises(PanelError, match="no stratum 'v': choose from 'all', 'w', 'x'"):
        panel.restricted("v")
    assert Panel.from_frame(df, **ROLES).strata == ()


def test_from_table_carries_name_and_reasons() -> None:
    df = frame(["a", "b"]).astype({"v": "Int64"})
    df.loc[:2, "v"] = pd.NA
    table = Table(df, "u", "p", "v", name="my data", source="", no_event_reason={"a": "too late"})
    panel = Panel.from_table(table, "y", "e", no_event="drop")
    assert panel.dropped == (Dropped("too late", 3, ("a",)),)
    assert panel.source == "my data"
    with pytest.raises(
        PanelError, match=r"^my data: row 0, column 'v': event is missing for 1 of 2"
    ):
        Panel.from_table(table, "y", "e")


def test_travels_to_another_process() -> None:
    panel = Panel.from_frame(frame(["a", "b"]), **ROLES)
    copy = pickle.loads(pickle.dumps(panel))
    assert copy.sha256 == panel.sha256
    assert copy.columns == panel.columns


VALUES = {"unit": "u", "period": "p", "value": "y", "event": "v"}


def amounts() -> pd.DataFrame:
    df = frame(["a", "b"])
    return df.assign(y=df["y"] + 0.25, share=np.where(df["u"] == "a", 0.4, 1.0))


def test_a_value_need_not_be_whole_and_has_exposure_1() -> None:
    panel = Panel.from_frame(amounts(), **VALUES, share="share")
    assert list(panel.frame) == ["unit", "period", "event", "value", "exposure", "share"]
    assert panel.response == "value"
    assert panel.frame["value"].tolist() == (frame(["a", "b"])["y"] + 0.25).tolist()
    assert (panel.frame["exposure"] == 1.0).all()
    assert panel.frame["share"].tolist() == [0.4] * 3 + [1.0] * 3
    assert Panel.from_frame(amounts(), **VALUES, exposure="e").frame["exposure"][0] == 100.5


def test_values_and_shares_are_in_the_hash() -> None:
    whole = frame(["a", "b"]).assign(e=1.0, share=0.5)
    panels = [
        Panel.from_frame(whole, **ROLES),
        Panel.from_frame(whole, **VALUES),
        Panel.from_frame(whole, **VALUES, share="share"),
        Panel.from_frame(whole.assign(share=0.25), **VALUES, share="share"),
    ]
    assert len({panel.sha256 for panel in panels}) == 4


def test_a_rate_is_a_value_per_exposure() -> None:
    counted = Panel.from_frame(frame(["a", "b"]), **ROLES)
    rate = counted.rate(1e4)
    assert rate.response == "value"
    np.testing.assert_array_equal(
        rate.frame["value"], 1e4 * counted.frame["count"] / counted.frame["exposure"]
    )
    assert (rate.frame["exposure"] == 1.0).all()
    with pytest.raises(PanelError, match="a rate per 0 has no meaning"):
        counted.rate(0)


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        (ROLES | {"value": "y"}, "give one of count and value"),
        ({name: ROLES[name] for name in ("unit", "period", "event")}, "give one of count and val"),
        ({**VALUES, "value": None, "count": "y"}, "a count needs its exposure"),
    ],
)
def test_one_response_and_what_it_needs(roles: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Panel.from_frame(frame(["a", "b"]), **roles)


@pytest.mark.parametrize(
    ("row", "column", "bad", "says"),
    [
        (1, "y", -0.5, "value -0.5 is negative"),
        (1, "y", np.inf, "value inf is not finite"),
        (1, "share", 0.0, "share 0 is no share: write the share of the event period"),
        (1, "share", 1.01, "share 1.01 is no share"),
        (1, "share", 0.5, "unit 'a' has share 0.5, but 0.4 in row 0"),
        (slice(3, 6), "share", np.nan, "share is missing beside a value"),
    ],
)
def test_bad_values_and_shares(row: Any, column: str, bad: float, says: str) -> None:
    df = amounts()
    df.iloc[row, df.columns.get_loc(column)] = bad
    with pytest.raises(PanelError) as error:
        Panel.from_frame(df, **VALUES, share="share")
    text = str(error.value)
    assert text.startswith(f"data frame: row {1 if row == 1 else 3}, column {column!r}: ")
    assert says in text
    assert len(text.splitlines()) == 1
