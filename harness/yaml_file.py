"""Read and validate a YAML file; every error names the file, the line and the mend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from harness.errors import ConfigError
from harness.sources.names import suggestion
from harness.yaml_harmless import check_harmless, line_of_unreadable

# Characters of a value that an error repeats.
LONGEST_SHOWN = 120
Root = TypeVar("Root", bound=BaseModel)


def read_validated(path: Path, root: type[Root], shape: str) -> Root:
    """Read a file whose top level is a mapping.

    Parameters
    ----------
    root : type of BaseModel
        What the file must hold.
    shape : str
        What such a file is, for the error where it is something else.

    Raises
    ------
    ConfigError
        In one line that names file, line, key and mend.
    """
    tree = read_tree(path, shape)
    try:
        return root.model_validate(_plain(tree))
    except ValidationError as error:
        # A misspelt key makes its right spelling missing: name the misspelt one.
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        place = (*first["loc"], *first.get("ctx", {}).get("place", ()))
        raise ConfigError(f"{path}, line {_line(tree, place)}: {one_line(first, root)}") from None


def top_level(path: Path, shape: str) -> set[str]:
    """Return the keys of a file's top level; none where it is no mapping.

    Raises
    ------
    ConfigError
        If it cannot be read.
    """
    return set(map(str, read_tree(path, shape)))


def read_tree(path: Path, shape: str) -> dict[Any, Any]:
    """Return a file whose top level is a mapping, its lines known.

    Raises
    ------
    ConfigError
        In one line, for what is no such file or holds what no such file needs.
    """
    text = _text(path)
    try:
        check_harmless(text, str(path))
        tree = YAML(typ="rt", pure=True).load(text)
    except YAMLError as error:
        raise ConfigError(f"{path}{_where(error)}: is not YAML: {_problem(error)}") from None
    except ValueError as error:  # of a constructor, which knows no line
        line, value = line_of_unreadable(text) or (1, str(error))
        raise ConfigError(
            f"{path}, line {line}: {shortened(value)} cannot be read: put it in quotes, or mend it"
        ) from None
    if tree is None:
        raise ConfigError(f"{path}: is empty: {shape}")
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: {shape}")
    return tree


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text: save it as UTF-8") from None


def shortened(value: object) -> str:
    """What was found, short enough for one line."""
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."


def _where(error: YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f", line {mark.line + 1}"


def _problem(error: YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def _plain(node: Any) -> Any:
    """The tree as plain dictionaries and lists, without ruamel's round-trip types."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return node


def _line(tree: Any, place: Sequence[int | str]) -> int:
    """Line of the deepest key of ``place`` that the file holds (1 for the file itself)."""
    line, node = 1, tree
    for key in place:
        try:
            position = node.lc.item(key) if isinstance(key, int) else node.lc.key(key)
            line, node = position[0] + 1, node[key]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line


def one_line(error: Any, root: type[BaseModel]) -> str:
    """Return one of pydantic's errors in one line that names the key."""
    place = [str(part) for part in error["loc"]]
    where = ".".join(place)
    if error["type"] == "extra_forbidden":
        known = list(_model_at(root, place[:-1]).model_fields)
        return f"unknown key {where!r}: {suggestion(place[-1], known)}"
    if error["type"] == "missing":
        return f"key {where!r} is missing: add it"
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "value_error":
        return text if not where else f"{where}: {text}"
    text = _WORDS.get(error["type"], text)
    return f"{where}: {text} (found {shortened(error['input'])})"


# By pydantic's types of errors: what is to stand there, where its own words are Python's.
_WORDS = {
    "list_type": "write a list, such as [a, b]",
    "tuple_type": "write a list, such as [a, b]",
    "dict_type": "write 'key: value' entries",
    "model_type": "write 'key: value' entries",
    "string_pattern_mismatch": "write letters, digits, '_', '.' and '-', a letter or digit first",
}


def _model_at(root: type[BaseModel], place: Sequence[str]) -> type[BaseModel]:
    """Return the model whose keys stand at a place below ``root``.

    Indices, and keys of mappings, lead no further: the model is that of the list or the mapping.
    """
    model = root
    for key in place:
        if key in model.model_fields:
            model = next(_models_in(model.model_fields[key].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation is made of, such as that of ``list[Model] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
