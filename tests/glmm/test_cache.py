"""numba's cache follows the sources, across files too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.glmm import cache
from harness.glmm.cache import COMPILED, drop_stale


@pytest.mark.parametrize(("edited", "dropped"), [(None, 0), ("a.py", 2), ("b.py", 2)])
def test_any_newer_source_drops_every_index(
    tmp_path: Path, edited: str | None, dropped: int
) -> None:
    (tmp_path / "__pycache__").mkdir()
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (1000.0, 1000.0))
        index = tmp_path / "__pycache__" / f"{name[0]}.f-1.nbi"
        index.write_text("")
        os.utime(index, (2000.0, 2000.0))
    if edited is not None:
        os.utime(tmp_path / edited, (3000.0, 3000.0))
    assert len(drop_stale(tmp_path, ("a", "b"))) == dropped
    assert len(list((tmp_path / "__pycache__").iterdir())) == 2 - dropped
    assert drop_stale(tmp_path, ("a", "b")) == []


def test_every_file_with_compiled_functions_is_known() -> None:
    folder = Path(cache.__file__).parent
    compiled = {path.stem for path in folder.glob("*.py") if "@njit" in path.read_text()}
    assert compiled | {"arrays"} == set(COMPILED)
