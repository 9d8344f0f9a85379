"""Which columns are chosen, why, and what is said where that is not settled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.errors import ConfigError, HarnessError
from tests.proposal.wards import proposed, wards

Change = Callable[[pd.DataFrame], pd.DataFrame]
PLAIN = {"unit": "ward", "period": "quarter", "event": "started", "exposure": "bed_days"}


def roles(found: object) -> dict[str, str]:
    return {c.role: c.column for c in found.choices if c.role != "count"}  # type: ignore[attr-defined]


def with_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Wards are called 1, 2, 3, ..., which count one by one as periods do."""
    return table.assign(ward=table["ward"].str[1:].astype(int) + 1)


def with_codes(table: pd.DataFrame) -> pd.DataFrame:
    """A second column that names the same units, after the first."""
    return table.assign(code=table["ward"].str.upper())


def with_holes(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["quarter"] + table["ward"].str[1:].astype(int)) % 7 != 0]


def shuffled(table: pd.DataFrame) -> pd.DataFrame:
    """Rows and columns in another order."""
    return table.sample(frac=1.0, random_state=3)[
        ["bed_days", "falls", "started", "quarter", "ward"]
    ]


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers with outer spaces and decimal points, as some programs write them."""
    return table.assign(falls=table["falls"].map(lambda x: f" {x}.0 "))


@pytest.mark.parametrize(
    "change", [with_numbers, with_codes, with_holes, shuffled, as_text, lambda table: table]
)
def test_the_values_tell_the_roles(tmp_path: Path, change: Change) -> None:
    found = proposed(tmp_path, change(wards()))
    assert roles(found) == PLAIN
    assert found.counts == ("falls",)


def test_names_say_nothing_where_the_values_say_all(tmp_path: Path) -> None:
    table = wards().set_axis(["a", "b", "c", "d", "e"], axis=1)
    found = proposed(tmp_path, table)
    assert roles(found) == {"unit": "a", "period": "b", "event": "c", "exposure": "e"}
    assert {choice.by for choice in found.choices} == {"values"}


def test_what_else_could_be_is_said(tmp_path: Path) -> None:
    table = wards().assign(other=lambda t: 4 + (t["started"] + t["ward"].str[1:].astype(int)) % 4)
    found = proposed(tmp_path, table)
    event = next(choice for choice in found.choices if choice.role == "event")
    assert (event.column, event.by, event.also) == ("started", "name", ("other",))


@pytest.mark.parametrize("role", ["unit", "period", "event", "exposure"])
def test_an_option_is_obeyed(tmp_path: Path, role: str) -> None:
    table = wards()
    other = {
        "unit": table["ward"].str.upper(), "period": table["quarter"] + 0,
        "event": table["started"] + 1, "exposure": table["bed_days"] + 1,
    }[role]  # fmt: skip
    found = proposed(tmp_path, table.assign(x=other), **{role: "x"})
    assert roles(found) == PLAIN | {role: "x"}
    assert next(c for c in found.choices if c.role == role).by == "option"


def test_every_count_is_an_indicator(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    table = wards()
    unit = table["ward"].str[1:].astype(int)
    table = table.assign(
        injuries=rng.poisson(3, len(table)), late=rng.poisson(1, len(table)).astype(float),
        rate=table["falls"] / table["bed_days"], after=(table["quarter"] >= table["started"]) * 1,
        t=table["quarter"] - table["started"], year=2000 + table["quarter"] // 4, size=unit % 3,
        note="checked", money=[f"{x},50" for x in table["falls"]], net=table["falls"] - 9,
        site=np.where(unit % 2 == 0, "north", "south"), admissions_index=table["falls"] + 90,
    )  # fmt: skip
    table.loc[3, "late"] = np.nan
    found = proposed(tmp_path, table)
    assert found.counts == ("falls", "injuries", "late")
    left = {part.column: part.reason for part in found.left_out}
    assert set(left) == set(table) - {*PLAIN.values(), *found.counts}
    for column, why in {
        "rate": "not whole", "after": "time to the event", "t": "time to the event",
        "year": "the period", "size": "same in all rows of a unit", "note": "text",
        "money": "decimal commas, such as", "net": "negative", "admissions_index": "by its name",
    }.items():  # fmt: skip
        assert why in left[column]
    assert found.strata == {"size": ("0", "1", "2"), "site": ("north", "south")}
    assert proposed(tmp_path, table, counts=("late",)).counts == ("late",)


def quarters(table: pd.DataFrame) -> pd.DataFrame:
    at = table["quarter"] - 1
    return table.assign(quarter=[f"{2019 + k // 4}Q{k % 4 + 1}" for k in at])


def months(table: pd.DataFrame) -> pd.DataFrame:
    at = table["quarter"] - 1
    return table.assign(quarter=[f"{2019 + k // 12}-{k % 12 + 1:02d}" for k in at])


def packed(table: pd.DataFrame) -> pd.DataFrame:
    at = table["quarter"] + 5
    return table.assign(quarter=[100 * (2019 + k // 12) + k % 12 + 1 for k in at])


def every_other(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(quarter=2000 + 2 * table["quarter"], started=2000 + 2 * table["started"])


def switch(table: pd.DataFrame) -> pd.DataFrame:
    on = (table["quarter"] >= table["started"]) * 1
    return table.assign(post=on).drop(columns="started")


def twice(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.iloc[[4]]])


def put(column: str, value: object) -> Change:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table[column] = table[column].astype(object)
        table.loc[3, column] = value
        return table

    return change


UNSETTLED = [
    (quarters, {}, "holds quarters such as '2019Q1'", "4 * year + quarter"),
    (quarters, {"period": "quarter"}, "holds quarters such as '2019Q1'", "4 * year + quarter"),
    (months, {}, "holds months such as '2019-01'", "12 * year + month"),
    (packed, {}, "holds months such as '201907'", "12 * year + month"),
    (every_other, {}, "'quarter' counts by 2s", "(quarter - 2002) / 2 + 1"),
    (switch, {}, "'post' turns from 0 to 1", "the 'quarter' of the first 1 of each 'ward'"),
    (twice, {}, "row 146, column 'quarter': unit 'w00' has period 5 already in row 6", "keep one"),
    (put("falls", -1), {}, "'falls': negative, down to -1", "--count"),
    (put("falls", -1), {"counts": ("falls",)}, "row 5, column 'falls': count '-1'", "correct it"),
    (put("bed_days", 0), {}, "row 5, column 'bed_days': exposure '0' is not above 0", "above 0"),
    (put("falls", "1,5"), {"counts": ("falls",)}, "row 5, column 'falls'", "decimal point"),
    (put("quarter", "l2"), {}, "row 5, column 'quarter': period 'l2' is text", "--period"),
    (put("started", "soon"), {}, "row 5, column 'started': event 'soon' is text", "--event"),
    (put("bed_days", "1,200"), {}, "row 5, column 'bed_days': exposure '1,200'", "write 1200"),
    (put("falls", "two"), {}, "'falls': numbers but for 'two'", "--count"),
    (put("started", 9), {}, "no column holds the period of the event", "--event"),
    (put("started", 9), {"event": "started"}, "unit 'w00' has event 9, but 5", "same event"),
    (lambda t: t.drop(columns="bed_days"), {}, "no column can be the exposure", "a column of 1"),
    (lambda t: t.drop(columns="started"), {}, "no column holds the period", "--event"),
    (lambda t: t.drop(columns="quarter"), {}, "no two columns are unit and period", "--period"),
    (lambda t: t.drop(columns="falls"), {}, "no column is counted", "--count"),
    (lambda t: t[t["ward"] == "w00"], {}, "no column names units", "--unit"),
    (lambda t: t[t["quarter"] < t["started"]], {}, "no unit has a period", "event column"),
    (lambda t: t.assign(population=t["bed_days"] * 2), {}, "the exposure could be any of 2",
     "--exposure bed_days or --exposure population"),
    (lambda t: t.rename(columns={"bed_days": "x"}).assign(y=t["bed_days"][::-1].to_numpy()), {},
     "no column is called like an exposure", "--exposure x or --exposure y"),
    (lambda t: t.rename(columns={"started": "x"}).assign(y=t["started"] + 1), {},
     "the event could be any of 2", "--event x or --event y"),
    (lambda t: t, {"event": "startd"}, "there is no column 'startd'", "did you mean 'started'?"),
    (lambda t: t, {"counts": ("falls", "bed_days"), "exposure": "bed_days"},
     "'bed_days' is named for exposure and for count", "its own"),
    (lambda t: t.head(1), {}, "1 row", "one row a unit and period"),
    (lambda t: t.set_axis(["w00", 1, 5, 6, 900], axis=1), {}, "numbers, such as '1', in place of",
     "put a row of names above it"),
    (lambda t: t.pivot_table(index="ward", columns="quarter", values="falls").reset_index(), {},
     "numbers, such as '1'", "give one row a unit and period"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "asked", "says", "mend"), UNSETTLED)
def test_what_is_not_settled_is_said_in_one_line(
    tmp_path: Path, change: Change, asked: dict[str, object], says: str, mend: str
) -> None:
    with pytest.raises(HarnessError) as error:
        proposed(tmp_path, change(wards()), **asked)
    text = str(error.value)
    assert text.startswith("wards.csv: ")
    assert says in text
    assert mend in text
    assert "\n" not in text


def test_the_numbering_that_is_advised_is_right(tmp_path: Path) -> None:
    table = quarters(wards())
    with pytest.raises(ConfigError):
        proposed(tmp_path, table)
    year, part = (table["quarter"].str[k].astype(int) for k in (slice(4), slice(5, 6)))
    table = table.assign(number=4 * year + part, started=4 * 2019 + table["started"])
    found = proposed(tmp_path, table)
    assert roles(found) == PLAIN | {"period": "number"}
    assert found.survey.unseen == ()


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ("2019-Q1", "quarters"), ("Q1 2019", "quarters"), ("Mar 2019", "months"),
        ("2019 March", "months"), ("2019/03", "months"), ("2019-W01", "weeks"),
        ("2019-03-01", "dates"), ("01/03/2019", "dates"), ("2019-03-01 00:00", "dates"),
        ("2019/20", "years of two halves"), ("2019-2020", "years of two halves"),
    ],
)  # fmt: skip
def test_dates_are_known_however_they_are_written(tmp_path: Path, first: str, kind: str) -> None:
    table = wards().assign(quarter=first)
    with pytest.raises(ConfigError, match=f"holds {kind} such as '{first}'"):
        proposed(tmp_path, table)
