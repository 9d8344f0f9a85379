from __future__ import annotations

import os

import pytest

from harness.cores import cores
from harness.glmm.batch import fit_batch
from tests.glmm.panels import simulated


def test_all_cores_that_may_be_used() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cores() == (os.cpu_count() or 1)
    design = simulated()
    assert not fit_batch(design, design.endog[None, :]).failed.any()
