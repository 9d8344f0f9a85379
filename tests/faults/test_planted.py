"""The harness catches what it exists to catch: each planted fault, with its cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.concordance.verdict import reaches
from harness.result import FitResult
from tests.faults.planted import FAULTS, PASSED, Fault
from tests.faults.planting import honest_fits, pair, planted
from tests.faults.table import TABLE, columns_known_beforehand

pytestmark = pytest.mark.needs_r


@pytest.fixture(scope="module")
def honest() -> dict[str, FitResult]:
    return honest_fits()


@pytest.mark.parametrize("name", ["lme4", "glmmtmb"])
def test_honest_fits_agree(honest: dict[str, FitResult], name: str) -> None:
    assert reaches(pair(honest["laplace"], honest[name]).verdict, "concordant")


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault_is_caught(fault: Fault, honest: dict[str, FitResult], tmp_path: Path) -> None:
    found = planted(fault, honest, tmp_path)
    assert not reaches(found.verdict, "concordant")
    assert found.explanation is not None
    assert found.explanation.cause == fault.cause, found.explanation
    assert fault.says in found.explanation.evidence


@pytest.mark.parametrize("fault", PASSED, ids=str)
def test_fault_below_the_limits_passes(
    fault: Fault, honest: dict[str, FitResult], tmp_path: Path
) -> None:
    found = planted(fault, honest, tmp_path)
    assert found.verdict == "concordant"
    assert found.explanation is not None
    assert found.explanation.cause == fault.cause, found.explanation


def test_the_table_lists_every_fault() -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    listed = [line.split(" | ")[:4] for line in lines if line.startswith("| ")][1:]
    assert len(FAULTS) >= 15
    assert listed == [columns_known_beforehand(fault) for fault in (*FAULTS, *PASSED)]
