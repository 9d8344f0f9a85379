"""docs/study-file.md has every key of every entry, with its default, and every pattern of claims."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from harness.engines import engines
from harness.sources import READERS
from harness.study.claims.patterns import PATTERNS
from harness.study.config import Study
from harness.study.products import KEYS
from tests.docs.blocks import ROOT

TEXT = (ROOT / "docs" / "study-file.md").read_text("utf-8")
NEEDED = "*needed*"


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def entries(model: type[BaseModel], place: str, known: dict[type, str]) -> dict[type, str]:
    """Every kind of entry below a model, and the first place where it stands."""
    if model not in known:
        known[model] = place
        for key, field in model.model_fields.items():
            for part in models_in(field.annotation):
                entries(part, f"{place}.{key}".removeprefix("."), known)
    return known


ENTRIES = entries(Study, "", {})
PARTS = dict(
    zip(
        (title.strip("`").replace("Top level", "") for title in re.findall(r"^##+ (.*)$", TEXT, re.MULTILINE)),
        re.split(r"^##+ .*$", TEXT, flags=re.MULTILINE)[1:],
        strict=True,
    )
)  # fmt: skip


def rows(part: str) -> dict[str, str]:
    """Keys of the table that begins a part, with the column of defaults."""
    table = part.partition("| key | default | meaning |\n|---|---|---|\n")[2].partition("\n\n")[0]
    cells = [line.strip("|").split(" | ") for line in table.splitlines()]
    return {key.strip(" `"): default.strip() for key, default, *_ in cells}


def default_of(field: FieldInfo) -> Any:
    """The default as YAML has it; None where it is no plain value."""
    found = field.get_default(call_default_factory=True)
    try:
        return json.loads(json.dumps(found))
    except TypeError:
        return None


@pytest.mark.parametrize("model", ENTRIES, ids=lambda model: model.__name__)
def test_every_key_with_its_default(model: type[BaseModel]) -> None:
    said = rows(PARTS[ENTRIES[model]])
    assert set(said) == set(model.model_fields)
    for key, field in model.model_fields.items():
        shown = re.fullmatch(r"`(.*)`", said[key])
        assert (said[key] == NEEDED) == field.is_required(), key
        if shown:
            assert YAML(typ="safe").load(shown[1]) == default_of(field), key
        elif not field.is_required():
            # In words: what is left out, or what cannot be written as one value.
            assert default_of(field) in (None, ""), key


def test_nothing_else_is_described() -> None:
    assert set(PARTS) == set(ENTRIES.values())


@pytest.mark.parametrize("names", [engines(), READERS, PATTERNS, KEYS], ids=["engines", "readers", "patterns", "products"])  # fmt: skip
def test_every_name(names: dict[str, Any]) -> None:
    assert [name for name in names if f"`{name}`" not in TEXT] == []
