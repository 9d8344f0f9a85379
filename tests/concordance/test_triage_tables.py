"""fixtures/triage: the tables are those of its fits, and its panels those that were fitted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fixtures.triage.page import page
from fixtures.triage.panels import EACH, KINDS, panels
from fixtures.triage.program import row
from fixtures.triage.tables import WORDS, summary
from harness.certifying import fit

HERE = Path(__file__).parents[2] / "fixtures" / "triage"


@pytest.fixture(scope="module")
def fits() -> pd.DataFrame:
    return pd.read_csv(HERE / "fits.csv")


def test_every_panel_is_there_and_every_fit_judged(fits: pd.DataFrame) -> None:
    assert len(fits) == 4 * EACH * len(KINDS)
    assert not fits.duplicated(["kind", "number", "engine", "settings"]).any()
    judged = fits[fits["failure"].isna()]
    assert judged["triage"].isin(WORDS).all()
    assert (judged["triage"].isin(["real", "missed"]) == judged["why"].notna()).all()


def test_the_tables_follow_from_the_fits(fits: pd.DataFrame) -> None:
    counts = summary(fits)
    written = pd.read_csv(HERE / "summary.csv")
    pd.testing.assert_frame_equal(counts.reset_index(drop=True), written)
    assert (HERE / "README.md").read_text(encoding="utf-8") == page(fits, counts)
    assert (counts[list(WORDS)].sum(axis=1) + counts["failed"] == counts["fits"]).all()


@pytest.mark.needs_r
@pytest.mark.parametrize("kind", ["well-behaved", "tiny panel"])
def test_a_panel_fitted_again_gives_its_row(fits: pd.DataFrame, kind: str) -> None:
    design = next(design for name, number, design in panels() if (name, number) == (kind, 0))
    for found in fit(design, engines=["lme4", "glmmtmb"], settings="default"):
        again = row(kind, 0, found)
        same = fits[(fits["kind"] == kind) & (fits["number"] == 0)]
        same = same[(same["engine"] == found.engine) & (same["settings"] == "default")]
        words = ["triage", "singular", "said_singular", "falsely_singular"]
        assert same[words].to_dict("records") == [{word: again[word] for word in words}]
