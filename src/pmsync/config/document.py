"""Reads YAML so that every value knows its line.

Plain scalars stay text (`Text`) and the settings decide what they mean: YAML's own guesses would turn the project `NO`
into false and the Trello board `12e45678` into a number. `typed` gives the guess of YAML 1.2 where nobody decides.
"""

import re
from collections.abc import Callable
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
    """The file as plain data, and the line of every key and list entry."""

    path: Path
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def sentence(self, problem: Problem) -> str:
        """A problem with its file, line and key path, such as `sources.archive.files[0]`."""
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem.at).lstrip(".")
        return f"{self.path.name}:{self.line(problem.at)}: {dotted}: {problem.what}"

    def line(self, at: KeyPath) -> int:
        """The line of a key, or of the nearest thing around it that is there."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)


class _Loader(yaml.CSafeLoader):
    """Knows the scalars of YAML 1.2 only: no `yes`, no dates, no sexagesimal or octal numbers."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (declared so by yaml)


_GUESSES: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: text.lower() == "true",
    "null": lambda text: None,
    "int": int,
    "float": float,
}
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
    document = Document(path)
    try:
        loader = _Loader(path.read_bytes())
        node = loader.get_single_node()
        if isinstance(node, yaml.MappingNode):
            document.data = _mapping(loader, node, (), document)
            return document
        what = f"{path} is empty" if node is None else f"{path}:{node.start_mark.line + 1}: expected keys and values"
    except OSError as error:
        what = f"cannot read {path}: {error.strerror or error}"
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number by its tag only, or not UTF-8
        what = _syntax(path, error)
    raise ConfigError(f"{what}.", hint=_way_out(path))


def _way_out(path: Path) -> str:
    if path.is_dir():
        return f"This is a folder; name the file in it, such as {path / 'pmsync.yaml'}."
    return "" if path.exists() else "Run `pmsync init` to write one."


def typed(value: Any) -> Any:
    """Plain data with numbers and booleans as YAML 1.2 reads them."""
    if isinstance(value, dict):
        return {key: typed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [typed(entry) for entry in value]
    return value.value if isinstance(value, Text) else value


def _syntax(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    context = getattr(error, "context", None)
    return f"{where}: not valid YAML: {what}" + (f" ({context})" if context else "")


def _mapping(loader: _Loader, node: yaml.MappingNode, at: KeyPath, document: Document) -> dict[str, Any]:
    first: dict[str, int] = {}
    for key, _ in node.value:
        name = _name(key)
        if name in first:
            document.problems.append(Problem((*at, name), f"given twice, first in line {first[name]}"))
        first.setdefault(name, key.start_mark.line + 1)
    loader.flatten_mapping(node)
    return {_name(key): _value(loader, key, value, (*at, _name(key)), document) for key, value in node.value}


def _name(key: yaml.Node) -> str:
    return str(key.value) if isinstance(key, yaml.ScalarNode) else "(list or mapping)"


def _value(loader: _Loader, place: yaml.Node, node: yaml.Node, at: KeyPath, document: Document) -> Any:
    """The plain value of a node; its line is that of `place`, the key or the list entry."""
    document.lines[at] = place.start_mark.line + 1
    if len(at) > DEPTH:
        what = "nested too deeply"
    elif not node.tag.startswith("tag:yaml.org,2002:"):
        what = f'tags like "{node.tag}" are not understood here'
    elif isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, at, document)
    elif isinstance(node, yaml.SequenceNode):
        return [_value(loader, entry, entry, (*at, index), document) for index, entry in enumerate(node.value)]
    else:
        text = Text(node.value)
        text.value = _GUESSES.get(node.tag.rpartition(":")[2], str)(node.value)
        if text.value is not None:
            return text
        what = "has no value; give one or remove the line"
    document.problems.append(Problem(at, what))
    return None
