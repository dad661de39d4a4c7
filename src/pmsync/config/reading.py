"""Reads YAML so that every value knows its line.

Plain scalars stay text (`Text`) and the settings decide what they mean: YAML's own guesses would turn the project `NO`
into false and the Trello board `12e45678` into a number. `typed` gives the guess of YAML 1.2 where nobody decides.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pmsync.errors import ConfigError

KeyPath = tuple[str | int, ...]
DEPTH = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, and the key it is about."""

    at: KeyPath
    what: str


class Text(str):
    """A scalar as written; `value` is what YAML 1.2 takes it for."""

    __slots__ = ("value",)
    value: Any


@dataclass(slots=True)
class Document:
    """The file as plain data. `lines` has the line of every key and list entry, `nulls` the keys without a value."""

    path: Path
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)
    nulls: list[KeyPath] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def line(self, at: KeyPath) -> int:
        """The line of a key, or of the nearest thing around it that is there."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)


class _Loader(yaml.CSafeLoader):
    """Knows the scalars of YAML 1.2 only: no `yes`, no dates, no sexagesimal numbers."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (declared by yaml)


for _kind, _pattern in {
    "bool": r"true|True|TRUE|false|False|FALSE",
    "null": r"~|null|Null|NULL|",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?",
    "merge": r"<<",
}.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})$"), None)


def read(path: Path) -> Document:
    """Read a YAML file whose top level is a mapping.

    Raises:
        ConfigError: unreadable, not YAML, or not a mapping. Lesser mistakes are in `problems`.
    """
    loader = None
    try:
        loader = _Loader(path.read_bytes())
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(_not_a_mapping(path, node), hint="Run `pmsync init` to write one.")
        document = Document(path)
        document.data = _mapping(loader, node, (), document)
    except OSError as error:
        raise ConfigError(f"Cannot read the config {path}: {error.strerror or error}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(_syntax(path, error)) from None
    else:
        return document
    finally:
        if loader:
            loader.dispose()


def typed(value: Any) -> Any:
    """Plain data with numbers, booleans and nulls as YAML 1.2 reads them."""
    if isinstance(value, dict):
        return {key: typed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [typed(entry) for entry in value]
    return value.value if isinstance(value, Text) else value


def _not_a_mapping(path: Path, node: yaml.Node | None) -> str:
    if node is None:
        return f"The config {path} is empty."
    return f"{path}:{node.start_mark.line + 1}: the config is not a mapping of keys to values."


def _syntax(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable characters"
    context = getattr(error, "context", None)
    return f"{where}: not valid YAML: {what}" + (f" ({context})" if context else "") + "."


def _mapping(loader: _Loader, node: yaml.MappingNode, at: KeyPath, document: Document) -> dict[str, Any]:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        name = str(key.value)
        if name in seen:
            document.problems.append(Problem((*at, name), f"given twice, first in line {seen[name]}"))
        seen.setdefault(name, line)
    loader.flatten_mapping(node)
    result = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            document.problems.append(Problem(at, "a key must be one word, not a list or mapping"))
            continue
        place = (*at, str(key.value))
        document.lines[place] = key.start_mark.line + 1
        result[str(key.value)] = _value(loader, value, place, document)
    return result


def _value(loader: _Loader, node: yaml.Node, at: KeyPath, document: Document) -> Any:
    if not node.tag.startswith("tag:yaml.org,2002:") or len(at) > DEPTH:
        what = "nested too deeply" if len(at) > DEPTH else f'tags like "{node.tag}" are not understood here'
        document.problems.append(Problem(at, what))
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, at, document)
    if isinstance(node, yaml.SequenceNode):
        return [_entry(loader, entry, (*at, index), document) for index, entry in enumerate(node.value)]
    return _scalar(loader, node, at, document)


def _entry(loader: _Loader, node: yaml.Node, at: KeyPath, document: Document) -> Any:
    document.lines[at] = node.start_mark.line + 1
    return _value(loader, node, at, document)


def _scalar(loader: _Loader, node: yaml.Node, at: KeyPath, document: Document) -> Text | None:
    text = Text(node.value)
    text.value = loader.construct_object(node)
    if text.value is None:
        document.nulls.append(at)
        return None
    return text
