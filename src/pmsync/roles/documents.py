"""Reading scheme and cue files: YAML with the line of every key, and every mistake collected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pmsync.errors import ConfigError, nearest

SCHEMES: Final = ("project-manager", "product-manager", "combined")
LANGUAGES: Final = ("english", "german", "french")
Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its content, the line of each key, and the folder its own paths start from (None: the package)."""

    name: str
    data: Mapping[str, Any]
    lines: Mapping[Key, int]
    folder: Path | None

    def place(self, key: Key) -> str:
        """`file:line: key.path`, with the line of the nearest key that has one."""
        nearest = key
        while nearest and nearest not in self.lines:
            nearest = nearest[:-1]
        return f"{self.name}:{self.lines.get(nearest, 1)}: {'.'.join(map(str, key))}"


@dataclass(slots=True)
class Problems:
    """Every mistake found, each with its place and what to write instead."""

    found: list[str] = field(default_factory=list)

    def add(self, document: Document, key: Key, what: str) -> None:
        """Note a mistake."""
        self.found.append(f"{document.place(key)}: {what}")

    def known(self, document: Document, key: Key, value: object, names: Sequence[str]) -> bool:
        """Whether `value` is one of `names`; if not, note the nearest."""
        if value in names:
            return True
        near = nearest(str(value), names)
        self.add(document, key, f'unknown "{value}"; ' + (f'did you mean "{near}"?' if near else _one_of(names)))
        return False

    def mapping(self, document: Document, key: Key, value: object) -> dict[str, Any]:
        """`value` as a mapping, or an empty one and a mistake."""
        if isinstance(value, dict):
            return {str(name): entry for name, entry in value.items()}
        self.add(document, key, "expected a mapping")
        return {}

    def words(self, document: Document, key: Key, value: object) -> list[str]:
        """`value` as a list of texts, or an empty one and a mistake."""
        if isinstance(value, list) and all(isinstance(entry, str | int | float) for entry in value):
            return [str(entry) for entry in value]
        self.add(document, key, "expected a list of words, as in [one, two]")
        return []


def _one_of(names: Sequence[str]) -> str:
    return "known are " + ", ".join(names)


def open_document(name: str, folder: Path | None) -> Document:
    """Read a built-in scheme or language by name, else a file below `folder`. Raises ConfigError."""
    import yaml

    try:
        if name in (*SCHEMES, *LANGUAGES, "topics"):
            text, folder = resources.files("pmsync.roles").joinpath("data", name + ".yaml").read_text("utf-8"), None
        else:
            path = (folder or Path()) / name
            text, folder = path.read_text("utf-8"), path.parent
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        data = yaml.load(text, Loader=loader)  # noqa: S506 - the C form of the safe loader
        lines = dict(_lines(yaml.compose(text, Loader=loader), ())) if folder is not None else {}
    except (OSError, ValueError) as error:
        near = nearest(name, SCHEMES + LANGUAGES)
        hint = f'Did you mean "{near}"?' if near else _one_of(SCHEMES + LANGUAGES) + "; anything else is a file."
        raise ConfigError(f"{name}: no such scheme or cue file, or not readable: {error}", hint=hint) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: not YAML: {error}", hint="Look at indentation and quotes near there.") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{name}: expected keys and values", hint="docs/roles.md shows the format.")
    return Document(name, {str(key): value for key, value in data.items()}, lines, folder)


def _lines(node: Any, key: Key) -> Iterator[tuple[Key, int]]:
    if node is None:
        return
    if node.id == "mapping":
        for name, value in node.value:
            yield (*key, name.value), name.start_mark.line + 1
            yield from _lines(value, (*key, name.value))
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            yield (*key, number), value.start_mark.line + 1
            yield from _lines(value, (*key, number))
