"""The panel in numbers, the model that it can bear, and its traps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.model import SegmentedPoisson
from harness.panel import Panel
from tests.proposal.wards import proposed, wards


def test_a_panel_in_numbers(tmp_path: Path) -> None:
    table = wards().astype({"started": "Int64", "falls": "Int64"})
    table.loc[table["ward"] == "w00", "started"] = pd.NA
    table.loc[table["ward"] == "w01", "started"] = 99
    table.loc[30, "falls"] = pd.NA
    table.loc[40:42, "falls"] = 0
    table = table.drop(index=[65])
    found = proposed(tmp_path, table).survey
    kept = table.dropna(subset=["started", "falls"])
    t = kept["quarter"] - kept["started"]
    inside = kept[t.between(-3, 3)].groupby("ward").size()
    assert (found.rows, found.units, found.never) == (len(table), 11, 1)
    assert (found.first, found.last, found.periods, found.unseen) == (1, 12, 12, ())
    assert found.events == {5: 2, 6: 2, 7: 3, 8: 3, 99: 1}
    assert (found.outside, found.with_holes) == (("w01",), 1 + 1)
    falls = found.indicators["falls"]
    assert (falls.rows, falls.missing) == (len(kept), 1)
    assert (falls.zeros, falls.mean) == ((kept["falls"] == 0).sum(), kept["falls"].mean())
    assert (falls.in_window, falls.units_in_window) == (inside.sum(), len(inside))
    assert falls.whole_windows == (inside == 7).sum()


def between(first: int, last: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda t: t[(t["quarter"] - t["started"]).between(first, last)]


@pytest.mark.parametrize(
    ("change", "window", "impact"),
    [
        (between(-9, 9), (-3, 3), "two-step"),
        (between(-2, 2), (-2, 2), "two-step"),
        (between(-4, 1), (-3, 1), "level-slope"),
        (between(-2, 0), (-2, 0), "level"),
        (between(-1, 0), (-1, 0), "none"),
    ],
)
def test_the_widest_model_that_the_rows_can_tell(
    tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], window: tuple[int, int],
    impact: str,
) -> None:  # fmt: skip
    found = proposed(tmp_path, change(wards()))
    assert (found.model.window, found.model.impact) == (window, impact)
    assert found.survey.window == window
    # What is said not to be there cannot be built, and the other way round.
    panel = Panel.read_csv(
        tmp_path / "wards.csv", unit="ward", period="quarter", count="falls", exposure="bed_days",
        event="started",
    )  # fmt: skip
    for name, why in found.model.impacts.items():
        model = SegmentedPoisson(impact=name, window=window, random="intercept")
        if why is None:
            model.design(panel)
        else:
            with pytest.raises(Exception, match="cannot tell the stages"):
                model.design(panel)


def test_one_indicator_too_few_decides_for_all(tmp_path: Path) -> None:
    table = wards().assign(injuries=lambda t: t["falls"].where(t["quarter"] <= t["started"]))
    found = proposed(tmp_path, table)
    assert found.model.impact == "level"
    assert str(found.model.impacts["two-step"]).startswith("injuries: ")


def enough(table: pd.DataFrame) -> pd.DataFrame:
    """No trap at all."""
    return wards(units=40)


def change(
    column: str, rows: slice, by: Callable[[pd.Series], object]
) -> Callable[..., pd.DataFrame]:
    def made(table: pd.DataFrame) -> pd.DataFrame:
        table = enough(table)
        table[column] = table[column].astype(float)
        table.loc[rows, column] = by(table.loc[rows, column])
        return table

    return made


TRAPS = [
    (enough, None),
    (lambda t: t, "12 units with an event are few"),
    (change("started", slice(0, 11), lambda s: s * 0 + 99), "1 unit (w00): an event before"),
    (lambda t: enough(t).assign(started=6), "every event is in period 6"),
    (lambda t: enough(t)[enough(t)["quarter"] != 4], "no unit has a row in 1 period between 1 and 12 (4)"),
    (lambda t: enough(t).drop(index=[5]), "1 unit lacks a period between"),
    (lambda t: between(-2, 2)(enough(t)), "the window is [-2, 2] instead of [-3, 3]"),
    (lambda t: between(-2, 0)(enough(t)), "so the impact model is level"),
    (change("falls", slice(3, 5), lambda s: s * np.nan), "falls: 3 rows without a count left out"),
    (change("falls", slice(None), lambda s: (s > 6) + 1.0 * (s > 9) + (s > 11)), "on average is little"),
    (change("falls", slice(7, 7), lambda s: s + 5000), "falls: larger than its exposure in 1 row"),
    (change("bed_days", slice(8, 8), lambda s: s * 100), "bed_days changes more than 5-fold"),
    (change("bed_days", slice(None), lambda s: s * 0 + 1), "bed_days is the same in every row"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "says"), TRAPS)
def test_traps(
    tmp_path: Path, made: Callable[[pd.DataFrame], pd.DataFrame], says: str | None
) -> None:
    found = proposed(tmp_path, made(wards()), counts=("falls",))
    if says is None:
        assert found.warnings == ()
    else:
        assert any(says in line for line in found.warnings)
    assert not any("\n" in line for line in found.warnings)
