"""The store is data: a file that somebody else made or altered runs nothing."""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
import struct
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.certifying import certified_task
from harness.concordance.exact import remembered
from harness.engines import FitOptions
from harness.engines.workers import Task
from harness.study.packing import Unreadable, pack, unpack
from harness.study.store import LARGEST, ResultStore
from tests.engines.panels import design

ROOT = Path(__file__).resolve().parents[2]


class Runs:
    """What pickle would call."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("ran"),)


def packed(tree: str, more: bytes = b"") -> bytes:
    return struct.pack("<Q", len(tree)) + tree.encode() + more


HOSTILE = {
    "a pickle": pickle.dumps(Runs()),
    "an array of pickled objects": packed('["array","|O",[1],"C"]', pickle.dumps(Runs())),
    "another package's class": packed('["own","subprocess:Popen",["touch ran"]]'),
    "a class by another module's name": packed('["own","harness.cli.app:typer.Typer",[]]'),
    "what a module imports": packed('["own","harness.study.store:Path",["ran"]]'),
    "a function": packed('["own","harness.study.store:digest",[]]'),
    "a class that is no dataclass": packed('["own","harness.study.store:ResultStore",["ran"]]'),
    "an enumeration that is none": packed('["enum","harness.study.store:ResultStore","ran"]'),
    "a module that acts when imported": packed('["own","harness.__main__:main",[]]'),
    "a path": packed('["own","../../ran:X",[]]'),
    "no kind": packed('["eval","1"]'),
    "fields too few": packed('["own","harness.result:Message",["other"]]'),
    "an array too long": packed('["array","<f8",[1000000000000],"C"]'),
    "a negative length": packed('["array","<f8",[-1],"C"]'),
    "nested out of reach": packed('["list",[' * 9000 + "]]" * 9000),
    "a tree cut short": packed('["list",[1')[:-1],
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_answer_is_none_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unreadable):
        unpack(content)
    store = ResultStore(tmp_path / "store")
    blob = zlib.compress(content)
    # Whoever alters an answer can make its digest too.
    sealed = hashlib.sha256(blob).digest() + blob
    store._db.execute("insert into answers values ('key', ?)", (sealed,))
    assert store.get("key") is None
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = zlib.compressobj()
    blob = b"".join(bomb.compress(bytes(2**24)) for _ in range(LARGEST // 2**24 + 1)) + bomb.flush()
    store = ResultStore(tmp_path / "store")
    sealed = hashlib.sha256(blob).digest() + blob
    store._db.execute("insert into answers values ('key', ?)", (sealed,))
    assert store.get("key") is None
    store.close()


def test_a_store_whose_schema_is_a_trap(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store") as made:
        made.execute("create table answers (key text primary key, value blob)")
        made.execute(
            "create trigger trap after insert on answers begin"
            " select load_extension('ran'); end"
        )  # fmt: skip
    made.close()
    store = ResultStore(tmp_path / "store")
    with pytest.raises(Exception, match=r"cannot be used as the store of results \(.*\)") as raised:
        store.put("key", 1)
    assert len(str(raised.value).splitlines()) == 1
    store.close()


def assert_same(a: Any, b: Any) -> None:
    """Equal to the last bit, and of the same kind."""
    assert type(a) is type(b)
    if hasattr(a, "__dataclass_fields__"):
        for name in a.__dataclass_fields__:
            assert_same(getattr(a, name), getattr(b, name))
    elif isinstance(a, dict):
        assert_same(list(a.items()), list(b.items()))
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.strides) == (b.dtype, b.shape, b.strides)
        assert a.tobytes() == b.tobytes()
    elif isinstance(a, pd.Index):
        pd.testing.assert_index_equal(a, b, exact=True)
    elif isinstance(a, (pd.Series, pd.DataFrame)):
        for part in ("index", "columns", "name"):
            assert_same(getattr(a, part, None), getattr(b, part, None))
        assert_same(a.to_numpy(), b.to_numpy())
    else:
        assert repr(a) == repr(b)


VALUES: dict[str, Any] = {
    "plain": [None, True, 3, -0.0, 1e-320, float("inf"), float("nan"), "ß\n\0", 10**30],
    "containers": {"a": (1, [2]), 3: {}, (1, "b"): ()},
    "arrays": [
        np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.zeros((0, 2)), np.array([True]), np.array(["ab", "c"]), np.array(3), np.int8([1]),
        np.arange(10)[::2].copy(), np.float64(0.1), np.bool_(True),
    ],
    "tables": [
        pd.Series([1.0, np.nan], ["a", "b"], name="x"),
        pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]}, index=["u", "v"]),
        pd.Series([1], pd.Index([2], name="k")),
    ],
}  # fmt: skip


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_data_come_back_to_the_last_bit(value: Any) -> None:
    assert_same(unpack(pack(value)), value)


def test_a_fit_comes_back_to_the_last_bit() -> None:
    (fit, *_) = certified_task(Task(design(), "laplace", FitOptions()))
    bare = fit.__class__(**{name: getattr(fit, name) for name in fit.__dataclass_fields__} | {"design": None})  # type: ignore[arg-type]  # fmt: skip
    value = (bare, remembered(fit))
    assert value[1] is not None
    assert_same(unpack(pack(value)), value)


@pytest.mark.parametrize("value", [object(), Runs(), OrderedDict, np.array([None]), b"x", {1}])
def test_what_is_no_data_is_not_kept(value: Any) -> None:
    with pytest.raises(TypeError, match="the store"):
        pack(value)


def test_nothing_in_the_package_unpickles_a_file() -> None:
    """Processes of one run talk by pickle, as do a Dask cluster's; files never do."""
    words = (
        "import pickle",
        "read_pickle",
        "allow_pickle",
        "joblib",
        "import shelve",
        "import dill",
    )
    found = [
        f"{path.name}: {word}"
        for path in (ROOT / "harness").rglob("*.py")
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert not found
