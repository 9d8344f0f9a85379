"""Answers as bytes, and back: data only, so that no file of them can run anything.

A tree of JSON says what there is, arrays follow it as they lie in memory: every number returns to
the last bit. What is read back are numbers, texts, containers and frozen dataclasses of this
package, whose fields are set and of which no code is called; pickle would call what a file names.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import struct
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

# No module whose import alone would do something, such as harness.__main__.
_OWN = re.compile(r"(harness(?:\.(?!__)\w+)*):([\w.]+)")
_HEAD = struct.Struct("<Q")
# Kinds of numbers and of text that an array may hold: none of objects.
_KINDS = "biufcU"
_PLAIN = (type(None), bool, int, float, str)


class Unreadable(Exception):
    """Bytes that are not those of an answer, or of one that this code no longer knows."""


def pack(value: Any) -> bytes:
    """Return an answer as bytes.

    Raises
    ------
    TypeError
        For what is no data: a defect of the caller.
    """
    blobs: list[bytes] = []
    tree = json.dumps(_packed(value, blobs), separators=(",", ":")).encode()
    return b"".join([_HEAD.pack(len(tree)), tree, *blobs])


def unpack(content: bytes) -> Any:
    """Return the answer that bytes hold.

    Raises
    ------
    Unreadable
        If they hold none.
    """
    try:
        (size,) = _HEAD.unpack_from(content)
        end = _HEAD.size + size
        return _Reader(memoryview(content), end).value(json.loads(content[_HEAD.size : end]))
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001 - what is altered may fail in any way
        raise Unreadable(f"{type(error).__name__}: {error}") from None


def _packed(value: Any, blobs: list[bytes]) -> Any:
    def each(values: Any) -> list[Any]:
        return [_packed(one, blobs) for one in values]

    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list or kind is tuple:
        return [kind.__name__, each(value)]
    if isinstance(value, Enum):
        return ["enum", _name(kind), _packed(value.value, blobs)]
    if dataclasses.is_dataclass(value):
        parts = [getattr(value, part.name) for part in dataclasses.fields(value)]
        return ["own", _name(kind), each(parts)]
    if isinstance(value, (np.ndarray, np.generic)):
        return _packed_array(value, blobs)
    if isinstance(value, pd.Series):
        return ["series", each([value.to_numpy(), value.index, value.name])]
    if isinstance(value, pd.DataFrame):
        return ["frame", each([value.to_numpy(), value.index, value.columns])]
    if isinstance(value, pd.Index):
        return ["index", each([value.to_list(), value.name]), str(value.dtype)]
    if isinstance(value, Mapping):
        return ["dict", each(value.keys()), each(value.values())]
    raise TypeError(f"{kind.__name__} is no data that the store keeps")


def _packed_array(value: Any, blobs: list[bytes]) -> list[Any]:
    array = np.asarray(value)
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"an array of {array.dtype} is no data that the store keeps")
    # The order in memory stays: sums depend on it to the last bit.
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    blobs.append(array.tobytes(order))  # type: ignore[arg-type]
    kind = "array" if isinstance(value, np.ndarray) else "number"
    return [kind, array.dtype.str, list(array.shape), order]


def _name(kind: type) -> str:
    name = f"{kind.__module__}:{kind.__qualname__}"
    if not _OWN.fullmatch(name):
        raise TypeError(f"{name} is no class of this package, so the store does not keep it")
    return name


class _Reader:
    """Reads a tree; arrays are taken from the bytes after it, in the order of the tree."""

    def __init__(self, content: memoryview, at: int) -> None:
        self._content, self._at = content, at

    def value(self, node: Any) -> Any:
        """Return what a node of the tree stands for."""
        return _READ[node[0]](self, *node[1:]) if type(node) is list else node

    def _all(self, nodes: list[Any]) -> list[Any]:
        return [self.value(node) for node in nodes]

    def _object(self, name: str, parts: list[Any]) -> Any:
        kind = _own(name, object)
        made = object.__new__(kind)
        for part, value in zip(dataclasses.fields(kind), self._all(parts), strict=True):
            object.__setattr__(made, part.name, value)
        return made

    def _array(self, dtype: str, shape: list[int], order: Any) -> Any:
        kind = np.dtype(dtype)
        if kind.kind not in _KINDS or min(shape, default=0) < 0:
            raise Unreadable(f"an array of {dtype}")
        count = int(np.prod(shape, dtype=np.int64))
        found = np.frombuffer(self._content, kind, count, self._at)
        self._at += count * kind.itemsize
        return found.reshape(shape, order=order).copy(order="K")

    def _series(self, parts: list[Any]) -> Any:
        values, index, name = self._all(parts)
        return pd.Series(values, index, name=name, copy=False)

    def _frame(self, parts: list[Any]) -> Any:
        values, index, columns = self._all(parts)
        return pd.DataFrame(values, index, columns, copy=False)

    def _index(self, parts: list[Any], dtype: str) -> Any:
        values, name = self._all(parts)
        return pd.Index(values, name=name, dtype=dtype)


# Functions, not methods bound to a reader: it would hold itself, and an answer's bytes, in memory.
_READ: Mapping[str, Callable[..., Any]] = {
    "list": _Reader._all,
    "tuple": lambda reader, parts: tuple(reader._all(parts)),
    "dict": lambda reader, keys, values: dict(
        zip(reader._all(keys), reader._all(values), strict=True)
    ),
    "enum": lambda reader, name, value: _own(name, Enum)(reader.value(value)),
    "own": _Reader._object,
    "array": _Reader._array,
    "number": lambda reader, *how: reader._array(*how)[()],
    "series": _Reader._series,
    "frame": _Reader._frame,
    "index": _Reader._index,
}


def _own(name: str, kind: type) -> Any:
    """Return a dataclass or an enumeration of this package."""
    found = _OWN.fullmatch(name)
    if found is None:
        raise Unreadable(f"{name} is no class of this package")
    made: Any = importlib.import_module(found[1])
    for part in found[2].split("."):
        made = getattr(made, part)
    if not (isinstance(made, type) and issubclass(made, kind)):
        raise Unreadable(f"{name} is no class of this package")
    if kind is object and not dataclasses.is_dataclass(made):
        raise Unreadable(f"{name} is no dataclass")
    return made
