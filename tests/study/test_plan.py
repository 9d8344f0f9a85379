"""What a study file asks for is counted from the file alone, here by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.study.loading import find_study, load_study
from harness.study.plan import cells, fits_of, pairs_of, strata_of
from tests.study.files import STRATA, study_text


def counted(path: Path) -> dict[str, int]:
    study = load_study(path)
    asked = cells(study, strata_of(study))
    fits = [fits_of(study, cell) for cell in asked]
    pairs = [pair for of_cell in fits for pair in pairs_of(of_cell)]
    ids = [fit.id for of_cell in fits for fit in of_cell]
    assert len(set(ids)) == len(ids)
    return {
        "cells": len(asked),
        "fits": len(ids),
        "pairs": len(pairs),
        "like for like": sum(pair.like_for_like for pair in pairs),
    }


def test_us_traffic() -> None:
    # 6 indicators x (all, fast, slow) = 18 analyses.
    # Base: 5 engines x 2 settings = 10 fits; NB2: glmmTMB and laplace, tight. 18 x 12 = 216 fits.
    # Pairs: 10 of engines at each of 2 settings, 5 of settings of each engine, 1 of NB2:
    # 18 x 26 = 468.
    # lme4, glmmTMB and laplace maximise the same likelihood: 3 tight pairs and that of NB2,
    # 18 x 4 = 72.
    assert counted(find_study("us-traffic")) == {
        "cells": 36, "fits": 216, "pairs": 468, "like for like": 72,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # one engine: its two settings are compared, nothing is like for like
        ({}, (1, 2, 1, 0)),
        ({"strata": STRATA}, (3, 6, 3, 0)),
        # two labels of one name are one stratum
        ({"strata": STRATA.replace("south", "north")}, (2, 4, 2, 0)),
        # 2 engines x 2 settings: 1 pair at each setting, 1 of settings of each engine
        ({"engines": "engines: [lme4, laplace]"}, (1, 4, 4, 1)),
        # other estimators are never like for like
        ({"engines": "engines: [statsmodels-map, laplace]"}, (1, 4, 4, 0)),
        # default settings never count
        ({"engines": "engines: [lme4, laplace]", "settings": "settings: [default]"}, (1, 2, 1, 0)),
        # a variant has its own engines, and is tight unless it says otherwise
        ({"v": "variants: [{name: v, engines: [lme4, glmmtmb, laplace]}]"}, (2, 5, 4, 3)),
        (
            {"v": "variants: [{name: v, engines: [lme4, laplace], settings: [default, tight]}]"},
            (2, 6, 5, 1),
        ),
    ],
)
def test_small_studies(
    tmp_path: Path, parts: dict[str, str], expected: tuple[int, int, int, int]
) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(study_text(**parts))
    assert tuple(counted(path).values()) == expected


def test_pairs_are_of_one_setting_or_of_one_engine(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(study_text(engines="engines: [lme4, glmmtmb, statsmodels-vb]"))
    study = load_study(path)
    pairs = pairs_of(fits_of(study, cells(study, strata_of(study))[0]))
    kinds = Counter((p.a.settings == p.b.settings, p.a.engine == p.b.engine) for p in pairs)
    assert kinds == {(True, False): 6, (False, True): 3}
    assert [(p.a.engine, p.b.engine) for p in pairs if p.like_for_like] == [("lme4", "glmmtmb")]
